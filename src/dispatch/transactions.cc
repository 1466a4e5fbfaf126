// How EXEC runs what was queued: its locks, its commands one by one inside one unit, and its reply, of which parts may
// come later.
#include <algorithm>
#include <array>

#include "base/numbers.h"
#include "dispatch/worker.h"

namespace dispatch {
namespace {

using command::Spec;
using keyspace::LockClass;

// These run at once between MULTI and EXEC; all others are queued.
constexpr std::array<std::string_view, 4> kAtOnce{"exec", "discard", "quit", "reset"};

// A handler that chooses its shard needs all inside EXEC: another shard may be held by who waits for one of these.
LockClass inside_transaction(LockClass lock_class) {
  return lock_class == LockClass::kChosen ? LockClass::kAll : lock_class;
}

const command::Command* effective(const Request& request, std::span<const std::string_view> words) {
  return command::Table::called(*request.command, words);
}

}  // namespace

bool Worker::queue(session::Session& session, const command::Command& command, std::span<const std::string_view> words,
                   resp::Writer& reply) {
  const std::string_view name = command.spec->name;
  if (std::find(kAtOnce.begin(), kAtOnce.end(), name) != kAtOnce.end()) return false;
  session::Transaction& transaction = *session.transaction;
  transaction.queue(words, command.spec->flags);
  if (name == "select") {
    // The commands behind it are judged by it, if EXEC will find it right.
    const auto index = base::parse_int64(words[1]);
    if (index && *index >= 0 && *index < context_.keyspace.database_count()) {
      transaction.database = static_cast<uint32_t>(*index);
    }
  }
  reply.simple("QUEUED");
  return true;
}

void Worker::fail_transaction(session::Session& session, const command::Command* named, size_t reply_start) {
  if (named == nullptr || named->spec->locks != LockClass::kQueued) {
    session.transaction->failed = true;
    return;
  }
  std::string text(out_.view().substr(reply_start + 1));
  text.resize(text.size() - 2);  // the line's end
  if (text.starts_with("ERR ")) text.erase(0, 4);
  out_.truncate(reply_start);
  resp::Writer(out_, session.protocol).error("EXECABORT Transaction discarded because of: " + text);
  end_transaction(session);
}

LockClass Worker::prepare_transaction(const session::Session& session) {
  Batch& batch = transaction_batch_;
  batch.clear();
  if (!session.in_transaction()) return LockClass::kNone;
  const session::Transaction& transaction = *session.transaction;
  const char* at = transaction.bytes.data();
  auto size = transaction.word_sizes.begin();
  for (const uint32_t count : transaction.word_counts) {
    batch.requests.push_back({.first_word = static_cast<uint32_t>(batch.words.size()), .word_count = count});
    for (uint32_t word = 0; word < count; ++word, at += *size++) batch.words.emplace_back(at, *size);
  }
  prepare(batch, session.database);
  LockClass highest = LockClass::kNone;
  for (const Request& request : batch.requests) {
    const auto words = batch.words_of(request);
    highest = std::max(highest, inside_transaction(effective(request, words)->spec->locks_for(words)));
  }
  for (const session::WatchedKey& watched : transaction.watched) batch.keys.push_back({watched.name, watched.hash});
  return transaction.watched.empty() ? highest : std::max(highest, LockClass::kKeys);
}

bool Worker::run_inside(command::Call& exec, const Request& request, const config::Settings& settings) {
  Batch& batch = transaction_batch_;
  const auto words = batch.words_of(request);
  const command::Command& command = *effective(request, words);
  session::Session& session = exec.session();
  keyspace::Unit& unit = exec.db().unit();
  unit.touches = !session.no_touch || command.spec->name == "touch";
  resp::Writer reply(out_, session.protocol);
  const size_t reply_start = out_.size();
  Client& client = *find(locks_.owner().connection);
  if (!may_run_inside(client, command, words, reply)) return false;
  // SELECT may have led to another database than the one that was looked at when it was queued.
  if (command.spec->has(command::kDenyOom) && is_over_limit(settings, session.database)) {
    reply.error(command::kDatabaseFull.text());
    count_script_error(out_.view().substr(reply_start));
    return false;
  }
  const base::MonoTime start = loop_.clock().mono();
  command::Call call(*command.spec, words, batch.keys_of(request), session, unit, settings, exec.now(), reply, *this);
  call.set_waiting(command::Call::Waiting::kForbidden);
  command.spec->handler(call);
  if (session.tracking != nullptr && session.tracking->remembers()) {
    track_keys(*command.spec, call.keys(), session.tracking->tracker);
  }
  tell_monitors(call);
  size_t bytes = 0;
  for (const std::string_view word : words) bytes += word.size();
  const int64_t ns = loop_.clock().mono().ns - start.ns;
  account(client, command, words, settings, exec.now(), ns, bytes, reply_start);
  sample_keys(call, ns, bytes + out_.size() - reply_start);
  ++session.commands;
  return call.deferred();
}

void Worker::run_queued(command::Call& exec) {
  auto assembly = std::make_unique<Assembly>();
  size_t start = out_.size();
  exec.reply().array(transaction_batch_.requests.size());
  config::Snapshot settings = context_.settings.current();
  for (const Request& request : transaction_batch_.requests) {
    deferred_part_ = assembly->holes.size();
    const size_t part = out_.size();
    if (run_inside(exec, request, *settings)) assembly->holes.push_back(out_.size() - start);
    if (exec.session().replies != session::Session::Replies::kOn &&
        request.command->spec->has(command::kRepliesByPush)) {
      // A push is no reply: whoever wants none has it all the same.
      const std::string push(out_.view().substr(part));
      out_.truncate(part);
      insert_before_reply(push);
      start += push.size();
    }
    // What a command set counts for those after it.
    settings = context_.settings.current();
  }
  deferred_part_ = Deferral::kWhole;
  end_transaction(exec.session());
  if (assembly->holes.empty()) return;
  assembly->text = out_.view().substr(start);
  assembly->missing = assembly->holes.size();
  assembly->parts.resize(assembly->missing);
  out_.truncate(start);
  find(locks_.owner().connection)->assembly() = std::move(assembly);
  exec.defer();
}

// With the last part the whole reply is in out_.
void Worker::fill_part(Client& client, size_t part, std::string_view reply) {
  Assembly& assembly = *client.assembly();
  assembly.parts[part] = reply;
  if (--assembly.missing > 0) return;
  size_t from = 0;
  for (size_t at = 0; at < assembly.holes.size(); ++at) {
    out_.append(std::string_view(assembly.text).substr(from, assembly.holes[at] - from));
    out_.append(assembly.parts[at]);
    from = assembly.holes[at];
  }
  out_.append(std::string_view(assembly.text).substr(from));
  client.assembly().reset();
}

void Worker::end_transaction(session::Session& session) {
  forget_watches(session);
  session.transaction.reset();
}

void Worker::forget_watches(session::Session& session) {
  session::Transaction* transaction = session.transaction.get();
  if (transaction == nullptr || transaction->watch == nullptr) return;
  forget_watch(std::move(transaction->watch), std::move(transaction->watched));
  transaction->watched.clear();
  transaction->watched_name_bytes = 0;
}

void Worker::forget_watch(std::shared_ptr<keyspace::Watch> watch, std::vector<session::WatchedKey> keys) {
  stale_watches_.push_back({std::move(watch), std::move(keys)});
  sweep_watches();
}

// Takes stale watches out of the shards that are held or free.
void Worker::sweep_watches() {
  keyspace::Keyspace& keyspace = context_.keyspace;
  const auto remove = [&](const StaleWatch& stale, const session::WatchedKey& key) {
    const uint32_t shard = keyspace.shard_of({key.name, key.hash});
    const bool held = locks_.holds(shard);
    if (!held && !keyspace.try_acquire_shard(locks_, shard)) return false;
    if (keyspace::Observers* observers = keyspace.observers(shard)) {
      observers->unwatch(key.database, key.name, stale.watch.get());
      keyspace.drop_empty_observers(shard);
    }
    if (!held) keyspace.release_shard(locks_, shard);
    return true;
  };
  std::erase_if(stale_watches_, [&](StaleWatch& stale) {
    std::erase_if(stale.keys, [&](const session::WatchedKey& key) { return remove(stale, key); });
    return stale.keys.empty();
  });
}

}  // namespace dispatch
