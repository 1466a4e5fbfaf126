// Settings that are lists: save points, output buffer limits, addresses, percentiles, score adjustments.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/numbers.h"
#include "base/words.h"
#include "config/memory_text.h"
#include "config/parse.h"
#include "config/special.h"

namespace config {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (&word != &words.front()) text += ' ';
    text += word;
  }
  return text;
}

// "" as one word is how a file empties a list.
bool is_empty(Arguments arguments) { return arguments.empty() || (arguments.size() == 1 && arguments[0].empty()); }

}  // namespace

std::string read_bind(const Settings& s) { return join(s.bind); }
std::vector<std::string> lines_bind(const Settings& s) { return {s.bind.empty() ? "\"\"" : join(s.bind)}; }

Outcome write_bind(Settings& s, Arguments arguments, Source) {
  constexpr size_t kAddressesMax = 16;
  if (arguments.size() > kAddressesMax) return wrong("Too many bind addresses specified.");
  s.bind.clear();
  if (!is_empty(arguments)) s.bind.assign(arguments.begin(), arguments.end());
  return base::Done{};
}

std::string read_rdma_bind(const Settings& s) { return s.rdma_bind; }
std::vector<std::string> lines_rdma_bind(const Settings& s) { return {base::quote_word(s.rdma_bind)}; }

Outcome write_rdma_bind(Settings& s, Arguments arguments, Source source) {
  if (source == Source::kRunning) return wrong("No RDMA building support.");
  s.rdma_bind = join({arguments.begin(), arguments.end()});
  return base::Done{};
}

std::string read_save(const Settings& s) {
  std::vector<std::string> words;
  for (const SavePoint& point : s.save) words.push_back(fmt::format("{} {}", point.seconds, point.changes));
  return join(words);
}

std::vector<std::string> lines_save(const Settings& s) { return {s.save.empty() ? "\"\"" : read_save(s)}; }

Outcome write_save(Settings& s, Arguments arguments, Source source) {
  std::vector<SavePoint> points;
  // A `save` without a word adds nothing at start, but it counts as given.
  const bool clears = source == Source::kRunning ? arguments.empty() : arguments.size() == 1 && arguments[0].empty();
  if (!clears) {
    if (arguments.size() % 2 != 0) return wrong("Invalid save parameters");
    for (size_t i = 0; i < arguments.size(); i += 2) {
      const std::optional<int64_t> seconds = base::parse_int64(arguments[i]);
      const std::optional<int64_t> changes = base::parse_int64(arguments[i + 1]);
      // The reference lets changes beyond 32 bits wrap around, to negative numbers too; here they are refused.
      const bool fits =
          seconds && changes && *seconds >= 1 && *changes >= 0 && *changes <= std::numeric_limits<int32_t>::max();
      if (!fits) return wrong("Invalid save parameters");
      points.push_back({*seconds, static_cast<int32_t>(*changes)});
    }
  }
  const bool adds = source == Source::kStart && s.save_was_given && !clears;
  if (source == Source::kStart) s.save_was_given = true;
  if (!adds) s.save.clear();
  s.save.insert(s.save.end(), points.begin(), points.end());
  return base::Done{};
}

std::string read_db_maxmemory(const Settings& s) {
  std::vector<std::string> words;
  for (const DatabaseLimit& limit : s.db_maxmemory) {
    words.push_back(fmt::format("{} {}", limit.database, memory_text(limit.bytes)));
  }
  return join(words);
}

std::vector<std::string> lines_db_maxmemory(const Settings& s) {
  return {s.db_maxmemory.empty() ? "\"\"" : read_db_maxmemory(s)};
}

Outcome write_db_maxmemory(Settings& s, Arguments arguments, Source source) {
  std::vector<DatabaseLimit> limits;
  if (!is_empty(arguments)) {
    if (arguments.size() % 2 != 0) return wrong("Pairs of a database and its limit are wanted");
    for (size_t at = 0; at < arguments.size(); at += 2) {
      const std::optional<int64_t> database = base::parse_int64(arguments[at]);
      const std::optional<uint64_t> bytes = base::parse_memory(arguments[at + 1]);
      // At the start `databases` may come later; server::check_database_limits() looks then.
      const bool exists = source == Source::kStart || (database && *database < s.databases);
      const bool is_index = database && *database >= 0 && *database <= std::numeric_limits<int32_t>::max();
      if (!is_index || !exists) return wrong("There is no such database");
      if (!bytes || *bytes == 0 || *bytes > std::numeric_limits<int64_t>::max()) return wrong("Invalid database limit");
      const auto index = static_cast<uint32_t>(*database);
      std::erase_if(limits, [index](const DatabaseLimit& limit) { return limit.database == index; });
      limits.push_back({index, static_cast<int64_t>(*bytes)});
    }
  }
  s.db_maxmemory = std::move(limits);
  return base::Done{};
}

