// Counters: what INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT make of a number.
//
// Cost     O(1).
// Errors   nullopt where the reference refuses; the value stays as it was. The texts are in command/errors.h.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "base/numbers.h"

namespace values {

// value + by. Refused if it leaves 64 bits ("increment or decrement would overflow").
constexpr std::optional<int64_t> increment(int64_t value, int64_t by) { return base::checked_add(value, by); }

// The increment that stands for DECRBY `by`. The smallest integer has none ("decrement would overflow"), whatever the
// value is, even where value - by would fit.
constexpr std::optional<int64_t> negated(int64_t by) { return base::checked_subtract<int64_t>(0, by); }

// value + by with 64 bits of significand (x87), which is what gives 0.1 + 0.2 = 0.3. Refused if the sum is no finite
// number ("increment would produce NaN or Infinity"); an infinite operand always is. Printed by
// base::format_long_double.
inline std::optional<long double> increment_float(long double value, long double by) {
  const long double sum = value + by;
  if (!std::isfinite(sum)) return std::nullopt;
  return sum;
}

}  // namespace values
