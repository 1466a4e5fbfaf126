// Keyspace: the shards of all databases, their locks, and what is true of all of them.
//
// A key's shard is the top bits of its hash; each shard has a table for each database that was ever used in it.
// A LockSet says which shards a unit holds. Debug builds stop the process when a key is touched whose shard is not
// held.
//
// Threads  acquire() and release() from any I/O thread; everything else under the locks that it names.
// Source   design.md sections 2 and 3.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "keyspace/access.h"
#include "keyspace/large_reads.h"
#include "keyspace/observers.h"
#include "keyspace/shard_lock.h"
#include "keyspace/sizes.h"
#include "keyspace/snapshot.h"
#include "keyspace/table.h"
#include "metrics/thread_stats.h"

namespace keyspace {

enum class LockClass : uint8_t {
  kNone,    // touches no key
  kKeys,    // the shards of its keys
  kChosen,  // one shard that its handler chooses and tries, or all if that does not do; behaves as kAll inside EXEC
  kQueued,  // EXEC: what the client's queued commands need, and the shards of its watched keys
  kStray,   // the token U, the shards of its keys, and others as it meets them
  kAll,     // the token U and all shards
};

struct alignas(128) Shard {
  Shard() : first(nullptr) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  ShardLock lock;
  Table first;  // database 0
  // Databases 1.., made when one is first used and then kept, so that sizes can be read without the lock.
  std::atomic<std::atomic<Table*>*> others{nullptr};
  uint32_t other_count = 0;
  std::unique_ptr<Observers> observers;     // made when one comes, gone with the last
  std::unique_ptr<ShardSnapshot> snapshot;  // from the cut until all of the shard is captured
};

// The shards that a unit holds, and how far it got with taking them.
class LockSet {
 public:
  const Waiter& owner() const { return owner_; }
  // Who is queued and woken where a lock is not free. REQUIRES: nothing is held.
  void set_owner(Waiter owner) { owner_ = owner; }
  bool holds(uint32_t shard) const;
  bool holds_all() const { return all_; }
  bool holds_token() const { return token_; }

 private:
  friend class Keyspace;

  Waiter owner_;
  std::vector<uint32_t> shards_;  // sorted unless there were strays
  bool all_ = false;
  bool token_ = false;
  std::optional<Waiter> next_in_line_;  // for the token, to be woken at release()
  uint32_t tickets_ = 0;                // that were given out for places in queues
};

// How often a unit has tried, where it waits, and the shard whose queue woke it: there it goes before newcomers.
struct Attempt {
  static constexpr uint32_t kNowhere = 0xfffffffe;
  int failures = 0;
  uint32_t woken_at = kNowhere;
  uint32_t queued_at = kNowhere;  // the shard in whose queue it stands, or that has woken it by a mail on its way
  uint32_t ticket = 0;            // of that place
  bool in_line = false;           // for the token
  bool waited_for_read = false;   // of one of its keys, in slices: now it finishes whatever read there is
  bool wants_all = false;         // it ran, saw before any effect that it needs all shards, and starts again
  std::vector<uint32_t> more;     // shards beside those of its keys that it has learnt to need

  bool waits() const { return in_line || queued_at != kNowhere; }
  // It did not have to try twice, so there is nothing to forget.
  bool is_first() const { return failures == 0 && !wants_all && more.empty(); }
};

class Keyspace {
 public:
  static constexpr int kMaxFailures = 8;

  struct Options {
    uint32_t shards = 64;  // a power of two, 1..1024
    uint32_t databases = 16;
    base::SipKey seed;
    Waker* waker = nullptr;  // outlives the keyspace
  };
  explicit Keyspace(const Options& options);

  uint32_t shard_count() const { return shard_count_; }
  uint32_t database_count() const { return databases_; }
  const KeyHash& hash() const { return hash_; }
  Key key(std::string_view text) const { return {text, hash_(text)}; }
  uint32_t shard_of(const Key& key) const { return hash_.shard(key.hash); }

  // From here on more than one thread enters the shards. REQUIRES: only the caller's thread does so yet.
  // Where the caller's unit holds all locks, which one thread only notes, they are taken in truth.
  void become_threaded(bool all_are_held);
  bool threaded() const { return threaded_; }

