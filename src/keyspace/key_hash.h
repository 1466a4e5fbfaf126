// KeyHash: where a key lives. One 64-bit hash of the key gives all of it.
//
//   hash := shard : log2(shards) bits | path          (from the top bit down)
//   path := directory prefix | place in the segment | ...
//   tag  := the low 8 bits, never 0
//
// The hash is keyed (SipHash-1-3) by a seed that is random for each process, or made from `hash-seed`.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/siphash.h"

namespace keyspace {

// A key and its hash, computed once for each command.
struct Key {
  std::string_view text;
  uint64_t hash = 0;
};

class KeyHash {
 public:
  KeyHash(base::SipKey seed, int shard_bits) : seed_(seed), shard_bits_(shard_bits) {}

  uint64_t operator()(std::string_view key) const { return base::siphash_1_3(seed_, key); }
  uint32_t shard(uint64_t hash) const {
    return shard_bits_ == 0 ? 0 : static_cast<uint32_t>(hash >> (64 - shard_bits_));
  }
  uint64_t path(uint64_t hash) const { return hash << shard_bits_; }
  int shard_bits() const { return shard_bits_; }
  // The first hash of a shard's path: the inverse of shard() and path(), rounded down.
  uint64_t hash_at(uint32_t shard, uint64_t path) const {
    return shard_bits_ == 0 ? path : (uint64_t{shard} << (64 - shard_bits_)) | (path >> shard_bits_);
  }

  static uint8_t tag(uint64_t hash) {
    const auto low = static_cast<uint8_t>(hash);
    return low == 0 ? 1 : low;
  }

 private:
  base::SipKey seed_;
  int shard_bits_;
};

}  // namespace keyspace
