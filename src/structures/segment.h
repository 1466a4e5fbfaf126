// Segment: the buckets for all paths that begin with one prefix.
//
// The buckets lie in up to fifteen chunks of eight, so that a segment grows and shrinks by chunks, and all buckets in
// the process are in blocks of one size: nothing that one segment outgrew is of a size that no other wants.
//
// Threads  the owner's, as the table's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "structures/chunk_source.h"

namespace structures {

// Where a segment's buckets are, and which paths are theirs: one cache line. Copied into the directory's slots, so that
// a search reads no more than that.
struct BucketArray {
  static constexpr uint32_t kMostChunks = 15, kMostBuckets = kMostChunks * Chunk::kBuckets;

  uint8_t depth = 0;                  // bits of the prefix
  uint8_t count = 0;                  // buckets
  uint32_t chunks[kMostChunks] = {};  // offsets in the window, in chunks

  Chunk* chunk(uint32_t index) const {
    return reinterpret_cast<Chunk*>(kWindowStart + uint64_t{chunks[index]} * sizeof(Chunk));
  }
  Bucket& at(uint32_t bucket) const { return chunk(bucket / Chunk::kBuckets)->buckets[bucket % Chunk::kBuckets]; }

  // The home bucket of a path that begins with the prefix.
  uint32_t home(uint64_t path) const { return static_cast<uint32_t>(((path << depth >> 32) * count) >> 32); }
  uint32_t after(uint32_t bucket, uint32_t steps) const {
    const uint32_t at = bucket + steps;
    return at < count ? at : at - count;
  }

  // Takes or gives back chunks, for `buckets` buckets (a multiple of eight), all of them empty.
  void resize(uint32_t buckets);
};
static_assert(sizeof(BucketArray) == 64);
static_assert(kWindowBytes / sizeof(Chunk) == uint64_t{1} << 32);

struct Segment {
  BucketArray array;
  uint64_t prefix = 0;
  uint32_t size = 0;  // entries
  Tick due = kNever;  // a lower bound of the expiries in it

  uint32_t bucket_count() const { return array.count; }
  int depth() const { return array.depth; }
  Bucket& bucket(uint32_t at) const { return array.at(at); }
  // The first path of home bucket `bucket`.
  uint64_t first_path(uint32_t bucket) const {
    const uint64_t within = ((uint64_t{bucket} << 32) + array.count - 1) / array.count;
    return prefix | (within << 32 >> array.depth);
  }
};

// The first path after the segment's; 0 after the last.
inline uint64_t next_path(const Segment& segment) {
  return segment.depth() == 0 ? 0 : segment.prefix + (uint64_t{1} << (64 - segment.depth()));
}

// The fewest buckets whose places `size` entries fill to at most `percent`; never more than a segment may have.
uint32_t fitting_bucket_count(uint32_t size, uint32_t percent);

// How many buckets a segment may have before it splits: 64 to 120, and not all the same. Hashing fills all segments
// evenly; with one limit they would all be just split, and sparse, at once.
constexpr uint32_t kFewestToSplit = 64;
uint32_t split_bucket_count(const Segment& segment);

constexpr uint32_t place_count(uint32_t buckets) { return buckets * Bucket::kPlaces; }

// A segment grows when 92 of 100 places are taken.
inline bool is_full(const Segment& segment) { return segment.size * 100 >= place_count(segment.bucket_count()) * 92; }

}  // namespace structures
