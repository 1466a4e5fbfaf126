// Goal: counters stop where the reference stops, and floats add up as they do there.
// Method: the ends of the range, each from both sides; results of INCRBYFLOAT on valkey-server 9.1.2.
#include "values/counter.h"

#include <limits>

#include <gtest/gtest.h>

namespace values {
namespace {

TEST(Counter, StopsAtBothEnds) {
  EXPECT_EQ(increment(INT64_MAX - 1, 1), INT64_MAX);
  EXPECT_EQ(increment(INT64_MAX, 1), std::nullopt);
  EXPECT_EQ(increment(INT64_MIN + 1, -1), INT64_MIN);
  EXPECT_EQ(increment(INT64_MIN, -1), std::nullopt);
  EXPECT_EQ(increment(INT64_MIN, INT64_MAX), -1);
  EXPECT_EQ(increment(INT64_MIN, INT64_MIN), std::nullopt);
}

TEST(Counter, HasNoOppositeOfTheSmallest) {
  EXPECT_EQ(negated(INT64_MAX), -INT64_MAX);
  EXPECT_EQ(negated(0), 0);
  EXPECT_EQ(negated(INT64_MIN), std::nullopt);
}

TEST(Counter, AddsFloatsWithSixtyFourBits) {
  const auto sum = [](std::string_view a, std::string_view b) {
    return base::format_long_double(*increment_float(*base::parse_long_double(a), *base::parse_long_double(b)));
  };
  EXPECT_EQ(sum("0.1", "0.2"), "0.3");
  EXPECT_EQ(sum("10.50", "0.1"), "10.6");
  EXPECT_EQ(sum("5.0e3", "2.0e2"), "5200");
  EXPECT_EQ(sum("3", "-3"), "0");
}

TEST(Counter, RefusesSumsThatAreNoNumber) {
  const long double infinity = std::numeric_limits<long double>::infinity();
  const long double largest = std::numeric_limits<long double>::max();
  EXPECT_EQ(increment_float(largest, largest), std::nullopt);
  EXPECT_EQ(increment_float(infinity, 1), std::nullopt);
  EXPECT_EQ(increment_float(infinity, -infinity), std::nullopt);
  EXPECT_EQ(increment_float(largest, -largest), 0.0L);
}

}  // namespace
}  // namespace values
