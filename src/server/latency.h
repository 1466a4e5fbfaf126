// LatencyMonitor: the spikes of each kind of event that took latency-monitor-threshold or longer, as LATENCY shows
// them.
//
// Shape    the last 160 samples an event, one a second: of those in the same second the longest stays.
// Threads  any. The mutex is a leaf; only a spike takes it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/context.h"

namespace server {

std::string_view name_of(dispatch::LatencyEvent event);

struct LatencySample {
  int64_t time_s = 0;  // Unix time
  int64_t ms = 0;
};

struct LatencySeries {
  static constexpr size_t kKept = 160;

  std::string_view event;
  std::deque<LatencySample> samples;  // the oldest first
  int64_t highest_ms = 0;             // the following since the reset, of samples that were dropped or merged too
  int64_t sum_ms = 0;
  int64_t count = 0;
};

class LatencyMonitor {
 public:
  void add(dispatch::LatencyEvent event, int64_t time_s, int64_t ms);

  // The events that have samples.
  std::vector<LatencySeries> all() const;
  // One of them, by its name in the same case of letters; empty if it has no samples.
  LatencySeries series(std::string_view event) const;
  // Forgets these events, or all if none is named; returns how many had samples.
  int64_t reset(std::span<const std::string_view> events);

 private:
  mutable std::mutex mutex_;
  std::array<LatencySeries, dispatch::kLatencyEvents> series_;
};

// LATENCY GRAPH's picture of a series that has samples, and LATENCY DOCTOR's report of all.
std::string latency_graph(const LatencySeries& series, int64_t now_s);
std::string latency_report(const std::vector<LatencySeries>& all, const config::Settings& settings, int64_t now_s);

}  // namespace server
