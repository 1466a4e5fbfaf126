// Segment: the buckets for all paths that begin with one prefix.
//
// The buckets lie in up to sixteen chunks of eight, so that a segment grows and shrinks by chunks, and every array of
// buckets in the process is made of blocks of one size: nothing that one segment outgrew is of a size that no other
// wants. A small table's only segment has 1, 2 or 4 buckets.
//
// Threads  used under its shard's lock.
#pragma once

#include <cstdint>
#include <cstring>

#include "keyspace/bucket.h"

namespace keyspace {

// Where a segment's buckets are, and which paths are theirs. Copied into the directory's slots: a search reads no more.
struct BucketArray {
  static constexpr uint32_t kChunkBuckets = 8, kMostChunks = 16, kMostBuckets = kChunkBuckets * kMostChunks;

  uint8_t count = 0;                    // buckets
  uint8_t depth = 0;                    // bits of the prefix
  uint8_t chunks[kMostChunks][6] = {};  // addresses

  // Reads the eight bytes that end with the address: one load.
  Bucket* chunk(uint32_t index) const {
    uint64_t word = 0;
    std::memcpy(&word, reinterpret_cast<const char*>(this) + index * sizeof chunks[0], sizeof word);
    return reinterpret_cast<Bucket*>(word >> 16);
  }
  void set_chunk(uint32_t index, const Bucket* chunk) {
    const auto address = reinterpret_cast<uint64_t>(chunk);
    CHECK(address >> 48 == 0);
    std::memcpy(chunks[index], &address, sizeof chunks[0]);
  }
  Bucket& at(uint32_t bucket) const { return chunk(bucket / kChunkBuckets)[bucket % kChunkBuckets]; }

  // The home bucket of a path that begins with the prefix.
  uint32_t home(uint64_t path) const { return static_cast<uint32_t>(((path << depth >> 32) * count) >> 32); }
  uint32_t after(uint32_t bucket, uint32_t steps) const {
    const uint32_t at = bucket + steps;
    return at < count ? at : at - count;
  }

  // Storage for `buckets` buckets, all of them empty; 0 ends it. What was in the old ones is gone.
  void resize(uint32_t buckets);
};
static_assert(sizeof(BucketArray) == 98);

struct Segment {
  BucketArray array;
  uint32_t size = 0;  // entries
  Tick due = kNever;  // a lower bound of the expiries in it
  uint64_t prefix = 0;

  uint32_t bucket_count() const { return array.count; }
  int depth() const { return array.depth; }
  Bucket& bucket(uint32_t at) const { return array.at(at); }
  // The first path of home bucket `bucket`.
  uint64_t first_path(uint32_t bucket) const {
    const uint64_t within = ((uint64_t{bucket} << 32) + array.count - 1) / array.count;
    return prefix | (within << 32 >> array.depth);
  }
};

}  // namespace keyspace
