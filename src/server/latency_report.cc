// What LATENCY GRAPH and LATENCY DOCTOR show.
//
// Source   the graph is byte for byte valkey-server 9.1.2's; the report has its facts in words of its own.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "server/latency.h"

namespace server {
namespace {

constexpr size_t kColumns = 80;
constexpr int kRows = 4;
constexpr std::string_view kLevels = "_o#";  // within a row, from low to high

// Seconds as the largest unit that they fill: 59s, 2m, 23h, 5d.
std::string age_text(int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 24 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / (24 * 3600));
}

// One column a sample: its level, and its age written downwards. `lowest` and `range` are the whole series'.
void draw(std::string& out, const std::deque<LatencySample>& samples, size_t from, int64_t lowest, int64_t range,
          int64_t now_s) {
  const size_t to = std::min(samples.size(), from + kColumns);
  constexpr auto kPerRow = static_cast<int64_t>(kLevels.size());
  for (int64_t row = kRows - 1; row >= 0; --row) {
    for (size_t at = from; at < to; ++at) {
      const int64_t level = std::min((samples[at].ms - lowest) * kRows * kPerRow / range, kRows * kPerRow - 1);
      const int64_t above = level - row * kPerRow;
      out += above < 0 ? ' ' : above < kPerRow ? kLevels[static_cast<size_t>(above)] : '|';
    }
    out += '\n';
  }
  out.append(to - from, ' ') += '\n';
  std::vector<std::string> ages;
  size_t longest = 0;
  for (size_t at = from; at < to; ++at) {
    ages.push_back(age_text(now_s - samples[at].time_s));
    longest = std::max(longest, ages.back().size());
  }
  for (size_t line = 0; line < longest; ++line) {
    for (const std::string& age : ages) out += line < age.size() ? age[line] : ' ';
    out += '\n';
  }
}

struct Figures {
  int64_t average_ms = 0;
  int64_t deviation_ms = 0;  // the mean of the distances from the average
  double period_s = 0;
};

Figures figures_of(const LatencySeries& series, int64_t now_s) {
  const auto count = static_cast<int64_t>(series.samples.size());
  Figures figures;
  for (const LatencySample& sample : series.samples) figures.average_ms += sample.ms;
  figures.average_ms /= count;
  for (const LatencySample& sample : series.samples) figures.deviation_ms += std::abs(sample.ms - figures.average_ms);
  figures.deviation_ms /= count;
  const int64_t span_s = std::max(now_s - series.samples.front().time_s, int64_t{1});
  figures.period_s = static_cast<double>(span_s) / static_cast<double>(count);
  return figures;
}

std::string advice_for(std::string_view event, const config::Settings& settings) {
  if (event == "expire-cycle") {
    return "- Many keys expire at once: spread their expiry times, or raise io-threads.\n";
  }
  if (event == "eviction-cycle") {
    return "- Memory is at maxmemory and writes wait for evictions: raise maxmemory, or write smaller values.\n";
  }
  const int64_t threshold_us = settings.latency_monitor_threshold * 1000;
  const int64_t logged_us = settings.commandlog_execution_slower_than;
  if (logged_us < 0 || logged_us > threshold_us) {
    return fmt::format(
        "- The command log leaves out commands that are seen here: CONFIG SET "
        "commandlog-execution-slower-than {}\n",
        threshold_us);
  }
  return "- COMMANDLOG GET -1 SLOW names the commands: many keys or large values in one command are what takes long.\n";
}

}  // namespace

std::string latency_graph(const LatencySeries& series, int64_t now_s) {
  const auto& samples = series.samples;
  const auto by_ms = [](const LatencySample& a, const LatencySample& b) { return a.ms < b.ms; };
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end(), by_ms);
  std::string out = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n", series.event, high->ms, low->ms,
                                series.highest_ms);
  out.append(kColumns, '-') += '\n';
  const int64_t range = std::max(high->ms - low->ms, int64_t{1});
  for (size_t from = 0; from < samples.size(); from += kColumns) {
    if (from != 0) out += '\n';
    draw(out, samples, from, low->ms, range, now_s);
  }
  return out;
}

std::string latency_report(const std::vector<LatencySeries>& all, const config::Settings& settings, int64_t now_s) {
  if (all.empty() && settings.latency_monitor_threshold == 0) {
    return "Nothing is recorded: latency monitoring is disabled. CONFIG SET latency-monitor-threshold <milliseconds> "
           "enables it.\n";
  }
  if (all.empty()) return "No latency spike was observed since the start or the last LATENCY RESET.\n";
  std::string out = "Latency spikes are observed.\n\n";
  std::string advice;
  int number = 0;
  for (const LatencySeries& series : all) {
    const Figures figures = figures_of(series, now_s);
    out += fmt::format(
        "{}. {}: {} latency spikes (average {}ms, mean deviation {}ms, period {:.2f} sec). "
        "Worst all time event {}ms.\n",
        ++number, series.event, series.samples.size(), figures.average_ms, figures.deviation_ms, figures.period_s,
        series.highest_ms);
    const std::string one = advice_for(series.event, settings);
    if (advice.find(one) == std::string::npos) advice += one;
  }
  return out + "\nWhat may help:\n\n" + advice;
}

}  // namespace server
