// EntryPool: memory for the entries of one table, in blocks of sizes 2 bytes apart up to 96, then 8 apart.
//
// General allocators round to 16 bytes, which costs a small key a sixth. A block of up to kLargestBlock bytes comes
// from a page of blocks of its size; larger ones come from the allocator. A page that empties goes back to its
// source.
//
//   page := Page (32 bytes) block*                       at most 2.4% of a page is left over up to 96 bytes, 6% at 256
//
// Cost     allocate and release: some instructions, no search. 68 lists (544 bytes) a pool that was ever used.
// Threads  under the lock of the table's shard. A pool moves with its table, and its address stays.
// Source   docs/decisions/0001-foundations.md has the measurements.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "keyspace/linked_list.h"

namespace keyspace {

class EntryPool {
 public:
  static constexpr size_t kLargestBlock = 256;

  EntryPool() = default;
  EntryPool(const EntryPool&) = delete;
  EntryPool& operator=(const EntryPool&) = delete;
  ~EntryPool();

  void* allocate(size_t bytes);
  // Finds the pool by the page. `bytes` is what was asked for, or another number with the same block_size().
  static void release(void* block, size_t bytes);
  // What a request really takes.
  static size_t block_size(size_t bytes);

 private:
  static constexpr size_t kFineGrain = 2, kFineMost = 96, kCoarseGrain = 8;
  static constexpr size_t kFineSizes = kFineMost / kFineGrain;
  static constexpr size_t kSizes = kFineSizes + (kLargestBlock - kFineMost) / kCoarseGrain;

  struct Page {
    EntryPool* owner;
    Page* next;
    Page* previous;
    uint16_t block_bytes;
    uint16_t used;   // blocks
    uint16_t free;   // offset of the first free block, 0 for none; each has the next one's offset in its first bytes
    uint16_t fresh;  // offset from which on no block was ever used
  };
  static_assert(sizeof(Page) == 32);

  static Page* page_of(void* block);
  void* take_block(Page& page);
  void put_block(Page& page, void* block);
  // REQUIRES: `size` is a block_size() of at most kLargestBlock.
  static size_t list_index(size_t size) {
    return size <= kFineMost ? size / kFineGrain - 1 : kFineSizes + (size - kFineMost) / kCoarseGrain - 1;
  }
  LinkedList<Page>& list_of(const Page& page) { return with_room_[list_index(page.block_bytes)]; }

  std::array<LinkedList<Page>, kSizes> with_room_{};  // pages with a free block, by the block's size
};

}  // namespace keyspace
