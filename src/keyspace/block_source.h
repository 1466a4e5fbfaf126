// Blocks of one size, aligned to it, cut from regions of 2 MB inside the window: the pages of the pools of small
// entries, and the chunks of the key tables.
//
// From the fifth region of a size on the kernel may back them with huge pages: random access to many small things is
// bound by address translation. A region whose blocks have all come back is unmapped, but for one.
//
//   region := Region (in its first block) block*
//
// Cost     a lock is held for some instructions; a page serves about 100 inserts, a chunk about 70.
// Threads  any; a block may be given back by another thread than the one that took it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace keyspace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kChunkBytes = 512;

class BlockSource {
 public:
  explicit BlockSource(size_t block_bytes);
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;

  void* take();
  void give_back(void* block);

 private:
  struct FreeBlock;
  struct Region;

  void* take_from_list();
  void add_region(void* mapped);
  Region* put_back(void* block);
  void link(Region* region);
  void unlink(Region* region);

  const size_t block_bytes_;
  const uint32_t blocks_;  // that a region has to give
  std::mutex mutex_;
  Region* with_free_ = nullptr;
  uint64_t regions_ = 0;
  uint64_t free_blocks_ = 0;
};

// The process's sources. They live until its end.
BlockSource& pages();
BlockSource& chunks();

}  // namespace keyspace