  // Takes all locks that a unit of this class with these keys needs, or none: then the owner is in a queue and will be
  // woken, and calls again with the attempt counted. A holder of U waits instead. A unit that knows its keys and failed
  // kMaxFailures times is in line for U and in a shard's queue at once, so that it waits neither for scripts that hold
  // U while its shards are free, nor for ever.
  bool acquire(LockSet& locks, LockClass lock_class, std::span<const Key> keys, Attempt& attempt);
  // The unit goes on with what acquire() gave it: it waits for nothing more.
  void settle(LockSet& locks, Attempt& attempt) {
    if (!attempt.is_first()) end_attempt(locks, attempt);
  }
  // The unit does not go on with what acquire() gave it, but will call acquire() again: it keeps its place in the line
  // for U, or U itself.
  void release_to_retry(LockSet& locks, Attempt& attempt);
  // The unit will not run: it leaves all queues.
  void withdraw(const Waiter& waiter, Attempt& attempt);
  // Whether a wake-up is for where the unit waits now; if so, it may call acquire() again.
  static bool take_wake_up(const Waiter& waiter, uint32_t shard, Attempt& attempt);
  // The unit needs these shards too, and had no effect yet. True: it has them now. Else it must let go of all, and will
  // get them with the rest.
  bool add(LockSet& locks, std::span<const uint32_t> shards, Attempt& attempt);
  // Takes one more shard. REQUIRES: the set holds U.
  void stray(LockSet& locks, uint32_t shard);
  // All that are left. REQUIRES: as stray().
  void stray_to_all(LockSet& locks);
  // By try-lock alone, for slices of background work. False: somebody else has it.
  bool try_acquire_shard(LockSet& locks, uint32_t shard);
  // U and all shards, for background work that needs them once. False: U is somebody else's.
  bool try_acquire_all(LockSet& locks);
  // With one thread, where locks stop nobody: a unit is under way, and until it goes on nothing else takes a shard.
  void reserve_if_alone(bool reserved) {
    if (!threaded_) reserved_ = reserved;
  }
  bool reserved() const { return reserved_; }
  void release(LockSet& locks);
  // Gives one shard back before the rest. REQUIRES: it is what try_acquire_shard() took last.
  void release_shard(LockSet& locks, uint32_t shard);

  // Called for each wake-up, when the woken one has tried or is gone: the turn goes on to the next. kTokenLine stands
  // for the token's line.
  static constexpr uint32_t kTokenLine = 0xffffffff;
  void pass_on(uint32_t shard);

  // The table of a database in a shard, made if it is not there. REQUIRES: the shard is held.
  Table& table(const LockSet& locks, uint32_t shard, uint32_t database);
  // The same, or null if it was never made. For prefetching and counting.
  Table* existing_table(const LockSet& locks, uint32_t shard, uint32_t database);

  LargeReads& large_reads() { return large_reads_; }

  // The cut: from here on the keys as they are now are captured. REQUIRES: all shards are held, and the last snapshot
  // has ended.
  void begin_snapshot(const LockSet& locks);
  // Shards that are not yet captured. Any thread.
  uint32_t shards_to_capture() const { return shards_to_capture_.load(std::memory_order_acquire); }
  // Captures a part of a shard (ShardSnapshot::walk). True: the shard is captured. REQUIRES: it is held.
  bool capture_some(const LockSet& locks, uint32_t shard, CaptureSink& sink, const std::function<bool()>& enough,
                    std::vector<Table>& done);
  // A shard's snapshot, or null. REQUIRES: the shard is held.
  ShardSnapshot* snapshot(uint32_t shard) {
    return shards_to_capture_.load(std::memory_order_relaxed) == 0 ? nullptr : shards_[shard].snapshot.get();
  }
  // Ends it before its time. REQUIRES: all shards are held.
  void drop_snapshot(const LockSet& locks);

  // A shard's large keys of a database; null if there were none. REQUIRES: the shard is held, as for those that follow.
  LargeKeys* large_keys(uint32_t shard, uint32_t database) const;
  LargeKeys& make_large_keys(uint32_t shard, uint32_t database);
  // Puts others in their place and returns them. In O(1), however many they are.
  std::unique_ptr<LargeKeys> exchange_large_keys(uint32_t shard, uint32_t database, std::unique_ptr<LargeKeys> others);
  // Of all databases; null if there were none.
  const LargeKeysByDatabase* all_large_keys(uint32_t shard) const { return large_keys_[shard].get(); }
  // What the threads count, each for itself. REQUIRES: all shards are held, or there is no more than one thread.
  void add_thread(metrics::ThreadStats& stats) { thread_stats_.push_back(&stats); }
  void remove_thread(metrics::ThreadStats& stats) { std::erase(thread_stats_, &stats); }
  std::span<metrics::ThreadStats* const> thread_stats() const { return thread_stats_; }

  // Who watches keys of the shard; null if nobody does. REQUIRES: the shard is held.
  Observers* observers(uint32_t shard) { return shards_[shard].observers.get(); }
  Observers& make_observers(uint32_t shard);
  // Whether anybody watches or waits for keys in the shards of these. REQUIRES: they are held.
  bool any_observers(std::span<const Key> keys) const {
    return std::any_of(keys.begin(), keys.end(),
                       [this](const Key& key) { return shards_[shard_of(key)].observers != nullptr; });
  }
  // A database is emptied, or exchanged with another: watches trip of keys that change by that. To be called for both,
  // before it happens. REQUIRES: all are held.
  void trip_watches(const LockSet& locks, uint32_t database, std::optional<uint32_t> other, int64_t now_ms);
  // To be called when one has left.
  void drop_empty_observers(uint32_t shard);

