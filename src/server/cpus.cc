#include "server/cpus.h"

#include <sched.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <string>

namespace server {
namespace {

// Whole CPUs that a quota of `quota_us` every `period_us` is worth, rounded up; 0 for no quota.
uint32_t cpus_of_quota(double quota_us, double period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<uint32_t>((quota_us + period_us - 1) / period_us);
}

uint32_t cgroup_quota() {
  if (std::ifstream file("/sys/fs/cgroup/cpu.max"); file) {
    std::string quota;
    double period = 0;
    file >> quota >> period;
    return quota == "max" || quota.empty() ? 0 : cpus_of_quota(std::strtod(quota.c_str(), nullptr), period);
  }
  double quota = 0, period = 0;
  std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> quota;
  std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  return cpus_of_quota(quota, period);
}

}  // namespace

uint32_t available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const uint32_t allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<uint32_t>(CPU_COUNT(&set)) : 1;
  const uint32_t quota = cgroup_quota();
  return std::max(1U, quota == 0 ? allowed : std::min(allowed, quota));
}

uint32_t default_shards(uint32_t threads) { return threads == 1 ? 64 : 1024; }

}  // namespace server
