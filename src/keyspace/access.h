// The access bits of an entry: 26 bits that LRU or LFU policies read and write.
//
//   LRU := fifths of a second of Unix time:26, wrapping after 155 days
//   LFU := minutes:16 of the last decay, counter:8 (a logarithm of the number of accesses)
//
// Source  The meaning of OBJECT IDLETIME and OBJECT FREQ in Valkey 9.1.2; the counter follows Morris (1978):
//         it rises with probability 1 / ((counter - 5) * lfu_log_factor + 1), and falls by one each lfu_decay_time
//         minutes.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "keyspace/entry.h"

namespace keyspace {

struct LfuSettings {
  int64_t log_factor = 10;
  int64_t decay_minutes = 1;
};

constexpr uint32_t kLfuInitial = 5;

constexpr uint32_t kLruStepsPerSecond = 5;

inline uint32_t lru_now(int64_t now_ms) {
  return static_cast<uint32_t>(now_ms / (1000 / kLruStepsPerSecond)) & Entry::kAccessMask;
}

// Steps of the LRU clock since the entry was last used.
inline uint32_t idle_steps(const Entry& entry, int64_t now_ms) {
  return (lru_now(now_ms) - entry.access()) & Entry::kAccessMask;
}

inline uint32_t lfu_minutes(int64_t now_ms) { return static_cast<uint32_t>(now_ms / 60'000) & 0xffff; }

// The access bits of an entry that was not used for so many seconds, as far as these bits reach.
inline uint32_t lru_idle_for(int64_t now_ms, int64_t idle_seconds) {
  constexpr int64_t kMost = Entry::kAccessMask / kLruStepsPerSecond;
  const int64_t seconds = idle_seconds < kMost ? idle_seconds : kMost;
  return (lru_now(now_ms) - static_cast<uint32_t>(seconds) * kLruStepsPerSecond) & Entry::kAccessMask;
}

inline uint32_t lfu_initial(int64_t now_ms) { return (lfu_minutes(now_ms) << 8) | kLfuInitial; }

inline uint32_t lfu_of(int64_t now_ms, uint8_t counter) { return (lfu_minutes(now_ms) << 8) | counter; }

// The counter after the decay that is due by now.
inline uint32_t lfu_counter(const Entry& entry, int64_t now_ms, const LfuSettings& settings) {
  const uint32_t counter = entry.access() & 0xff;
  if (settings.decay_minutes <= 0) return counter;
  const uint32_t elapsed = (lfu_minutes(now_ms) - (entry.access() >> 8)) & 0xffff;
  const uint64_t periods = elapsed / static_cast<uint64_t>(settings.decay_minutes);
  return periods > counter ? 0 : counter - static_cast<uint32_t>(periods);
}

inline void lfu_touch(Entry& entry, int64_t now_ms, const LfuSettings& settings, base::Random& random) {
  uint32_t counter = lfu_counter(entry, now_ms, settings);
  if (counter < 255) {
    const uint64_t base = counter > kLfuInitial ? counter - kLfuInitial : 0;
    const uint64_t odds = base * static_cast<uint64_t>(settings.log_factor) + 1;
    if (random.below(odds) == 0) ++counter;
  }
  entry.set_access((lfu_minutes(now_ms) << 8) | counter);
}

}  // namespace keyspace
