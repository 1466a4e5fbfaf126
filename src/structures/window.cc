#include "structures/window.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <unordered_set>

#include "base/check.h"
#include "structures/memory.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000  // Linux 4.17; an older kernel takes the address as a hint, which is looked at
#endif

namespace structures {
namespace {

#ifdef SIGRUN_SANITIZED
// Sanitizers watch the C library's allocator, which knows no window: in their builds references are whole addresses
// (bucket.h), and entries may lie anywhere. The window itself is where they let a process map what it likes.
constexpr bool kAnywhere = true;
uint64_t choose_start() { return 0x7e80'0000'0000; }
#else
constexpr bool kAnywhere = false;
constexpr uint64_t kLowest = uint64_t{1} << 32;
constexpr uint64_t kHighest = uint64_t{1} << 47;  // what a process has on x86-64 and aarch64

// Half a window below the first block that the allocator gives, since its next ones lie near and mostly above.
uint64_t choose_start() {
  void* const probe = allocate(kRegionBytes);
  const uint64_t middle = reinterpret_cast<uint64_t>(probe) & ~(uint64_t{kRegionBytes} - 1);
  release(probe, kRegionBytes);
  const uint64_t start = middle > kWindowBytes / 2 + kLowest ? middle - kWindowBytes / 2 : kLowest;
  return std::min(start, kHighest - kWindowBytes);
}
#endif

// Blocks that the allocator put outside, and that were mapped inside instead.
struct Strays {
  std::mutex mutex;
  std::unordered_set<void*> blocks;
};
Strays& strays() {
  static auto* const made = new Strays;  // never destroyed: entries are released until the end
  return *made;
}

std::atomic<uint64_t> mapped_bytes{0};

size_t whole_regions(size_t bytes) { return (bytes + kRegionBytes - 1) & ~(kRegionBytes - 1); }

}  // namespace

const uint64_t kWindowStart = choose_start();

void* map_region(size_t bytes, bool huge) {
  constexpr uint64_t kSteps = kWindowBytes / kRegionBytes;
  static std::atomic<uint64_t> next{0};  // goes round, so that what was unmapped is used again
  const uint64_t steps = bytes / kRegionBytes;
  for (uint64_t tried = 0; tried < kSteps; tried += steps) {
    const uint64_t step = next.fetch_add(steps, std::memory_order_relaxed) % kSteps;
    if (step + steps > kSteps) continue;
    void* const wanted = reinterpret_cast<void*>(kWindowStart + step * kRegionBytes);
    void* const mapped = mmap(wanted, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped == wanted) {
      if (huge) madvise(mapped, bytes, MADV_HUGEPAGE);
      mapped_bytes.fetch_add(bytes, std::memory_order_relaxed);
      return mapped;
    }
    if (mapped != MAP_FAILED) {
      munmap(mapped, bytes);
    } else {
      CHECK(errno == EEXIST);  // else the machine has no memory
    }
  }
  CHECK(false);
  return nullptr;
}

void unmap_region(void* region, size_t bytes) {
  munmap(region, bytes);
  mapped_bytes.fetch_sub(bytes, std::memory_order_relaxed);
}

uint64_t region_bytes() { return mapped_bytes.load(std::memory_order_relaxed); }

void* allocate_in_window(size_t bytes) {
  // Whoever changes an entry in place counts on all of its size class.
  void* const memory = allocate(kAnywhere ? allocation_size(bytes) : bytes);
  if (kAnywhere || in_window(memory)) return memory;
  release(memory, bytes);
  return map_in_window(bytes);
}

void* map_in_window(size_t bytes) {
  void* const region = map_region(whole_regions(bytes), false);
  count_memory(static_cast<int64_t>(allocation_size(bytes)));
  const std::lock_guard hold(strays().mutex);
  strays().blocks.insert(region);
  return region;
}

void release_in_window(void* memory, size_t bytes) {
  if (reinterpret_cast<uint64_t>(memory) % kRegionBytes == 0) {
    bool stray = false;
    {
      const std::lock_guard hold(strays().mutex);
      stray = strays().blocks.erase(memory) != 0;
    }
    if (stray) {
      count_memory(-static_cast<int64_t>(allocation_size(bytes)));
      return unmap_region(memory, whole_regions(bytes));
    }
  }
  release(memory, bytes);
}

}  // namespace structures
