#include "keyspace/shard_lock.h"

#include <algorithm>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"

namespace keyspace {
namespace {

void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

bool ShardLock::try_once(bool newcomer) {
  uint32_t seen = word_.load(std::memory_order_relaxed);
  if ((seen & (kLocked | kTokenWaits)) != 0) return false;
  const bool overtakes = newcomer && (seen & kQueued) != 0;
  if (overtakes && seen >= kMaxPasses * kOnePass) return false;
  const uint32_t locked = (overtakes ? seen + kOnePass : seen & kQueued) | kLocked;
  return word_.compare_exchange_strong(seen, locked, std::memory_order_acquire, std::memory_order_relaxed);
}

bool ShardLock::try_lock(bool newcomer) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (try_once(newcomer)) return true;
    pause_briefly();
  }
  return false;
}

void ShardLock::lock_as_token_holder() {
  for (int spin = 0; spin < kSpins; ++spin) {
    uint32_t free = word_.load(std::memory_order_relaxed) & ~kLocked;
    if (word_.compare_exchange_weak(free, free | kLocked, std::memory_order_acquire, std::memory_order_relaxed)) return;
    pause_briefly();
  }
  word_.fetch_or(kTokenWaits, std::memory_order_relaxed);
  for (;;) {
    uint32_t seen = word_.load(std::memory_order_relaxed);
    if ((seen & kLocked) != 0) {
      word_.wait(seen, std::memory_order_relaxed);
      continue;
    }
    if (word_.compare_exchange_weak(seen, (seen | kLocked) & ~kTokenWaits, std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      return;
    }
  }
}

ShardLock::After ShardLock::unlock() {
  // The bit is set, so this clears it; unlike fetch_and(), it is one instruction on x86.
  const uint32_t seen = word_.fetch_sub(kLocked, std::memory_order_release);
  DCHECK((seen & kLocked) != 0);
  if ((seen & kTokenWaits) != 0) return After::kWakeToken;
  return (seen & kQueued) != 0 ? After::kWakeQueue : After::kNothing;
}

std::optional<Waiter> ShardLock::settle(After after) {
  if (after == After::kWakeQueue) return pop();
  if (after == After::kWakeToken) word_.notify_all();
  return std::nullopt;
}

ShardLock::Queue* ShardLock::queue() {
  Queue* seen = queue_.load(std::memory_order_acquire);
  if (seen != nullptr) return seen;
  auto* made = new Queue;
  if (queue_.compare_exchange_strong(seen, made, std::memory_order_acq_rel)) return made;
  delete made;
  return seen;
}

std::optional<Waiter> ShardLock::pop() {
  Queue* line = queue();
  const std::lock_guard hold(line->mutex);
  if (line->waiters.empty()) return std::nullopt;
  const Waiter head = line->waiters.front();
  line->waiters.pop_front();
  ++line->woken;
  return head;
}

std::optional<Waiter> ShardLock::pop_if_free() {
  if ((word_.load(std::memory_order_seq_cst) & (kLocked | kTokenWaits)) != 0) return std::nullopt;
  return pop();
}

std::optional<Waiter> ShardLock::enqueue(const Waiter& waiter) {
  {
    Queue* line = queue();
    const std::lock_guard hold(line->mutex);
    line->waiters.push_back(waiter);
    word_.fetch_or(kQueued, std::memory_order_seq_cst);
  }
  return pop_if_free();
}

void ShardLock::leave(const Waiter& waiter) {
  Queue* line = queue();
  const std::lock_guard hold(line->mutex);
  const auto place = std::find_if(line->waiters.begin(), line->waiters.end(),
                                  [&](const Waiter& other) { return other.is_same_connection(waiter); });
  if (place == line->waiters.end()) return;
  line->waiters.erase(place);
  if (line->waiters.empty() && line->woken == 0) word_.fetch_and(~kQueued, std::memory_order_relaxed);
}

std::optional<Waiter> ShardLock::pass_on() {
  {
    Queue* line = queue();
    const std::lock_guard hold(line->mutex);
    DCHECK(line->woken > 0);
    --line->woken;
    if (line->waiters.empty() && line->woken == 0) word_.fetch_and(~kQueued, std::memory_order_relaxed);
  }
  return pop_if_free();
}

std::deque<Waiter>::iterator Token::place_of(const Waiter& waiter) {
  return std::find_if(line_.begin(), line_.end(),
                      [&](const Waiter& other) { return other.is_same_connection(waiter); });
}

bool Token::try_take(const Waiter& waiter) {
  const std::lock_guard hold(mutex_);
  const auto place = place_of(waiter);
  if (!taken_ && (line_.empty() || place == line_.begin())) {
    taken_ = true;
    if (!line_.empty()) line_.pop_front();
    return true;
  }
  if (place == line_.end()) line_.push_back(waiter);
  return false;
}

bool Token::try_take_at_once() {
  const std::lock_guard hold(mutex_);
  return line_.empty() && !std::exchange(taken_, true);
}

std::optional<Waiter> Token::give_back() {
  const std::lock_guard hold(mutex_);
  DCHECK(taken_);
  taken_ = false;
  return line_.empty() ? std::nullopt : std::optional<Waiter>(line_.front());
}

void Token::reserve(const Waiter& waiter) {
  const std::lock_guard hold(mutex_);
  DCHECK(taken_);
  taken_ = false;
  line_.push_front(waiter);
}

std::optional<Waiter> Token::leave(const Waiter& waiter) {
  const std::lock_guard hold(mutex_);
  const auto place = place_of(waiter);
  if (place == line_.end()) return std::nullopt;
  const bool was_next = place == line_.begin() && !taken_;
  line_.erase(place);
  return was_next && !line_.empty() ? std::optional<Waiter>(line_.front()) : std::nullopt;
}

}  // namespace keyspace
