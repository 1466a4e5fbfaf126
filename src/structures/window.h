// The window: 2 TB of addresses in which every entry lies, so that a reference to one takes 40 bits.
//
//   reference := (address - start of the window) / 2
//
// The window is laid around the addresses that the allocator hands out, so that nearly all of its blocks are inside
// already; regions for the pages of small entries are mapped at addresses of our choice. A block that the allocator
// puts elsewhere is mapped inside by itself. Nothing is reserved: only what is mapped counts.
//
// Cost     a decode is a load, a shift and an addition.
// Limits   2 TB of entries. The process ends when the window is full.
// Threads  any.
#pragma once

#include <cstddef>
#include <cstdint>

namespace structures {

constexpr uint64_t kWindowBytes = uint64_t{1} << 41;
constexpr size_t kRegionBytes = 2 * 1024 * 1024;

// Chosen once, before main.
extern const uint64_t kWindowStart;

inline bool in_window(const void* memory) { return reinterpret_cast<uint64_t>(memory) - kWindowStart < kWindowBytes; }

// A region of `bytes` (a multiple of kRegionBytes) of zeroed memory inside the window, aligned to kRegionBytes. With
// `huge` the kernel may back it with huge pages.
void* map_region(size_t bytes, bool huge);
void unmap_region(void* region, size_t bytes);
// Bytes of all regions that are mapped.
uint64_t region_bytes();

// Memory for an entry that no pool takes: from the allocator, inside the window. `bytes` is what was asked for.
void* allocate_in_window(size_t bytes);
void release_in_window(void* memory, size_t bytes);
// The same from the kernel, in whole regions: where the allocator gave a block outside.
void* map_in_window(size_t bytes);

}  // namespace structures
