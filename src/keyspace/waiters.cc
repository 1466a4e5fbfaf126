#include "keyspace/waiters.h"

#include <sched.h>

#include <algorithm>

#include "keyspace/database.h"

namespace keyspace {
namespace {

void note(Unit& unit, Waiters::Queue& queue, const Key& key, uint32_t shard) {
  queue.noted = true;
  unit.ready.push_back({queue.database, shard, key.hash, std::string(key.text)});
}

// Notes every key of a database for which `is_ready(key, queue)` holds.
template <typename IsReady>
void note_all(Unit& unit, uint32_t database, IsReady is_ready) {
  for (uint32_t shard = 0; shard < unit.keyspace.shard_count(); ++shard) {
    Observers* observers = unit.keyspace.observers(shard);
    if (observers == nullptr || observers->waiters.empty()) continue;
    observers->waiters.for_each_in(database, [&](std::string_view text, Waiters::Queue& queue) {
      const Key key = unit.keyspace.key(text);
      if (!queue.noted && is_ready(key, queue)) note(unit, queue, key, shard);
    });
  }
}

bool is_ready(Unit& unit, const Waiters::Queue& queue, const Key& key, uint32_t shard) {
  if (queue.when_missing != 0) return true;
  Table* table = unit.keyspace.existing_table(unit.locks, shard, queue.database);
  const Entry* entry = table == nullptr ? nullptr : table->find(key).entry;
  return entry != nullptr && queue.wants(entry->type());
}

}  // namespace

bool BlockedCommand::claim() {
  State expected = State::kWaiting;
  return state_.compare_exchange_strong(expected, State::kServing, std::memory_order_acq_rel);
}

void BlockedCommand::put_back() { state_.store(State::kWaiting, std::memory_order_release); }

void BlockedCommand::settle() { state_.store(State::kEnded, std::memory_order_release); }

bool BlockedCommand::end() {
  State expected = State::kWaiting;
  while (!state_.compare_exchange_strong(expected, State::kEnded, std::memory_order_acq_rel)) {
    if (expected == State::kEnded) return false;
    expected = State::kWaiting;
    sched_yield();
  }
  return true;
}

void Waiters::add(const std::shared_ptr<BlockedCommand>& command, BlockedCommand::Place& place,
                  metrics::ThreadStats& stats) {
  std::vector<std::unique_ptr<Queue>>& queues = keys_[place.key.text];
  auto found = std::find_if(queues.begin(), queues.end(),
                            [&](const std::unique_ptr<Queue>& queue) { return queue->database == command->database; });
  if (found == queues.end()) {
    queues.push_back(std::make_unique<Queue>());
    found = queues.end() - 1;
    (*found)->database = command->database;
    stats.blocking_keys.add();
  }
  Queue& queue = **found;
  place.at = queue.commands.insert(queue.commands.end(), command);
  place.queued = true;
  command->queued_.fetch_add(1, std::memory_order_relaxed);
  ++queue.of_type[static_cast<size_t>(command->type)];
  if (command->when_missing && queue.when_missing++ == 0) stats.blocking_keys_when_missing.add();
  if (!command->carries.empty()) ++carriers_;
}

void Waiters::remove(BlockedCommand& command, BlockedCommand::Place& place, metrics::ThreadStats& stats) {
  constexpr uint64_t kOneLess = ~uint64_t{0};
  if (!place.queued) return;
  place.queued = false;
  const auto queues = keys_.find(place.key.text);
  const auto found =
      std::find_if(queues->second.begin(), queues->second.end(),
                   [&](const std::unique_ptr<Queue>& queue) { return queue->database == command.database; });
  Queue& queue = **found;
  --queue.of_type[static_cast<size_t>(command.type)];
  if (command.when_missing && --queue.when_missing == 0) stats.blocking_keys_when_missing.add(kOneLess);
  if (!command.carries.empty()) --carriers_;
  command.queued_.fetch_sub(1, std::memory_order_release);
  const std::shared_ptr<BlockedCommand> alive = std::move(*place.at);
  queue.commands.erase(place.at);
  if (!queue.commands.empty()) return;
  stats.blocking_keys.add(kOneLess);
  queues->second.erase(found);
  if (queues->second.empty()) keys_.erase(queues);
}

Waiters::Queue* Waiters::find(uint32_t database, std::string_view key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return nullptr;
  for (const std::unique_ptr<Queue>& queue : found->second) {
    if (queue->database == database) return queue.get();
  }
  return nullptr;
}

void note_changed(Unit& unit, Waiters& waiters, uint32_t database, const Key& key) {
  Waiters::Queue* queue = waiters.find(database, key.text);
  if (queue == nullptr || queue->noted) return;
  const uint32_t shard = unit.keyspace.shard_of(key);
  if (is_ready(unit, *queue, key, shard)) note(unit, *queue, key, shard);
}

void note_gone(Unit& unit, Waiters& waiters, uint32_t shard, uint32_t database, std::string_view key) {
  Waiters::Queue* queue = waiters.find(database, key);
  if (queue != nullptr && !queue->noted && queue->when_missing != 0) note(unit, *queue, unit.keyspace.key(key), shard);
}

void note_flushed(Unit& unit, uint32_t database) {
  note_all(unit, database, [](const Key&, const Waiters::Queue& queue) { return queue.when_missing != 0; });
}

void note_exchanged(Unit& unit, uint32_t first, uint32_t second) {
  for (const uint32_t database : {first, second}) {
    note_all(unit, database, [&](const Key& key, const Waiters::Queue& queue) {
      return is_ready(unit, queue, key, unit.keyspace.shard_of(key));
    });
  }
}

std::vector<uint32_t> shards_to_carry(const LockSet& locks, Keyspace& keyspace, std::span<const Key> keys) {
  std::vector<uint32_t> missing;
  std::vector<std::pair<uint32_t, std::string_view>> reached;  // keys that will be changed, by shard
  const auto reach = [&](uint32_t shard, std::string_view text) {
    Observers* observers = keyspace.observers(shard);
    if (observers == nullptr || !observers->waiters.any_carriers()) return;
    const std::pair<uint32_t, std::string_view> key{shard, text};
    if (std::find(reached.begin(), reached.end(), key) == reached.end()) reached.push_back(key);
  };
  for (const Key& key : keys) reach(keyspace.shard_of(key), key.text);
  for (size_t at = 0; at < reached.size(); ++at) {
    const auto [shard, text] = reached[at];
    keyspace.observers(shard)->waiters.for_each_queue_of(text, [&](const Waiters::Queue& queue) {
      for (const std::shared_ptr<BlockedCommand>& command : queue.commands) {
        if (command->ended()) continue;
        for (const BlockedCommand::Name& name : command->carries) {
          if (locks.holds(name.shard)) {
            reach(name.shard, name.text);
          } else if (std::find(missing.begin(), missing.end(), name.shard) == missing.end()) {
            missing.push_back(name.shard);
          }
        }
      }
    });
  }
  return missing;
}

}  // namespace keyspace
