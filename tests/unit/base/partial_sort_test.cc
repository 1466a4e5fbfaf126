// Goal: the wanted places hold what a whole sort would put there, and nothing is lost.
// Method: random numbers with many ties, and orders that quicksorts are known to fail on, against std::sort.
#include "base/partial_sort.h"

#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"

namespace base {
namespace {

int compare(int a, int b) { return a < b ? -1 : a > b ? 1 : 0; }

void check(const std::vector<int>& given, Places places) {
  std::vector<int> expected = given, sorted = given;
  std::sort(expected.begin(), expected.end());
  partial_sort(std::span(sorted), places, compare);
  for (size_t at = places.first; at <= places.last; ++at) ASSERT_EQ(sorted[at], expected[at]) << "place " << at;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, expected);
}

TEST(PartialSort, PutsWhatIsWantedInItsPlace) {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 3000; ++round) {
    std::vector<int> given(1 + random() % 200);
    const int most = 1 + static_cast<int>(random() % 300);
    for (int& value : given) value = static_cast<int>(random() % static_cast<uint64_t>(most));
    const size_t first = random() % given.size();
    check(given, {first, first + random() % (given.size() - first)});
  }
}

TEST(PartialSort, TakesEveryOrder) {
  for (const size_t size : {1, 2, 6, 7, 8, 40, 41, 1000}) {
    std::vector<int> given(size);
    std::iota(given.begin(), given.end(), 0);
    check(given, {0, size - 1});
    std::reverse(given.begin(), given.end());
    check(given, {0, size / 2});
    for (size_t at = 0; at < size; ++at) given[at] = static_cast<int>(std::min(at, size - at));
    check(given, {size / 2, size - 1});
    std::fill(given.begin(), given.end(), 5);
    check(given, {0, 0});
  }
}

// McIlroy's adversary: values are chosen as they are compared, so that each pivot is nearly the least.
TEST(PartialSort, StaysFastAndShallowUnderAnAdversary) {
  constexpr int kSize = 200'000, kGas = kSize;
  std::vector<int> value(kSize, kGas), given(kSize);
  std::iota(given.begin(), given.end(), 0);
  int solid = 0, candidate = 0;
  uint64_t comparisons = 0;
  partial_sort(std::span(given), {.first = 0, .last = kSize - 1}, [&](int a, int b) {
    ++comparisons;
    if (value[a] == kGas && value[b] == kGas) value[a == candidate ? a : b] = solid++;
    if (value[a] == kGas) {
      candidate = a;
    } else if (value[b] == kGas) {
      candidate = b;
    }
    return compare(value[a], value[b]);
  });
  EXPECT_LT(comparisons, uint64_t{200} * kSize);  // 18 halvings, 4 splits for each, and std::sort
  // The same as an order that stands still, of what the adversary has found.
  check(value, {0, kSize - 1});
  check(value, {0, 10});
}

// As Valkey 9.1.2 leaves ties: the members of GEOSEARCH k FROMLONLAT 0 0 BYRADIUS 1 m COUNT 9 with ten places at 0 0.
TEST(PartialSort, LeavesTiesInTheOrderOfThePaper) {
  std::vector<int> given(10);
  std::iota(given.begin(), given.end(), 0);
  partial_sort(std::span(given), {.first = 0, .last = 8}, [](int, int) { return 0; });
  EXPECT_EQ(given, (std::vector<int>{9, 1, 2, 3, 4, 5, 6, 7, 8, 0}));
}

}  // namespace
}  // namespace base
