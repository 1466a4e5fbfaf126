#include "keyspace/entry_pool.h"

#include <cstring>

#include "base/check.h"
#include "keyspace/memory.h"
#include "keyspace/page_source.h"
#include "keyspace/window.h"

namespace keyspace {

size_t EntryPool::block_size(size_t bytes) {
  if (bytes <= kFineMost) return (bytes + kFineGrain - 1) & ~(kFineGrain - 1);
  return bytes <= kLargestBlock ? (bytes + kCoarseGrain - 1) & ~(kCoarseGrain - 1) : allocation_size(bytes);
}

// Sanitizers watch the C library's allocator, so their builds use it. An entry may grow up to its block's size in
// place.
#ifdef SIGRUN_SANITIZED
EntryPool::~EntryPool() = default;
void* EntryPool::allocate(size_t bytes) { return keyspace::allocate(block_size(bytes)); }
void EntryPool::release(void* block, size_t bytes) { keyspace::release(block, block_size(bytes)); }
#else
EntryPool::~EntryPool() {
  for (const LinkedList<Page>& list : with_room_) CHECK(list.empty());  // whoever ends a pool has released its blocks
}

EntryPool::Page* EntryPool::page_of(void* block) {
  return reinterpret_cast<Page*>(reinterpret_cast<uintptr_t>(block) & ~(kPageBytes - 1));
}

void* EntryPool::take_block(Page& page) {
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
  if (page.free == 0 && page.fresh + page.block_bytes > kPageBytes) list_of(page).unlink(&page);
  return block;
}

void EntryPool::put_block(Page& page, void* block) {
  const bool was_full = page.free == 0 && page.fresh + page.block_bytes > kPageBytes;
  std::memcpy(block, &page.free, sizeof page.free);
  page.free = static_cast<uint16_t>(static_cast<char*>(block) - reinterpret_cast<char*>(&page));
  if (was_full) list_of(page).link(&page);
  if (--page.used > 0) return;
  list_of(page).unlink(&page);
  give_page_back(&page);
}

void* EntryPool::allocate(size_t bytes) {
  if (bytes > kLargestBlock) return allocate_in_window(bytes);
  const size_t size = block_size(bytes);
  count_memory(static_cast<int64_t>(size));
  Page* page = with_room_[list_index(size)].first();
  if (page == nullptr) {
    page = static_cast<Page*>(take_page());
    *page = {.owner = this,
             .next = nullptr,
             .previous = nullptr,
             .block_bytes = static_cast<uint16_t>(size),
             .used = 0,
             .free = 0,
             .fresh = sizeof(Page)};
    list_of(*page).link(page);
  }
  return take_block(*page);
}

void EntryPool::release(void* block, size_t bytes) {
  if (bytes > kLargestBlock) return release_in_window(block, bytes);
  Page& page = *page_of(block);
  DCHECK(page.block_bytes == block_size(bytes));
  count_memory(-static_cast<int64_t>(page.block_bytes));
  page.owner->put_block(page, block);
}
#endif

}  // namespace keyspace
