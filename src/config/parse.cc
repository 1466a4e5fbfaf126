#include "config/parse.h"

#include <algorithm>

#include "base/letters.h"
#include "base/numbers.h"

namespace config {

base::Failure out_of_bounds(int64_t min, int64_t max) {
  return base::Failure("argument must be between " + std::to_string(min) + " and " + std::to_string(max) +
                       " inclusive");
}

base::Result<int64_t, base::Failure> parse_bounded(std::string_view text, int64_t min, int64_t max) {
  const std::optional<int64_t> value = base::parse_int64(text);
  if (!value) return wrong("argument couldn't be parsed into an integer");
  if (*value < min || *value > max) return out_of_bounds(min, max);
  return *value;
}

base::Result<int64_t, base::Failure> parse_bounded_memory(std::string_view text, int64_t min, int64_t max) {
  constexpr std::string_view kNotMemory = "argument must be a memory value";
  if (min < 0 && !text.empty() && text[0] == '-') {
    const std::optional<int64_t> negative = base::parse_int64(text);
    if (!negative) return wrong(kNotMemory);
    if (*negative < min) return out_of_bounds(min, max);
    return *negative;
  }
  const std::optional<uint64_t> bytes = base::parse_memory(text);
  if (!bytes) return wrong(kNotMemory);
  if (*bytes > static_cast<uint64_t>(max)) return out_of_bounds(min, max);
  const auto value = static_cast<int64_t>(*bytes);
  if (value < min) return out_of_bounds(min, max);
  return value;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return base::lower(x) == base::lower(y); });
}

base::Failure not_one_of(std::span<const std::string_view> words) {
  std::string text = "argument(s) must be one of the following: ";
  for (const std::string_view word : words) {
    if (word != words.front()) text += ", ";
    text += word;
  }
  return base::Failure(std::move(text));
}

}  // namespace config
