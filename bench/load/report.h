// Report: the named figures of one run, printed as lines for people or as one JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/histogram.h"
#include "load/usage.h"

namespace load {

class Report {
 public:
  void add(std::string_view name, std::string_view text);
  void add(std::string_view name, uint64_t number);
  void add(std::string_view name, double number);

  // mean, p50, p99, p99.9 and maximum, in microseconds.
  void add_latency(const Histogram& histogram);
  // Throughput and CPU time, whole and for each of `operations`.
  void add_usage(const Usage& usage, uint64_t operations, bool server_known);

  void print(bool json) const;

 private:
  std::vector<std::pair<std::string, std::string>> figures_;  // values as JSON
};

}  // namespace load
