#include "keyspace/page_source.h"

#include <sys/mman.h>

#include <mutex>

#include "base/check.h"

namespace keyspace {
namespace {

constexpr size_t kRegionBytes = 1024 * 1024;
constexpr uint32_t kRegionPages = kRegionBytes / kPageBytes - 1;  // the first one holds the Region
constexpr uint32_t kThreadPages = 32;

struct FreePage {
  FreePage* next;
};

// At the beginning of 1 MB of memory that is aligned to its size.
struct Region {
  Region* next = nullptr;  // in the list of regions with free pages
  Region* previous = nullptr;
  FreePage* free = nullptr;
  uint32_t free_count = 0;
  uint32_t fresh = 0;  // pages from here on were never used: they need no memory yet
};

struct Source {
  std::mutex mutex;
  Region* with_free = nullptr;
  uint64_t regions = 0;
  uint64_t free_pages = 0;
};

// Never destroyed: threads give pages back until the end.
Source& source() {
  static auto* const made = new Source;
  return *made;
}

Region* region_of(void* page) {
  return reinterpret_cast<Region*>(reinterpret_cast<uintptr_t>(page) & ~(kRegionBytes - 1));
}

Region* map_region() {
  // Twice the size, to cut the aligned part out.
  void* mapped = mmap(nullptr, 2 * kRegionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped != MAP_FAILED);
  auto* const start = static_cast<char*>(mapped);
  const size_t before = (kRegionBytes - reinterpret_cast<uintptr_t>(start) % kRegionBytes) % kRegionBytes;
  if (before > 0) munmap(start, before);
  munmap(start + before + kRegionBytes, kRegionBytes - before);
  auto* region = new (start + before) Region;
  region->free_count = kRegionPages;
  return region;
}

void link(Source& from, Region* region) {
  region->previous = nullptr;
  region->next = from.with_free;
  if (from.with_free != nullptr) from.with_free->previous = region;
  from.with_free = region;
}

void unlink(Source& from, Region* region) {
  if (region->previous != nullptr) region->previous->next = region->next;
  if (region->next != nullptr) region->next->previous = region->previous;
  if (from.with_free == region) from.with_free = region->next;
}

void* take_from(Source& from) {
  Region* region = from.with_free;
  if (region == nullptr) {
    region = map_region();
    link(from, region);
    ++from.regions;
    from.free_pages += kRegionPages;
  }
  void* page = region->free;
  if (page != nullptr) {
    region->free = region->free->next;
  } else {
    page = reinterpret_cast<char*>(region) + (++region->fresh) * kPageBytes;
  }
  --from.free_pages;
  if (--region->free_count == 0) unlink(from, region);
  return page;
}

void give_to(Source& to, void* page) {
  Region* region = region_of(page);
  auto* freed = static_cast<FreePage*>(page);
  freed->next = region->free;
  region->free = freed;
  ++to.free_pages;
  if (++region->free_count == 1) link(to, region);
  // The last region stays, so that one page more or less does not map and unmap.
  if (region->free_count == kRegionPages && to.free_pages >= 2 * kRegionPages) {
    unlink(to, region);
    --to.regions;
    to.free_pages -= kRegionPages;
    munmap(region, kRegionBytes);
  }
}

// A thread's own free pages, given back when it ends.
struct ThreadPages {
  FreePage* free = nullptr;
  uint32_t count = 0;
  ~ThreadPages() {
    const std::lock_guard hold(source().mutex);
    while (free != nullptr) {
      FreePage* page = free;
      free = page->next;
      give_to(source(), page);
    }
  }
};
thread_local ThreadPages own;

}  // namespace

void* take_page() {
  if (own.free == nullptr) {
    const std::lock_guard hold(source().mutex);
    for (uint32_t left = kThreadPages / 2; left > 0; --left) {
      auto* page = static_cast<FreePage*>(take_from(source()));
      page->next = own.free;
      own.free = page;
      ++own.count;
    }
  }
  FreePage* page = own.free;
  own.free = page->next;
  --own.count;
  return page;
}

void give_page_back(void* page) {
  auto* freed = static_cast<FreePage*>(page);
  freed->next = own.free;
  own.free = freed;
  if (++own.count <= kThreadPages) return;
  const std::lock_guard hold(source().mutex);
  for (; own.count > kThreadPages / 2; --own.count) {
    FreePage* next = own.free->next;
    give_to(source(), own.free);
    own.free = next;
  }
}

PageTotals page_totals() {
  const std::lock_guard hold(source().mutex);
  return {source().regions * kRegionBytes, source().free_pages * kPageBytes};
}

}  // namespace keyspace
