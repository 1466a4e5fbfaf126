// Pages of 4 KB inside the window, aligned to their size: for the pools of small entries and the chunks of the tables.
//
// They are cut from regions of 2 MB. From the fifth on regions have huge pages where the kernel has any: random access
// to many small things is bound by address translation. A thread that runs when its processor is idle prepares them,
// one ahead; who is faster gets a region of small pages. A region whose pages have all come back is unmapped, but for
// one.
//
// Cost     a lock is held for some instructions; a page serves about 50 to 100 inserts.
// Threads  any; a page may be given back by another thread than the one that took it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "structures/window.h"

namespace structures {

constexpr size_t kPageBytes = 4096;

void* take_page();
void give_page_back(void* page);

// A page's number in the window.
inline uint64_t page_number(const void* memory) {
  return (reinterpret_cast<uint64_t>(memory) - kWindowStart) / kPageBytes;
}

}  // namespace structures
