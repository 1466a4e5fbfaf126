// Prints the figures of one run.
#include "load/report.h"

#include <fmt/format.h>

#include <cstdio>

namespace load {

void Report::add(std::string_view name, std::string_view text) {
  figures_.emplace_back(name, fmt::format("\"{}\"", text));
}
void Report::add(std::string_view name, uint64_t number) { figures_.emplace_back(name, fmt::format("{}", number)); }
void Report::add(std::string_view name, double number) { figures_.emplace_back(name, fmt::format("{:.6g}", number)); }

void Report::add_latency(const Histogram& histogram) {
  const auto microseconds = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  add("mean_us", histogram.mean() / 1000);
  add("p50_us", microseconds(histogram.percentile(0.5)));
  add("p99_us", microseconds(histogram.percentile(0.99)));
  add("p999_us", microseconds(histogram.percentile(0.999)));
  add("max_us", microseconds(histogram.max()));
}

void Report::add_usage(const Usage& usage, uint64_t operations, bool server_known) {
  const auto each = [operations](uint64_t nanoseconds) {
    return operations == 0 ? 0 : static_cast<double>(nanoseconds) / 1000 / static_cast<double>(operations);
  };
  const double seconds = static_cast<double>(usage.wall) / 1e9;
  add("operations", operations);
  add("seconds", seconds);
  add("per_second", static_cast<double>(operations) / seconds);
  add("generator_cpu_us", each(usage.own));
  add("generator_busy", static_cast<double>(usage.own) / 1e9 / seconds);
  add("stolen_share", usage.stolen_share());
  if (!server_known) return;
  add("server_cpu_us", each(usage.server));
  add("server_user_us", each(usage.server_user));
  add("server_busy", static_cast<double>(usage.server) / 1e9 / seconds);
  add("server_waited", static_cast<double>(usage.server_waited) / 1e9 / seconds);
  add("foreign_share", usage.foreign_share());
}

void Report::print(bool json) const {
  std::string text = json ? "{" : "";
  for (const auto& [name, value] : figures_) {
    if (json)
      text += fmt::format("{}\"{}\": {}", text.size() > 1 ? ", " : "", name, value);
    else
      text += fmt::format("{:<18} {}\n", name, value);
  }
  if (json) text += "}\n";
  std::fputs(text.c_str(), stdout);
}

}  // namespace load
