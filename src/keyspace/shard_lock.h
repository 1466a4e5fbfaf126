// ShardLock: the lock of one shard, taken by try-lock; who fails queues its connection and lets the thread go on.
//
//   word := passes:29  queued:1  token_waits:1  locked:1
//
// A lock is never waited for by a class 1 command: try_lock() spins for at most a microsecond, and on failure the
// command lets go of all it holds and enqueues itself; unlock() wakes the head of the queue. Only the holder of the
// token U waits (lock_as_token_holder), and newcomers then give way to it. At most kMaxPasses newcomers overtake a
// queue. All of it lies in one word, so that no two parts of it can be seen in different orders.
//
// With one I/O thread nothing contends, and the lock is a plain store.
//
// Threads  any. The queue has a mutex of its own that is held for some instructions only, and never over a wake-up.
// Source   design.md section 2; modelled in tests/model/.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace keyspace {

// A connection that waits, by handle: it may be gone when its turn comes.
struct Waiter {
  uint32_t loop = 0;
  uint32_t ticket = 0;  // of its place in a shard's queue, so that a wake-up for a place that it left is told apart
  uint64_t connection = 0;

  bool is_same_connection(const Waiter& other) const { return loop == other.loop && connection == other.connection; }
};

// Tells a waiter's loop that it may try again.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake(const Waiter& waiter, uint32_t shard) = 0;
};

class ShardLock {
 public:
  static constexpr uint32_t kMaxPasses = 32;
  static constexpr int kSpins = 40;  // about 1 us with its pauses

  // The single-threaded forms: nobody else enters the shards.
  void lock_alone() { word_.store(kLocked, std::memory_order_relaxed); }
  void unlock_alone() { word_.store(0, std::memory_order_relaxed); }

  // `newcomer` is false for one that was woken from a queue: it passes the others.
  bool try_lock(bool newcomer);
  // One attempt as a newcomer, without spinning, for what may as well be left out.
  bool try_lock_once() { return try_once(true); }
  // REQUIRES: the caller holds U. Waits; whoever holds the shard runs to its end without waiting.
  void lock_as_token_holder();
  // Who waits is told by settle(), which the caller calls when it holds no lock any more: a wake-up is a system call.
  enum class After : uint8_t { kNothing, kWakeToken, kWakeQueue };
  [[nodiscard]] After unlock();
  [[nodiscard]] std::optional<Waiter> settle(After after);

  // Enters the queue, then looks once more: if the lock came free meanwhile, returns the one to wake (maybe itself).
  [[nodiscard]] std::optional<Waiter> enqueue(const Waiter& waiter);
  // Takes a waiter out that goes on without its turn. If it was woken already, its wake-up is answered like any other.
  void leave(const Waiter& waiter);
  // A wake-up has been answered, whatever came of it: the one who was woken took the lock, queued again, or is gone.
  // Returns the next in line if the lock is free. Once for each waiter that settle() or enqueue() returned.
  [[nodiscard]] std::optional<Waiter> pass_on();

  bool locked() const { return (word_.load(std::memory_order_relaxed) & kLocked) != 0; }

 private:
  static constexpr uint32_t kLocked = 1, kTokenWaits = 2, kQueued = 4;
  static constexpr uint32_t kOnePass = 8;  // newcomers that overtook since a queued one was served

  bool try_once(bool newcomer);
  std::optional<Waiter> pop();
  std::optional<Waiter> pop_if_free();

  std::atomic<uint32_t> word_{0};
  struct Queue {
    std::mutex mutex;
    std::deque<Waiter> waiters;
    uint32_t woken = 0;  // that have not answered yet: while there are some, newcomers are still counted
  };
  Queue* queue();
  std::atomic<Queue*> queue_{nullptr};

 public:
  ShardLock() = default;
  ShardLock(const ShardLock&) = delete;
  ShardLock& operator=(const ShardLock&) = delete;
  ~ShardLock() { delete queue_.load(); }
};

// The token U: whoever may touch any key, or all of them, holds it. First come, first served: while somebody is in
// line, only the head of the line may take it.
class Token {
 public:
  // True if the caller has it now; else it is in line and will be woken.
  bool try_take(const Waiter& waiter);
  // The same for who will not wait in line.
  bool try_take_at_once();
  // The one to wake.
  [[nodiscard]] std::optional<Waiter> give_back();
  // Gives it back with the caller at the head of the line, so that nobody else has it before the caller tries again.
  void reserve(const Waiter& waiter);
  // A connection that goes on without it leaves the line. Returns one to wake if it was at the head of a free token.
  [[nodiscard]] std::optional<Waiter> leave(const Waiter& waiter);

 private:
  std::deque<Waiter>::iterator place_of(const Waiter& waiter);

  std::mutex mutex_;
  bool taken_ = false;
  std::deque<Waiter> line_;
};

}  // namespace keyspace
