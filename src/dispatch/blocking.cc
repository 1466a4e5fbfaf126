// How commands wait for keys, and how whoever changes a key serves who waits for it.
//
// The order is Valkey's: keys in the order in which they became ready, for each the clients that wait for it, oldest
// first; what serving them makes ready comes after what was ready before.
#include <algorithm>

#include "dispatch/blocked_call.h"
#include "dispatch/worker.h"
#include "structures/memory.h"

namespace dispatch {
namespace {

using command::Call;
using command::Wait;
using keyspace::BlockedCommand;
using keyspace::ReadyKey;
using keyspace::Waiters;

// A handler that runs again asks no more of its client than this.
session::Session copy_of(const session::Session& session) {
  session::Session copy;
  copy.id = session.id;
  copy.peer = session.peer;
  copy.authenticated = session.authenticated;
  copy.user = session.user;
  copy.user_version = session.user_version;
  copy.name = session.name;
  copy.protocol = session.protocol;
  copy.database = session.database;
  copy.no_touch = session.no_touch;
  copy.import_source = session.import_source;
  return copy;
}

// Takes a command out of the queues whose shards are held.
void leave_queues(keyspace::Unit& unit, BlockedCommand& command) {
  for (BlockedCommand::Place& place : command.places) {
    if (!unit.locks.holds(place.key.shard) || !place.queued) continue;
    unit.keyspace.observers(place.key.shard)->waiters.remove(command, place, unit.stats);
    unit.keyspace.drop_empty_observers(place.key.shard);
  }
}

}  // namespace

bool Worker::hold_what_is_carried(std::span<const keyspace::Key> keys, keyspace::Attempt& attempt) {
  while (true) {
    const std::vector<uint32_t> more = keyspace::shards_to_carry(locks_, context_.keyspace, keys);
    if (more.empty()) return true;
    if (!context_.keyspace.add(locks_, more, attempt)) return false;
  }
}

void Worker::begin_wait(Client& client, const command::Command& command, Call& call, size_t request_bytes) {
  const Wait& wait = *call.wanted();
  keyspace::Keyspace& keyspace = context_.keyspace;
  auto blocked = std::make_shared<BlockedCall>();
  blocked->worker = index_;
  blocked->client = client.handle();
  blocked->command = &command;
  blocked->words = wait.words;
  if (wait.words.empty()) blocked->words.assign(call.words().begin(), call.words().end());
  std::vector<std::string_view> words(blocked->words.begin(), blocked->words.end());
  std::vector<command::KeyWord> found;
  command::find_keys(*command.spec, words, found);
  size_t next = 0;
  for (const command::KeyWord& key : found) {
    if ((key.flags & command::kNotKey) == 0) blocked->keys.push_back({words[key.index], call.keys()[next++].hash});
  }
  blocked->session = copy_of(client.session());
  blocked->mail = client.mail();
  if (const session::Tracking* tracking = client.session().tracking.get()) {
    blocked->tracker = tracking->tracker;
    blocked->remembers = tracking->remembers();
  }
  blocked->started = call.now();
  blocked->request_bytes = request_bytes;
  blocked->database = client.session().database;
  blocked->type = wait.type;
  blocked->when_missing = wait.when_missing;
  const auto name_of = [&](const keyspace::Key& key) {
    return BlockedCommand::Name{std::string(key.text), key.hash, keyspace.shard_of(key)};
  };
  const auto waits_for = [&](const keyspace::Key& key) {
    return std::any_of(blocked->places.begin(), blocked->places.end(),
                       [&](const BlockedCommand::Place& place) { return place.key.text == key.text; });
  };
  for (const keyspace::Key& key : wait.keys) {
    if (!waits_for(key)) blocked->places.push_back({name_of(key), false, {}});
  }
  for (const keyspace::Key& key : call.keys()) {
    if (!waits_for(key)) blocked->carries.push_back(name_of(key));
  }
  for (BlockedCommand::Place& place : blocked->places) {
    keyspace.make_observers(place.key.shard).waiters.add(blocked, place, stats_);
  }
  block(call, wait.timeout_ms, [](resp::Writer& reply) { reply.null_array(); });
  client.block()->waits = std::move(blocked);
}

void Worker::serve_ready(keyspace::Unit& unit, base::WallTime now) {
  while (!unit.ready.empty()) {
    std::vector<ReadyKey> ready;
    ready.swap(unit.ready);
    for (const ReadyKey& key : ready) serve_key(unit, key, now);
  }
}

void Worker::serve_key(keyspace::Unit& unit, const ReadyKey& ready, base::WallTime now) {
  keyspace::Observers* observers = unit.keyspace.observers(ready.shard);
  Waiters::Queue* queue = observers == nullptr ? nullptr : observers->waiters.find(ready.database, ready.text);
  if (queue == nullptr) return;
  queue->noted = false;
  const keyspace::Key key{ready.text, ready.hash};
  keyspace::Database database(unit, ready.database);
  // Nobody enters the queue now, and only who is served leaves it: it is gone when the last has been.
  size_t left = queue->commands.size();
  for (auto at = queue->commands.begin(); left > 0; --left) {
    const auto blocked = std::static_pointer_cast<BlockedCall>(*at++);
    if (blocked->ended()) {
      leave_queues(unit, *blocked);
      continue;
    }
    const keyspace::Entry* entry = database.peek(key);
    const bool serves = entry != nullptr && entry->type() == blocked->type;
    if (!serves && !blocked->when_missing) {
      if (entry == nullptr ? queue->when_missing == 0 : !queue->wants(entry->type())) return;
      continue;
    }
    if (serve(unit, *blocked, now)) send_served(unit, blocked);
  }
}

// Runs the command again. False: it waits on, or was ended.
bool Worker::serve(keyspace::Unit& unit, BlockedCall& blocked, base::WallTime now) {
  // Whoever might have to carry holds these already, or holds U and may wait for them.
  for (const BlockedCommand::Name& name : blocked.carries) {
    if (!unit.locks.holds(name.shard)) unit.keyspace.stray(unit.locks, name.shard);
  }
  if (!blocked.claim()) return false;
  const base::MonoTime start = loop_.clock().mono();
  const command::Spec& spec = *blocked.command->spec;
  const std::vector<std::string_view> words(blocked.words.begin(), blocked.words.end());
  resp::Writer reply(blocked.reply, blocked.session.protocol);
  bool waits = false;
  if (!admit_again(blocked, words, reply)) {
    blocked.refused = true;
  } else {
    const bool touches = std::exchange(unit.touches, !blocked.session.no_touch);
    const bool sees_expired =
        std::exchange(unit.sees_expired, blocked.session.import_source && held_settings().import_mode);
    const keyspace::Tracker* const actor = std::exchange(unit.actor, blocked.tracker.get());
    Call call(spec, words, blocked.keys, blocked.session, unit, held_settings(), now, reply, *this);
    call.set_waiting(Call::Waiting::kAgain);
    spec.handler(call);
    waits = call.wanted().has_value();
    if (!waits && blocked.remembers) {
      // Of others nothing was read.
      std::vector<keyspace::Key> held;
      std::copy_if(blocked.keys.begin(), blocked.keys.end(), std::back_inserter(held),
                   [&call](const keyspace::Key& key) { return call.holds(key); });
      track_keys(spec, held, blocked.tracker);
    }
    unit.actor = actor;
    unit.touches = touches;
    unit.sees_expired = sees_expired;
  }
  blocked.ns += loop_.clock().mono().ns - start.ns;
  if (waits) {
    blocked.put_back();
    return false;
  }
  blocked.settle();
  return true;
}

// What has changed for a command while it waited. Memory is not made here: that would take further locks.
bool Worker::admit_again(BlockedCall& blocked, std::span<const std::string_view> words, resp::Writer& reply) {
  if (!may_run_again(blocked, words, reply)) return false;
  const int64_t limit = context_.maxmemory.load(std::memory_order_relaxed);
  if (limit == 0 || !blocked.command->spec->has(command::kDenyOom) || context_.used_memory() <= limit) return true;
  reply.error(command::kOutOfMemory.text());
  return false;
}

// The reply goes to its client while the locks are held, so that nothing that happens to the key later overtakes it.
void Worker::send_served(keyspace::Unit& unit, const std::shared_ptr<BlockedCall>& blocked) {
  leave_queues(unit, *blocked);
  const size_t bytes = blocked->reply.size();
  blocked->mail->queued.fetch_add(bytes, std::memory_order_relaxed);
  context_.mailed_bytes.fetch_add(bytes, std::memory_order_relaxed);
  Worker& owner = *context_.workers[blocked->worker];
  runtime::Mailbox& mailbox = owner.loop().mailbox();
  const bool ring = mailbox.push([&owner, blocked] { owner.deliver_served(blocked); });
  if (ring && &owner != this) ring_after_release(mailbox);  // one's own loop looks before it sleeps
}

void Worker::deliver_served(const std::shared_ptr<BlockedCall>& blocked) {
  const size_t bytes = blocked->reply.size();
  blocked->mail->queued.fetch_sub(bytes, std::memory_order_relaxed);
  context_.mailed_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  leave_all_queues(blocked);
  Client* client = find(blocked->client);
  if (client == nullptr || client->block() == nullptr || client->block()->waits != blocked) return;
  loop_.cancel(client->block()->alarm);
  client->block()->ns += blocked->ns;
  if (!blocked->verdict.allows()) {
    const std::vector<std::string_view> words(blocked->words.begin(), blocked->words.end());
    note_denied(*client, *blocked->command, words, blocked->verdict);
  }
  end_wait(*client, blocked->refused ? WaitEnd::kRefused : WaitEnd::kReply,
           [&](resp::Writer&) { out_.append(blocked->reply.view()); });
}

// Where a shard is not free, later.
void Worker::leave_all_queues(const std::shared_ptr<BlockedCall>& blocked) {
  DCHECK(blocked->ended());
  if (!blocked->queued()) return;
  std::vector<uint32_t> shards;
  for (const BlockedCommand::Place& place : blocked->places) shards.push_back(place.key.shard);
  std::sort(shards.begin(), shards.end());
  shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  keyspace::Unit& unit = begin_unit();
  for (const uint32_t shard : shards) {
    if (!context_.keyspace.try_acquire_shard(locks_, shard)) {
      if (leaving_.empty() || leaving_.back() != blocked) leaving_.push_back(blocked);
      continue;
    }
    leave_queues(unit, *blocked);
    context_.keyspace.release(locks_);
  }
}

void Worker::leave_queues_later(std::shared_ptr<BlockedCall> blocked) {
  leaving_.push_back(std::move(blocked));
  if (leaving_.size() == 1) loop_.at_end_of_turn([this] { leave_queues_now(); });
}

void Worker::leave_queues_now() {
  std::vector<std::shared_ptr<BlockedCall>> leaving;
  leaving.swap(leaving_);
  for (const std::shared_ptr<BlockedCall>& blocked : leaving) leave_all_queues(blocked);
}

void Worker::block(Call& call, int64_t timeout_ms, std::function<void(resp::Writer&)> at_timeout) {
  if (call.nested()) return at_timeout(call.reply());
  const uint64_t handle = locks_.owner().connection;
  auto block = std::make_unique<Block>();
  block->at_timeout = std::move(at_timeout);
  block->started = call.now();
  for (const std::string_view word : call.words()) {
    block->words.emplace_back(word);
    block->argument_bytes += word.size();
  }
  if (timeout_ms > 0) block->alarm = loop_.after(timeout_ms, [this, handle] { unblock(*find(handle), false); });
  find(handle)->set_block(std::move(block));
  call.defer();
}

bool Worker::unblock(Client& client, bool with_error) {
  Block* block = client.block();
  if (block == nullptr || block->ended) return false;
  if (block->waits != nullptr && !block->waits->end()) return false;  // its reply is on the way
  block->ended = true;
  loop_.cancel(block->alarm);
  // Not at once: the reply of another client may be half written.
  loop_.at_end_of_turn([this, handle = client.handle(), with_error] {
    Client* waiting = find(handle);
    if (waiting == nullptr) return;
    Block* ending = waiting->block();
    if (ending->waits != nullptr) leave_all_queues(ending->waits);
    if (!with_error) return end_wait(*waiting, WaitEnd::kReply, ending->at_timeout);
    end_wait(*waiting, WaitEnd::kUnblocked,
             [](resp::Writer& reply) { reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK"); });
  });
  return true;
}

// A wait is counted as one call, when it ends.
void Worker::end_wait(Client& client, WaitEnd how, const std::function<void(resp::Writer&)>& write) {
  const std::unique_ptr<Block> block = client.take_block();
  session::Session& session = client.session();
  resp::Writer reply(out_, session.protocol);
  const size_t reply_start = out_.size();
  write(reply);
  const command::Command& command = *block->command;
  if (how == WaitEnd::kReply) {
    const std::vector<std::string_view> words(block->words.begin(), block->words.end());
    account(client, command, words, settings(), block->started, block->ns, block->request_bytes, reply_start);
    ++session.commands;
  } else {
    if (how == WaitEnd::kUnblocked) count_call(command, settings(), block->ns);
    stats_.commands[command.index].rejected_calls.add();
    stats_.total_error_replies.add();
    context_.count_error(out_.view().substr(reply_start));
    ++session.commands;
  }
  if (session.replies != session::Session::Replies::kOn) settle_reply(session, reply_start);
  if (session.tracking != nullptr) end_caching(session);
  client.resume();
}

}  // namespace dispatch
