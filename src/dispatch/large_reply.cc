// Replies of very many elements, written in slices by their client's own worker, one a turn, so that its other clients
// and those of the shard do not wait for them.
//
// The reply is of one moment (keyspace/large_reads.h). Plain writers to the key wait for it, once, as for a lock; what
// cannot wait (expiry, eviction, a flush, a unit that is under way) writes the rest itself.
#include "dispatch/large_reply.h"

#include "dispatch/worker.h"
#include "structures/memory.h"

namespace dispatch {

void LargeReply::write_some() {
  resp::Writer writer(reply, protocol);
  done = left->write(writer);
}

void LargeReply::finish() {
  while (!done) write_some();
}

// The locks are still held; what the handler has written is the beginning.
void Worker::begin_large_reply(Client& client, const command::Command& command, command::Call& call,
                               size_t request_bytes, size_t reply_start) {
  auto job = std::make_shared<LargeReply>();
  job->left = call.take_slices();
  job->word = job->left->word();
  job->key_hash = call.key(0).hash;
  job->client = client.handle();
  job->command = &command;
  job->words.assign(call.words().begin(), call.words().end());
  job->started = call.now();
  job->request_bytes = request_bytes;
  job->protocol = client.session().protocol;
  job->reply.append(out_.view().substr(reply_start));
  out_.truncate(reply_start);
  context_.keyspace.large_reads().add(*job);
  loop_.mailbox().post([this, job] { go_on_with(job); });
}

void Worker::go_on_with(const std::shared_ptr<LargeReply>& job) {
  constexpr int64_t kSliceNs = 150'000, kRetryMs = 1;
  keyspace::Keyspace& keyspace = context_.keyspace;
  const base::MonoTime start = base::kernel_mono_time();
  if (!keyspace.try_acquire_shard(locks_, keyspace.hash().shard(job->key_hash))) {
    loop_.after(kRetryMs, [this, job] { go_on_with(job); });
    return;
  }
  Client* client = find(job->client);
  const bool wanted = client != nullptr;
  while (wanted && !job->done && base::kernel_mono_time().ns - start.ns < kSliceNs) job->write_some();
  std::vector<keyspace::Waiter> waiting;
  const bool ends = job->done || !wanted;
  const size_t reply_bytes = job->reply.size();  // Without the lock, who must not wait may be writing the rest.
  if (ends) {
    keyspace.large_reads().remove(*job);
    waiting.swap(job->waiting);
  }
  keyspace.release(locks_);
  structures::flush_memory_count();
  job->ns += base::kernel_mono_time().ns - start.ns;
  if (!ends) {
    client->note_unfinished_reply(reply_bytes);
    loop_.mailbox().post([this, job] { go_on_with(job); });
    return;
  }
  for (const keyspace::Waiter& writer : waiting) {
    Worker& worker = *context_.workers[writer.loop];
    worker.loop().mailbox().post([&worker, handle = writer.connection] { worker.run_again(handle); });
  }
  if (wanted) deliver_large_reply(*job);
}

void Worker::deliver_large_reply(LargeReply& job) {
  Client* client = find(job.client);
  client->note_unfinished_reply(0);
  const size_t reply_start = out_.size();
  if (out_.empty()) {
    out_.swap(job.reply);
  } else {
    out_.append(job.reply.view());
  }
  const std::vector<std::string_view> words(job.words.begin(), job.words.end());
  account(*client, *job.command, words, settings(), job.started, job.ns, job.request_bytes, reply_start);
  if (client->session().replies != session::Session::Replies::kOn) settle_reply(client->session(), reply_start);
  client->resume();
}

// Whether the client is made to wait for a reply that is being written of one of the keys that it is to change. It is
// told then, and waits for no other. REQUIRES: the locks are held, and nothing has had an effect yet.
bool Worker::waits_for_large_reply(Client& client, std::span<const keyspace::Key> keys) {
  keyspace::LargeReads& reads = context_.keyspace.large_reads();
  keyspace::Attempt& attempt = client.attempt();
  if (!reads.any() || attempt.waited_for_read) return false;
  for (const keyspace::Key& key : keys) {
    keyspace::LargeRead* read = reads.of_key(key.hash);
    if (read == nullptr) continue;
    static_cast<LargeReply*>(read)->waiting.push_back(locks_.owner());
    context_.keyspace.release_to_retry(locks_, attempt);
    attempt.waited_for_read = true;
    ++attempt.failures;
    return true;
  }
  return false;
}

}  // namespace dispatch
