// Pages of 4 KB, aligned to their size, for the pools of small entries.
//
// They are cut from regions of 1 MB that the kernel gives. A region whose pages have all come back is returned, but for
// one.
//
// Cost     a thread keeps up to 32 free pages to itself; the common lists have a lock that is held for some
// instructions. Threads  any; a page may be given back by another thread than the one that took it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace keyspace {

constexpr size_t kPageBytes = 4096;

void* take_page();
void give_page_back(void* page);

// Bytes that the kernel gave for regions, and those of them that are in free pages.
struct PageTotals {
  uint64_t region_bytes = 0;
  uint64_t free_bytes = 0;
};
PageTotals page_totals();

}  // namespace keyspace
