#include "keyspace/block_source.h"

#include <new>

#include "keyspace/window.h"

namespace keyspace {
namespace {

constexpr uint64_t kSmallRegions = 4;  // so many regions are not backed by huge pages: a small server stays small

}  // namespace

struct BlockSource::FreeBlock {
  FreeBlock* next;
};

// At the beginning of memory that is aligned to its size.
struct BlockSource::Region {
  Region* next = nullptr;  // in the list of regions with free blocks
  Region* previous = nullptr;
  FreeBlock* free = nullptr;
  uint32_t free_count = 0;
  uint32_t fresh = 0;  // blocks after this one were never used: they need no memory yet
};

BlockSource::BlockSource(size_t block_bytes)
    : block_bytes_(block_bytes), blocks_(static_cast<uint32_t>(kRegionBytes / block_bytes) - 1) {}

void BlockSource::link(Region* region) {
  region->previous = nullptr;
  region->next = with_free_;
  if (with_free_ != nullptr) with_free_->previous = region;
  with_free_ = region;
}

void BlockSource::unlink(Region* region) {
  if (region->previous != nullptr) region->previous->next = region->next;
  if (region->next != nullptr) region->next->previous = region->previous;
  if (with_free_ == region) with_free_ = region->next;
}

void BlockSource::add_region(void* mapped) {
  auto* region = new (mapped) Region;
  region->free_count = blocks_;
  link(region);
  ++regions_;
  free_blocks_ += blocks_;
}

// Null when no region has a free block.
void* BlockSource::take_from_list() {
  Region* region = with_free_;
  if (region == nullptr) return nullptr;
  void* block = region->free;
  if (block != nullptr) {
    region->free = region->free->next;
  } else {
    block = reinterpret_cast<char*>(region) + (++region->fresh) * block_bytes_;
  }
  --free_blocks_;
  if (--region->free_count == 0) unlink(region);
  return block;
}

// The block's region if it is to be unmapped now, after the lock; else null.
BlockSource::Region* BlockSource::put_back(void* block) {
  auto* region = reinterpret_cast<Region*>(reinterpret_cast<uintptr_t>(block) & ~(kRegionBytes - 1));
  auto* freed = static_cast<FreeBlock*>(block);
  freed->next = region->free;
  region->free = freed;
  ++free_blocks_;
  if (++region->free_count == 1) link(region);
  // The last region stays, so that one block more or less does not map and unmap.
  if (region->free_count < blocks_ || free_blocks_ < 2 * blocks_) return nullptr;
  unlink(region);
  --regions_;
  free_blocks_ -= blocks_;
  return region;
}

void* BlockSource::take() {
  for (;;) {
    bool huge = false;
    {
      const std::lock_guard hold(mutex_);
      if (void* block = take_from_list(); block != nullptr) return block;
      huge = regions_ >= kSmallRegions;
    }
    void* const mapped = map_region(kRegionBytes, huge);  // outside the lock
    const std::lock_guard hold(mutex_);
    add_region(mapped);
  }
}

void BlockSource::give_back(void* block) {
  Region* empty = nullptr;
  {
    const std::lock_guard hold(mutex_);
    empty = put_back(block);
  }
  if (empty != nullptr) unmap_region(empty, kRegionBytes);
}

BlockSource& pages() {
  static auto* const made = new BlockSource(kPageBytes);
  return *made;
}

BlockSource& chunks() {
  static auto* const made = new BlockSource(kChunkBytes);
  return *made;
}

}  // namespace keyspace
