#include "structures/memory.h"

#include <cstdlib>

#include "base/check.h"

#ifndef SIGRUN_SANITIZED
#include <mimalloc.h>
#endif

namespace structures {
namespace {

constexpr int64_t kFlushBytes = 64 * 1024;

std::atomic<int64_t> total{0};
thread_local int64_t unflushed = 0;

}  // namespace

void count_memory(int64_t bytes) {
  unflushed += bytes;
  if (unflushed > kFlushBytes || unflushed < -kFlushBytes) flush_memory_count();
}

int64_t unflushed_bytes() { return unflushed; }

void flush_memory_count() {
  total.fetch_add(unflushed, std::memory_order_relaxed);
  unflushed = 0;
}

int64_t allocated_bytes() { return total.load(std::memory_order_relaxed); }

// Sanitizers watch the C library's allocator, so their builds use it.
#ifdef SIGRUN_SANITIZED
size_t allocation_size(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

void* allocate(size_t bytes) {
  void* memory = std::malloc(bytes);
  CHECK(memory != nullptr);
  count_memory(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void* allocate_lines(size_t bytes) {
  void* memory = nullptr;
  CHECK(posix_memalign(&memory, 64, bytes) == 0);
  count_memory(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void release(void* memory, size_t bytes) {
  count_memory(-static_cast<int64_t>(allocation_size(bytes)));
  std::free(memory);
}

std::string_view allocator_name() { return "libc"; }
uint64_t allocator_committed_bytes() { return 0; }
void merge_allocator_counts() {}
uint64_t thread_heap_bytes() { return 0; }
void purge_memory() {}
std::string allocator_report() { return "Stats not supported for the current allocator"; }
#else
// mimalloc's classes are 16 bytes apart up to 64, and an eighth to a quarter above.
size_t allocation_size(size_t bytes) { return mi_good_size(bytes); }

void* allocate(size_t bytes) {
  void* memory = mi_malloc(bytes);
  CHECK(memory != nullptr);
  count_memory(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void* allocate_lines(size_t bytes) {
  void* memory = mi_malloc_aligned(bytes, 64);
  CHECK(memory != nullptr);
  count_memory(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void release(void* memory, size_t bytes) {
  count_memory(-static_cast<int64_t>(allocation_size(bytes)));
  mi_free(memory);
}

std::string_view allocator_name() {
  static const std::string name = [] {
    const int version = mi_version();  // 209 is 2.0.9
    return "mimalloc-" + std::to_string(version / 100) + "." + std::to_string(version / 10 % 10) + "." +
           std::to_string(version % 10);
  }();
  return name;
}

uint64_t allocator_committed_bytes() {
  size_t elapsed = 0, user = 0, system = 0, resident = 0, peak_resident = 0, committed = 0, peak_committed = 0,
         faults = 0;
  mi_process_info(&elapsed, &user, &system, &resident, &peak_resident, &committed, &peak_committed, &faults);
  return committed;
}

void merge_allocator_counts() { mi_stats_merge(); }

uint64_t thread_heap_bytes() {
  uint64_t bytes = 0;
  const auto add = [](const mi_heap_t*, const mi_heap_area_t* area, void*, size_t, void* sum) {
    *static_cast<uint64_t*>(sum) += area->used * area->block_size;
    return true;
  };
  mi_heap_visit_blocks(mi_heap_get_default(), false, add, &bytes);
  return bytes;
}

void purge_memory() { mi_collect(true); }

std::string allocator_report() {
  std::string text;
  mi_stats_print_out([](const char* part, void* out) { static_cast<std::string*>(out)->append(part); }, &text);
  return text;
}
#endif

}  // namespace structures
