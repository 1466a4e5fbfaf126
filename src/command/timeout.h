// Timeouts of commands that wait: in seconds with fractions, or in whole milliseconds. 0 is for good.
//
// Errors   Valkey's texts. The end of a wait must be a time that can be told.
#pragma once

#include <cmath>
#include <limits>

#include "command/args.h"

namespace command {

constexpr Error kTimeoutNotAFloat{"ERR timeout is not a float or out of range"};
constexpr Error kTimeoutNotAnInteger{"ERR timeout is not an integer or out of range"};
constexpr Error kTimeoutNegative{"ERR timeout is negative"};
constexpr Error kTimeoutOutOfRange{"ERR timeout is out of range"};

inline int64_t check_timeout(Args& args, int64_t timeout_ms, int64_t now_ms) {
  if (args.failed()) return 0;
  if (timeout_ms < 0) args.fail(kTimeoutNegative);
  if (timeout_ms > std::numeric_limits<int64_t>::max() - now_ms) args.fail(kTimeoutOutOfRange);
  return timeout_ms;
}

// The next word, in milliseconds.
inline int64_t timeout_ms(Args& args, int64_t now_ms) {
  return check_timeout(args, args.integer(kTimeoutNotAnInteger), now_ms);
}

// A word in seconds, rounded up to milliseconds: what is left of a negative one may be 0.
inline int64_t parse_timeout_seconds(Args& args, std::string_view word, int64_t now_ms) {
  constexpr long double kMsInSecond = 1000;
  const auto seconds = base::parse_long_double(word);
  if (!seconds) args.fail(kTimeoutNotAFloat);
  if (args.failed()) return 0;
  const long double ms = std::ceil(*seconds * kMsInSecond);
  if (ms >= static_cast<long double>(std::numeric_limits<int64_t>::max())) {
    args.fail(kTimeoutOutOfRange);
    return 0;
  }
  if (ms < 0) args.fail(kTimeoutNegative);
  return args.failed() ? 0 : check_timeout(args, static_cast<int64_t>(ms), now_ms);
}

// The next word, in seconds.
inline int64_t timeout_seconds(Args& args, int64_t now_ms) {
  const std::string_view word = args.text();
  return args.failed() ? 0 : parse_timeout_seconds(args, word, now_ms);
}

}  // namespace command
