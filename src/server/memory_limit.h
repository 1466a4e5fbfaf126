// The memory that this process may have: what maxmemory's `auto` and percents refer to.
#pragma once

#include <cstdint>
#include <string>

namespace server {

// The machine's memory, in bytes.
uint64_t system_memory();

// The least of `system` and the limits of this process's cgroup and those around it, of either version. The roots are
// parameters for tests. A limit that cannot be read is none.
uint64_t memory_limit(uint64_t system, const std::string& cgroup_file = "/proc/self/cgroup",
                      const std::string& cgroup_root = "/sys/fs/cgroup");

}  // namespace server
