// Eviction: which key goes when memory is short.
//
// Victims are sampled from shards that are free (try-lock), one at a time, before the command that needs memory takes
// its own locks. Among the sampled the policy chooses: the longest idle (LRU), the least often used (LFU), the one that
// expires next (volatile-ttl), or any.
//
// LRU here resists scans: an entry that was never read again since it was stored is on probation. While more than an
// eighth of what is sampled is on probation, the oldest of those goes first; so keys that are asked for once do not
// push out those that are asked for again. Source: the small queue of S3-FIFO (Yang et al., SOSP 2023); measured in
// docs/decisions/0004-eviction.md.
//
// Threads  any I/O thread, without locks of its own.
#pragma once

#include <functional>

#include "keyspace/database.h"

namespace keyspace {

enum class EvictionPolicy : uint8_t {
  kNoEviction,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};

constexpr bool evicts_by_frequency(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLfu || policy == EvictionPolicy::kVolatileLfu;
}

// Deletes one key by the policy. False when there is none to delete: all shards that are free were looked at.
// Calls `before_release` while it holds the lock of the evicted key. REQUIRES: the unit holds no lock.
struct EvictionOptions {
  EvictionPolicy policy;
  uint32_t samples;
  std::optional<uint32_t> database;  // of which the key is; else of any
};
bool evict_one(Unit& unit, const EvictionOptions& options, const std::function<void()>& before_release);

}  // namespace keyspace
