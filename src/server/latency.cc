#include "server/latency.h"

#include <algorithm>

namespace server {

std::string_view name_of(dispatch::LatencyEvent event) {
  switch (event) {
    case dispatch::LatencyEvent::kCommand: return "command";
    case dispatch::LatencyEvent::kFastCommand: return "fast-command";
    case dispatch::LatencyEvent::kExpireCycle: return "expire-cycle";
    case dispatch::LatencyEvent::kEvictionCycle: break;
  }
  return "eviction-cycle";
}

void LatencyMonitor::add(dispatch::LatencyEvent event, int64_t time_s, int64_t ms) {
  const std::lock_guard hold(mutex_);
  LatencySeries& series = series_[static_cast<size_t>(event)];
  series.event = name_of(event);
  series.highest_ms = std::max(series.highest_ms, ms);
  series.sum_ms += ms;
  ++series.count;
  if (!series.samples.empty() && series.samples.back().time_s == time_s) {
    series.samples.back().ms = std::max(series.samples.back().ms, ms);
    return;
  }
  series.samples.push_back({time_s, ms});
  if (series.samples.size() > LatencySeries::kKept) series.samples.pop_front();
}

std::vector<LatencySeries> LatencyMonitor::all() const {
  const std::lock_guard hold(mutex_);
  std::vector<LatencySeries> all;
  for (const LatencySeries& series : series_) {
    if (!series.samples.empty()) all.push_back(series);
  }
  return all;
}

LatencySeries LatencyMonitor::series(std::string_view event) const {
  const std::lock_guard hold(mutex_);
  const auto found = std::find_if(series_.begin(), series_.end(), [&](const auto& one) { return one.event == event; });
  return found != series_.end() ? *found : LatencySeries{};
}

int64_t LatencyMonitor::reset(std::span<const std::string_view> events) {
  const std::lock_guard hold(mutex_);
  int64_t count = 0;
  for (LatencySeries& series : series_) {
    if (series.samples.empty()) continue;
    if (!events.empty() && std::find(events.begin(), events.end(), series.event) == events.end()) continue;
    series = {};
    ++count;
  }
  return count;
}

}  // namespace server
