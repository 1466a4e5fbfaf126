#include "structures/block_pool.h"

#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>

#include "base/check.h"
#include "structures/linked_list.h"
#include "structures/memory.h"
#include "structures/page_source.h"
#include "structures/window.h"

namespace structures {
namespace {

constexpr size_t kFineGrain = 2, kFineMost = 96, kCoarseGrain = 8;

}  // namespace

size_t block_size(size_t bytes) {
  if (bytes <= kFineMost) return (bytes + kFineGrain - 1) & ~(kFineGrain - 1);
  return bytes <= kLargestBlock ? (bytes + kCoarseGrain - 1) & ~(kCoarseGrain - 1) : allocation_size(bytes);
}

// Sanitizers watch the C library's allocator, so their builds use it. An entry may grow up to its block's size in
// place.
#ifdef SIGRUN_SANITIZED
void* allocate_block(size_t bytes) { return allocate(block_size(bytes)); }
void release_block(void* block, size_t bytes) { release(block, block_size(bytes)); }
#else
namespace {

constexpr size_t kFineSizes = kFineMost / kFineGrain;
constexpr size_t kSizes = kFineSizes + (kLargestBlock - kFineMost) / kCoarseGrain;

// REQUIRES: `size` is a block_size() of at most kLargestBlock.
size_t list_index(size_t size) {
  return size <= kFineMost ? size / kFineGrain - 1 : kFineSizes + (size - kFineMost) / kCoarseGrain - 1;
}

// Held for some instructions: whoever meets it held looks again, and lets the holder run if that takes long.
class SpinLock {
 public:
  void lock() {
    constexpr int kLooks = 100;
    while (held_.exchange(true, std::memory_order_acquire)) {
      for (int looks = 0; held_.load(std::memory_order_relaxed); ++looks) {
        if (looks >= kLooks) sched_yield();
      }
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

class Pool;

struct Page {
  Pool* owner;
  Page* next;
  Page* previous;
  uint16_t block_bytes;
  uint16_t used;   // blocks
  uint16_t free;   // offset of the first free block, 0 for none; each has the next one's offset in its first bytes
  uint16_t fresh;  // offset from which on no block was ever used

  bool full() const { return free == 0 && fresh + block_bytes > kPageBytes; }
};
static_assert(sizeof(Page) == 32);

class alignas(64) Pool {
 public:
  void* allocate(size_t size);
  void release(Page& page, void* block);

 private:
  LinkedList<Page>& list_of(const Page& page) { return with_room_[list_index(page.block_bytes)]; }
  void* take_block(Page& page);
  void put_block(Page& page, void* block);

  SpinLock lock_;
  std::array<LinkedList<Page>, kSizes> with_room_{};  // pages with a free block, by the block's size
};

void* Pool::take_block(Page& page) {
  char* const base = reinterpret_cast<char*>(&page);
  char* block = nullptr;
  if (page.free != 0) {
    block = base + page.free;
    std::memcpy(&page.free, block, sizeof page.free);
  } else {
    block = base + page.fresh;
    page.fresh = static_cast<uint16_t>(page.fresh + page.block_bytes);
  }
  ++page.used;
  if (page.full()) list_of(page).unlink(&page);
  return block;
}

void Pool::put_block(Page& page, void* block) {
  const bool was_full = page.full();
  std::memcpy(block, &page.free, sizeof page.free);
  page.free = static_cast<uint16_t>(static_cast<char*>(block) - reinterpret_cast<char*>(&page));
  if (was_full) list_of(page).link(&page);
  if (--page.used == 0) list_of(page).unlink(&page);
}

void* Pool::allocate(size_t size) {
  {
    const std::lock_guard hold(lock_);
    if (Page* page = with_room_[list_index(size)].first(); page != nullptr) return take_block(*page);
  }
  auto* const page = static_cast<Page*>(take_page());  // a system call, now and then
  *page = {.owner = this,
           .next = nullptr,
           .previous = nullptr,
           .block_bytes = static_cast<uint16_t>(size),
           .used = 0,
           .free = 0,
           .fresh = sizeof(Page)};
  const std::lock_guard hold(lock_);
  list_of(*page).link(page);
  return take_block(*page);
}

void Pool::release(Page& page, void* block) {
  bool empty = false;
  {
    const std::lock_guard hold(lock_);
    put_block(page, block);
    empty = page.used == 0;
  }
  if (empty) give_page_back(&page);
}

// More threads share. Never destroyed: blocks come back until the end.
constexpr uint32_t kPools = 32;
constinit std::array<Pool, kPools> pools{};
constinit std::atomic<uint32_t> next_pool{0};
constinit thread_local Pool* own_pool = nullptr;

Page& page_of(void* block) { return *reinterpret_cast<Page*>(reinterpret_cast<uintptr_t>(block) & ~(kPageBytes - 1)); }

}  // namespace

void* allocate_block(size_t bytes) {
  if (bytes > kLargestBlock) return allocate_in_window(bytes);
  if (own_pool == nullptr) own_pool = &pools[next_pool.fetch_add(1, std::memory_order_relaxed) % kPools];
  const size_t size = block_size(bytes);
  count_memory(static_cast<int64_t>(size));
  return own_pool->allocate(size);
}

void release_block(void* block, size_t bytes) {
  if (bytes > kLargestBlock) return release_in_window(block, bytes);
  Page& page = page_of(block);
  DCHECK(page.block_bytes == block_size(bytes));
  count_memory(-static_cast<int64_t>(page.block_bytes));
  page.owner->release(page, block);
}
#endif

}  // namespace structures
