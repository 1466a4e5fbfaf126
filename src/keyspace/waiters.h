// Waiters: whose blocked commands wait for keys of one shard (BLPOP and its family, XREAD BLOCK).
//
// Whoever changes a key notes in its unit that it is ready, and serves those who wait for it, oldest first, before its
// locks go. A blocked command stands in the queues of all its keys, in several shards; who serves it claims it first,
// so that it is served once, and so that its own client can end it without a lock (a timeout, CLIENT KILL).
//
// Cost     everything O(1) a place, but for a walk over a database's queues (FLUSHALL, SWAPDB).
// Threads  a shard's queues and the places in them under its lock; the state of a command is an atomic.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "keyspace/key_hash.h"
#include "metrics/thread_stats.h"
#include "values/collection.h"

namespace keyspace {

using Type = values::Type;

// A command that waits, as its keys' shards know it; what runs it derives the rest.
class BlockedCommand {
 public:
  BlockedCommand() = default;
  BlockedCommand(const BlockedCommand&) = delete;
  BlockedCommand& operator=(const BlockedCommand&) = delete;
  virtual ~BlockedCommand() = default;

  // Who holds one of its keys' shards is about to run it again. False: another serves it, or it has ended.
  bool claim();
  // It found nothing and waits on, at its places.
  void put_back();
  // It was served. For the claimer.
  void settle();
  // It will not be served any more. False if it was. For its client, who waits while somebody serves it: for one run of
  // its handler, which never waits itself.
  bool end();
  bool ended() const { return state_.load(std::memory_order_acquire) == State::kEnded; }

  // Set before it waits, and then never changed.
  struct Name {
    std::string text;
    uint64_t hash = 0;
    uint32_t shard = 0;
  };
  uint32_t database = 0;
  Type type = Type::kList;    // what may serve it is a key of this type...
  bool when_missing = false;  // ...or one that has gone or has another type
  std::vector<Name> carries;  // keys that it will change beside those that it waits for (BLMOVE)

  // Where it stands. Each under the lock of its shard.
  struct Place {
    Name key;
    bool queued = false;
    std::list<std::shared_ptr<BlockedCommand>>::iterator at;
  };
  std::vector<Place> places;
  bool queued() const { return queued_.load(std::memory_order_acquire) != 0; }

 private:
  enum class State : uint8_t { kWaiting, kServing, kEnded };
  friend class Waiters;
  std::atomic<State> state_{State::kWaiting};
  std::atomic<uint32_t> queued_{0};  // places
};

class Waiters {
 public:
  using Commands = std::list<std::shared_ptr<BlockedCommand>>;  // oldest first

  struct Queue {
    uint32_t database = 0;
    bool noted = false;  // in its unit's list of ready keys
    Commands commands;
    std::array<uint32_t, values::kTypes> of_type{};
    uint32_t when_missing = 0;

    // Whether a key that is there with this type may serve somebody.
    bool wants(Type type) const { return when_missing != 0 || of_type[static_cast<size_t>(type)] != 0; }
  };

  bool empty() const { return keys_.empty(); }
  // Whether some command here would change further keys.
  bool any_carriers() const { return carriers_ != 0; }

  // At the end of its key's queue. Statistics are of the calling thread.
  void add(const std::shared_ptr<BlockedCommand>& command, BlockedCommand::Place& place, metrics::ThreadStats& stats);
  void remove(BlockedCommand& command, BlockedCommand::Place& place, metrics::ThreadStats& stats);

  // Null if nobody waits. It stays where it is until its last command has left.
  Queue* find(uint32_t database, std::string_view key);
  // Calls visit(queue) for a key's queues in all databases.
  template <typename Visit>
  void for_each_queue_of(std::string_view key, Visit visit) const {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return;
    for (const std::unique_ptr<Queue>& queue : found->second) visit(*queue);
  }
  // Calls visit(key, queue) for all of a database.
  template <typename Visit>
  void for_each_in(uint32_t database, Visit visit) {
    for (auto& [key, queues] : keys_) {
      for (const std::unique_ptr<Queue>& queue : queues) {
        if (queue->database == database) visit(std::string_view(key), *queue);
      }
    }
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::unordered_map<std::string, std::vector<std::unique_ptr<Queue>>, Hash, std::equal_to<>> keys_;
  uint32_t carriers_ = 0;
};

// A key that may serve who waits for it.
struct ReadyKey {
  uint32_t database;
  uint32_t shard;
  uint64_t hash;
  std::string text;
};

struct Unit;
struct Key;
class Keyspace;
class LockSet;

// Notes what a unit has changed, for it to serve before its locks go (Unit::ready). A key was changed and is as it is
// now; one is gone; a database is about to be emptied; two have been exchanged.
void note_changed(Unit& unit, Waiters& waiters, uint32_t database, const Key& key);
void note_gone(Unit& unit, Waiters& waiters, uint32_t shard, uint32_t database, std::string_view key);
void note_flushed(Unit& unit, uint32_t database);
void note_exchanged(Unit& unit, uint32_t first, uint32_t second);

// Shards that are not held, of keys that would be changed by serving those who wait for these keys, or who then wait
// for what those change, and so on.
std::vector<uint32_t> shards_to_carry(const LockSet& locks, Keyspace& keyspace, std::span<const Key> keys);

}  // namespace keyspace
