// How many CPUs the process may use, and how many I/O threads that means.
#pragma once

#include <cstdint>

namespace server {

// By affinity and cgroup quota (v1 and v2), at least 1.
uint32_t available_cpus();

// What `io-threads auto` means: one thread on up to 2 CPUs, all but one on up to 7, else one a CPU.
constexpr uint32_t automatic_io_threads(uint32_t cpus) {
  if (cpus <= 2) return 1;
  return cpus < 8 ? cpus - 1 : cpus;
}

// Shards for so many threads: 64 for one, where they only cut work into slices, else 1024.
// Source   docs/decisions/0005-locks.md
uint32_t default_shards(uint32_t threads);

}  // namespace server
