#include "server/command_latency.h"

#include <algorithm>
#include <cmath>

#include "server/server.h"

namespace server {

CommandLatency::CommandLatency(Server& server, const command::Command& command) {
  for (uint32_t at = 0; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    const metrics::Histogram* histogram =
        server.workers[at]->stats().commands[command.index].latency.load(std::memory_order_acquire);
    if (histogram == nullptr) continue;
    for (size_t range = 0; range < counts_.size(); ++range) {
      const uint64_t count = histogram->count(range);
      counts_[range] += count;
      calls_ += count;
    }
  }
}

uint64_t CommandLatency::percentile_ns(double percent) const {
  const auto wanted =
      static_cast<uint64_t>(std::ceil(std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(calls_)));
  uint64_t seen = 0;
  for (size_t range = 0; range < counts_.size(); ++range) {
    seen += counts_[range];
    if (counts_[range] != 0 && seen >= wanted) return metrics::Histogram::upper_bound(range);
  }
  return 0;
}

// The reference's steps are powers of two of nanoseconds from 1024 on, told as the last microsecond that its histogram,
// of 128 ranges a power, takes for the same.
std::vector<CommandLatency::Step> CommandLatency::steps() const {
  std::vector<Step> steps;
  uint64_t seen = 0, told = 0, limit_ns = 1024;
  for (size_t range = 0; range < counts_.size(); ++range) {
    seen += counts_[range];
    const bool last_of_step = range + 1 == counts_.size() || metrics::Histogram::upper_bound(range) + 1 >= limit_ns;
    if (!last_of_step) continue;
    if (seen > told) steps.push_back({(limit_ns + limit_ns / 128 - 1) / 1000, seen});
    told = seen;
    limit_ns *= 2;
  }
  return steps;
}

}  // namespace server
