// Pieces that several kinds of settings parse, with the reference's words for what is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/row.h"

namespace config {

inline base::Failure wrong(std::string_view text) { return base::Failure(std::string(text)); }

inline constexpr std::string_view kWrongCount = "wrong number of arguments";

base::Failure out_of_bounds(int64_t min, int64_t max);

// A decimal number within the bounds.
base::Result<int64_t, base::Failure> parse_bounded(std::string_view text, int64_t min, int64_t max);

// An amount of memory within the bounds, negative ones without a unit.
base::Result<int64_t, base::Failure> parse_bounded_memory(std::string_view text, int64_t min, int64_t max);

// Case does not count, of ASCII letters only.
bool equal_ignoring_case(std::string_view a, std::string_view b);

// The reference's list of what a word may be.
base::Failure not_one_of(std::span<const std::string_view> words);

}  // namespace config
