// CommandLatency: the latencies of one command, of all workers together.
//
// Cost     one pass over each worker's histogram when it is made.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "command/table.h"
#include "metrics/histogram.h"

namespace server {

class Server;

class CommandLatency {
 public:
  CommandLatency(Server& server, const command::Command& command);

  uint64_t calls() const { return calls_; }
  // So many percent of the calls took at most this long.
  uint64_t percentile_ns(double percent) const;

  // How many calls took at most `us` microseconds.
  struct Step {
    uint64_t us = 0;
    uint64_t calls = 0;
  };
  // One a power of two in which calls fell, cumulative.
  std::vector<Step> steps() const;

 private:
  std::array<uint64_t, metrics::Histogram::kRanges> counts_{};
  uint64_t calls_ = 0;
};

}  // namespace server
