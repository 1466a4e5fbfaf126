// Goal: percentiles are those of the recorded durations, and Zipf ranks come as often as the law says.
// Method: percentiles against a sorted list of the same random durations; frequencies of 2 million draws against
// probabilities that are summed up here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "load/histogram.h"
#include "load/random.h"

namespace load {
namespace {

TEST(Histogram, FindsPercentilesToOneBucket) {
  Histogram histogram;
  Random random(3);
  std::vector<uint64_t> values;
  for (int draw = 0; draw < 100'000; ++draw) {
    values.push_back(static_cast<uint64_t>(std::exp(random.fraction() * 20)));  // 1 ns to 0.5 s
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double fraction : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = static_cast<double>(values[static_cast<size_t>(std::ceil(fraction * 100'000)) - 1]);
    const auto found = static_cast<double>(histogram.percentile(fraction));
    EXPECT_GE(found, exact) << fraction;
    EXPECT_LE(found, exact * (1 + 1.0 / 64) + 1) << fraction;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.count(), 100'000U);
}

TEST(Zipf, DrawsRanksByTheLaw) {
  constexpr uint64_t kRanks = 1000;
  constexpr int kDraws = 2'000'000;
  const Zipf zipf(kRanks, 0.99);
  Random random(5);
  std::vector<double> drawn(kRanks);
  for (int draw = 0; draw < kDraws; ++draw) drawn[zipf.next(random)] += 1.0 / kDraws;
  double sum = 0;
  for (uint64_t rank = 0; rank < kRanks; ++rank) sum += std::pow(static_cast<double>(rank + 1), -0.99);
  for (const uint64_t rank : {0, 1, 9, 99, 999}) {
    const double expected = std::pow(static_cast<double>(rank + 1), -0.99) / sum;
    const double deviation = std::sqrt(expected / kDraws);
    EXPECT_NEAR(drawn[rank], expected, 5 * deviation) << rank;
  }
}

}  // namespace
}  // namespace load
