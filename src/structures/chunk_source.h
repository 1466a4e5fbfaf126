// Chunks: the eight buckets (512 bytes) of which a hash table's segments are made.
//
// A page holds eight chunks, and goes back when all of them are free.
//
// Cost     a lock is held for some instructions, once for about 70 inserts.
// Threads  any; a chunk may be given back by another thread than the one that took it.
#pragma once

#include "structures/bucket.h"

namespace structures {

struct Chunk {
  static constexpr uint32_t kBuckets = 8;
  Bucket buckets[kBuckets];
};
static_assert(sizeof(Chunk) == 512);

// Its content is arbitrary.
Chunk* take_chunk();
void give_chunk_back(Chunk* chunk);

}  // namespace structures
