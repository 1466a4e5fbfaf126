// Blocks: memory for small entries of every table and collection, of sizes 2 bytes apart up to 96, then 8 apart.
//
// General allocators round to 16 bytes, which costs a small key a sixth. A block of up to kLargestBlock bytes comes
// from a page of blocks of its size; larger ones come from the allocator. A page that empties goes back to its
// source.
//
//   page := Page (32 bytes) block*                       at most 2.4% of a page is left over up to 96 bytes, 6% at 256
//
// Pages belong to pools. A thread takes blocks from the pool of its own; a block goes back to where it came from.
//
// Cost     allocate and release: some instructions and a lock that is nearly always free; no search.
// Threads  any. A pool's lock is held for some instructions, never over a system call.
// Source   docs/decisions/0001-foundations.md and 0002-key-table.md have the measurements.
#pragma once

#include <cstddef>

namespace structures {

constexpr size_t kLargestBlock = 256;

// Inside the window, aligned to 2 bytes; to 8 where `bytes` is a multiple of 8.
void* allocate_block(size_t bytes);
// `bytes` is what was asked for, or another number with the same block_size().
void release_block(void* block, size_t bytes);
// What a request really takes.
size_t block_size(size_t bytes);

}  // namespace structures
