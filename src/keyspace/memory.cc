#include "keyspace/memory.h"

#include <cstdlib>

#include "base/check.h"

#ifndef SIGRUN_SANITIZED
#include <mimalloc.h>
#endif

namespace keyspace {
namespace {

constexpr int64_t kFlushBytes = 64 * 1024;

std::atomic<int64_t> total{0};
thread_local int64_t unflushed = 0;

void count(int64_t bytes) {
  unflushed += bytes;
  if (unflushed > kFlushBytes || unflushed < -kFlushBytes) flush_memory_count();
}

}  // namespace

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
  count(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void* allocate_lines(size_t bytes) {
  void* memory = nullptr;
  CHECK(posix_memalign(&memory, 64, bytes) == 0);
  count(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void release(void* memory, size_t bytes) {
  count(-static_cast<int64_t>(allocation_size(bytes)));
  std::free(memory);
}
#else
// mimalloc's classes are 8 bytes apart up to 64 and an eighth to a quarter apart above: small entries waste little.
size_t allocation_size(size_t bytes) { return bytes <= 64 ? (bytes + 7) & ~size_t{7} : mi_good_size(bytes); }

void* allocate(size_t bytes) {
  void* memory = mi_malloc(bytes);
  CHECK(memory != nullptr);
  count(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void* allocate_lines(size_t bytes) {
  void* memory = mi_malloc_aligned(bytes, 64);
  CHECK(memory != nullptr);
  count(static_cast<int64_t>(allocation_size(bytes)));
  return memory;
}

void release(void* memory, size_t bytes) {
  count(-static_cast<int64_t>(allocation_size(bytes)));
  mi_free(memory);
}
#endif

}  // namespace keyspace