  // The client has read the key and is to be told of its next change. REQUIRES: the key's shard is held.
  void track(const Key& key, const std::shared_ptr<Tracker>& reader);
  // Whether anyone is to be told of changes by the prefixes of keys. Asked for each change: a client that began to
  // listen before it read a key's old value is seen, since both hold the key's lock.
  bool has_prefix_trackers() const { return prefix_trackers_.load(std::memory_order_relaxed) != 0; }
  void count_prefix_trackers(int change) {
    prefix_trackers_.fetch_add(static_cast<uint32_t>(change), std::memory_order_relaxed);
  }
  TrackedCounts tracked;
  // How often a database was emptied. Any thread.
  uint64_t times_emptied() const { return times_emptied_.load(std::memory_order_relaxed); }
  void count_emptied() { times_emptied_.fetch_add(1, std::memory_order_relaxed); }

  // The number of a shard's keys in a database, without a lock: what it was a moment ago.
  uint64_t size_hint(uint32_t shard, uint32_t database) const;

  // Asks the memory for what a search for these keys in a database will read: first for the buckets, then for the
  // entries. One loop over many keys overlaps the waiting. With several threads the shards are entered by try-lock, for
  // an instant each.
  void prefetch(std::span<const Key> keys, uint32_t database);
  // An element of what a key holds, by its structures::text_hash().
  struct ElementOf {
    uint32_t key;  // among the keys
    uint64_t text_hash;
  };
  // Then the same for elements of collections, behind prefetch() of their keys.
  void prefetch_elements(std::span<const Key> keys, std::span<const ElementOf> elements, uint32_t database);
  // The same for keys whose shards are held, a window at a time: warms the keys behind `at`.
  void prefetch_behind(std::span<const Key> keys, size_t at, uint32_t database);

  // Sums over the shards. REQUIRES: all are held.
  uint64_t size(const LockSet& locks, uint32_t database);
  uint64_t expiring(const LockSet& locks, uint32_t database);
  // Takes a database's tables out, in O(shards): to be freed elsewhere. Those that a snapshot wants go to that first.
  // Returns the number of their keys.
  uint64_t take_tables(const LockSet& locks, uint32_t database, std::vector<Table>& taken);
  void swap_databases(const LockSet& locks, uint32_t first, uint32_t second);

  // Unix time in ms as a tick of the time index; never 0. The tick of a time is not after it.
  Tick tick(int64_t unix_ms) const;
  // The tick of an expiry as the tables take it: not further ahead of `now_ms` than they can tell, but looked at again
  // then.
  Tick due_tick(int64_t expiry_ms, int64_t now_ms) const {
    return std::min(tick(expiry_ms), tick(now_ms) + ShortTick::kHorizon);
  }

  // The earliest tick at which a shard has something to expire, without a lock: a hint.
  Tick due_hint(uint32_t shard) const { return due_hints_[shard].load(std::memory_order_relaxed); }
  void lower_due_hint(uint32_t shard, Tick due) {
    if (due < due_hint(shard)) due_hints_[shard].store(due, std::memory_order_relaxed);
  }
  void set_due_hint(uint32_t shard, Tick due) { due_hints_[shard].store(due, std::memory_order_relaxed); }

 private:
  bool acquire_keys(LockSet& locks, std::span<const Key> keys, Attempt& attempt);
  void end_attempt(LockSet& locks, Attempt& attempt);
  void leave_queue(const Waiter& waiter, Attempt& attempt);
  void release_shards(LockSet& locks);
  void take_all(LockSet& locks);
  void take(LockSet& locks, uint32_t shard);
  void add_shards_of(LockSet& locks, std::span<const Key> keys, std::span<const uint32_t> more) const;
  const Table* table_in(const Shard& shard, uint32_t database) const;
  // Calls ask(table) of a key's table, if there is one and its shard is free. REQUIRES: no shard is held.
  template <typename Ask>
  void visit_table(const Key& key, uint32_t database, Ask ask);
  void wake(const std::optional<Waiter>& waiter, uint32_t shard);

  KeyHash hash_;
  uint32_t databases_;
  Waker* waker_;
  bool threaded_ = false;
  bool reserved_ = false;
  uint32_t shard_count_;
  std::unique_ptr<Shard[]> shards_;  // gone before what they count in `tracked`
  std::atomic<uint32_t> prefix_trackers_{0};
  std::atomic<uint64_t> times_emptied_{0};
  std::atomic<uint32_t> shards_to_capture_{0};
  std::unique_ptr<std::atomic<Tick>[]> due_hints_;
  int64_t tick_base_ms_;
  LargeReads large_reads_;
  std::unique_ptr<std::unique_ptr<LargeKeysByDatabase>[]> large_keys_;  // by shard
  std::vector<metrics::ThreadStats*> thread_stats_;
  Token token_;
};

}  // namespace keyspace
