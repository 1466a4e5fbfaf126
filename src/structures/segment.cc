#include "structures/segment.h"

namespace structures {

void BucketArray::resize(uint32_t buckets) {
  const uint32_t before = count / Chunk::kBuckets;
  const uint32_t after = buckets / Chunk::kBuckets;
  for (uint32_t at = after; at < before; ++at) give_chunk_back(chunk(at));
  for (uint32_t at = before; at < after; ++at) {
    const uint64_t offset = reinterpret_cast<uint64_t>(take_chunk()) - kWindowStart;
    chunks[at] = static_cast<uint32_t>(offset / sizeof(Chunk));
  }
  count = static_cast<uint8_t>(buckets);
  for (uint32_t bucket = 0; bucket < buckets; ++bucket) at(bucket).make_empty();
}

uint32_t fitting_bucket_count(uint32_t size, uint32_t percent) {
  uint32_t count = Chunk::kBuckets;
  while (count < BucketArray::kMostBuckets && size * 100 > place_count(count) * percent) count += Chunk::kBuckets;
  return count;
}

uint32_t split_bucket_count(const Segment& segment) {
  constexpr uint32_t kLimits[] = {kFewestToSplit, 72, 80, 88, 96, 104, 112, BucketArray::kMostBuckets};
  const uint64_t mixed = (segment.prefix + static_cast<uint64_t>(segment.depth())) * 0x9e3779b97f4a7c15;
  return kLimits[mixed >> 61];
}

}  // namespace structures