namespace {

// The replicas' class keeps its old name in CONFIG GET and has its new one in files.
constexpr std::array<std::string_view, 3> kClassesShown{"normal", "slave", "pubsub"};
constexpr std::array<std::string_view, 3> kClassesWritten{"normal", "replica", "pubsub"};

std::optional<size_t> class_index(std::string_view name) {
  for (size_t i = 0; i < kClassesShown.size(); ++i) {
    if (equal_ignoring_case(name, kClassesShown[i]) || equal_ignoring_case(name, kClassesWritten[i])) return i;
  }
  return std::nullopt;
}

std::optional<OutputBufferLimit> parse_output_buffer_limit(Arguments hard_soft_seconds) {
  const std::optional<uint64_t> hard = base::parse_memory(hard_soft_seconds[0]);
  const std::optional<uint64_t> soft = base::parse_memory(hard_soft_seconds[1]);
  const std::optional<int64_t> seconds = base::parse_int64(hard_soft_seconds[2]);
  const bool fits = hard && soft && seconds && *seconds >= 0 && *seconds <= std::numeric_limits<int32_t>::max();
  if (!fits) return std::nullopt;
  return OutputBufferLimit{*hard, *soft, *seconds};
}

}  // namespace

std::string read_client_output_buffer_limit(const Settings& s) {
  std::vector<std::string> words;
  for (size_t i = 0; i < kClassesShown.size(); ++i) {
    const OutputBufferLimit& limit = s.client_output_buffer_limit[i];
    words.push_back(
        fmt::format("{} {} {} {}", kClassesShown[i], limit.hard_bytes, limit.soft_bytes, limit.soft_seconds));
  }
  return join(words);
}

std::vector<std::string> lines_client_output_buffer_limit(const Settings& s) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < kClassesWritten.size(); ++i) {
    const OutputBufferLimit& limit = s.client_output_buffer_limit[i];
    lines.push_back(fmt::format("{} {} {} {}", kClassesWritten[i], memory_text(limit.hard_bytes),
                                memory_text(limit.soft_bytes), limit.soft_seconds));
  }
  return lines;
}

Outcome write_client_output_buffer_limit(Settings& s, Arguments arguments, Source) {
  if (arguments.size() % 4 != 0) return wrong("Wrong number of arguments in buffer limit configuration.");
  OutputBufferLimits limits = s.client_output_buffer_limit;
  for (size_t i = 0; i < arguments.size(); i += 4) {
    const std::optional<size_t> index = class_index(arguments[i]);
    if (!index) return wrong("Invalid client class specified in buffer limit configuration.");
    const std::optional<OutputBufferLimit> limit = parse_output_buffer_limit(arguments.subspan(i + 1, 3));
    if (!limit) return wrong("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    limits[*index] = *limit;
  }
  s.client_output_buffer_limit = limits;
  return base::Done{};
}

std::string read_oom_score_adj_values(const Settings& s) {
  const auto& values = s.oom_score_adj_values;
  return fmt::format("{} {} {}", values[0], values[1], values[2]);
}

Outcome write_oom_score_adj_values(Settings& s, Arguments arguments, Source) {
  constexpr int64_t kValueMax = 2000;
  std::array<int32_t, 3> values{};
  if (arguments.size() != values.size()) return wrong(kWrongCount);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::optional<int64_t> value = base::parse_int64(arguments[i]);
    if (!value || *value < -kValueMax || *value > kValueMax) {
      return wrong("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    values[i] = static_cast<int32_t>(*value);
  }
  s.oom_score_adj_values = values;
  return base::Done{};
}

std::string read_latency_tracking_info_percentiles(const Settings& s) {
  std::vector<std::string> words;
  for (const double percentile : s.latency_tracking_info_percentiles) {
    // Six decimals at most and no zeros at the end.
    std::string word = fmt::format("{:.6f}", percentile);
    word.erase(word.find_last_not_of('0') + 1);
    if (word.back() == '.') word.pop_back();
    words.push_back(std::move(word));
  }
  return join(words);
}

std::vector<std::string> lines_latency_tracking_info_percentiles(const Settings& s) {
  return {s.latency_tracking_info_percentiles.empty() ? "\"\"" : read_latency_tracking_info_percentiles(s)};
}

Outcome write_latency_tracking_info_percentiles(Settings& s, Arguments arguments, Source) {
  std::vector<double> percentiles;
  if (!is_empty(arguments)) {
    for (const std::string_view argument : arguments) {
      const std::optional<double> percentile = base::parse_double(argument);
      if (!percentile) return wrong("Invalid latency-tracking-info-percentiles parameters");
      if (!(*percentile >= 0 && *percentile <= 100)) {
        return wrong("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
      }
      percentiles.push_back(*percentile);
    }
  }
  s.latency_tracking_info_percentiles = std::move(percentiles);
  return base::Done{};
}

}  // namespace config
