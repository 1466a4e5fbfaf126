// Goal: a SortedSet is the same set in both encodings, and changes encoding when its limits say so.
// Method: random operations against a std::map of members and a std::set of pairs, with limits at which it is a
// listpack, at which it turns large on the way, and at which it is large from the start.
#include "values/sorted_set.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "../seed.h"

namespace values {
namespace {

class Model {
 public:
  explicit Model(const SortedSetLimits& limits) : limits_(limits), random_(test_seed()) {}
  ~Model() { set_.destroy(); }

  void step() {
    const std::string member = std::to_string(random_() % 150);
    const double score = static_cast<double>(random_() % 20) / 2 - 3;
    const uint64_t kind = random_() % 20;
    if (kind < 10) {
      put(member, score, set_.add(member, {}, score, limits_).score);
    } else if (kind < 13) {
      const auto old = scores_.find(member);
      const double sum = (old == scores_.end() ? 0 : old->second) + score;
      put(member, sum, set_.add(member, {.increment = true}, score, limits_).score);
    } else if (kind < 17) {
      EXPECT_EQ(set_.erase(member), scores_.contains(member));
      drop(member);
    } else if (kind == 17 && set_.size() > 0) {
      const uint64_t begin = random_() % set_.size();
      const uint64_t count = std::min<uint64_t>(random_() % 5, set_.size() - begin);
      for (uint64_t i = 0; i < count; ++i) drop(std::next(order_.begin(), static_cast<ptrdiff_t>(begin))->second);
      set_.erase(RankSlice{begin, count});
    } else {
      compare();
    }
  }

  void compare() {
    ASSERT_EQ(set_.size(), order_.size());
    uint64_t rank = 0;
    SortedSet::Walk walk = set_.first();
    for (const auto& [score, member] : order_) {
      ASSERT_TRUE(walk);
      ASSERT_EQ(walk.text(), member);
      ASSERT_EQ(walk.score(), score);
      ASSERT_EQ(set_.score(member), score);
      ASSERT_EQ(set_.rank(member), rank);
      ASSERT_EQ(set_.at(rank).text(), member);
      ++rank;
      walk.next();
    }
    ASSERT_FALSE(walk);
    ASSERT_EQ(set_.score("nobody"), std::nullopt);
    const ScoreRange range{-1, 2, false, true};
    const auto inside = std::count_if(order_.begin(), order_.end(),
                                      [](const auto& pair) { return pair.first >= -1 && pair.first < 2; });
    ASSERT_EQ(set_.slice(range).count, static_cast<uint64_t>(inside));
    std::set<std::string> seen;
    uint64_t cursor = 0;
    do {
      cursor = set_.scan(cursor, 10, [&](std::string_view member, double) { seen.emplace(member); });
    } while (cursor != 0);
    ASSERT_EQ(seen.size(), order_.size());
    SortedSet copy = set_.copy();
    ASSERT_EQ(copy.size(), set_.size());
    ASSERT_EQ(copy.encoding(), set_.encoding());
    copy.destroy();
  }

  const SortedSet& set() const { return set_; }

 private:
  void put(const std::string& member, double score, double told) {
    EXPECT_EQ(score, told);
    drop(member);
    scores_[member] = score;
    order_.emplace(score, member);
  }
  void drop(const std::string& member) {
    const auto old = scores_.find(member);
    if (old == scores_.end()) return;
    order_.erase({old->second, member});
    scores_.erase(old);
  }

  SortedSetLimits limits_;
  std::mt19937_64 random_;
  SortedSet set_ = SortedSet::make();
  std::map<std::string, double> scores_;
  std::set<std::pair<double, std::string>> order_;
};

void run(const SortedSetLimits& limits, std::string_view encoding) {
  TRACE_SEED();
  Model model(limits);
  for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) model.step();
  model.compare();
  EXPECT_EQ(model.set().encoding(), encoding);
}

TEST(SortedSet, MatchesTheModelAsAListpack) { run({1000, 64}, "listpack"); }
TEST(SortedSet, MatchesTheModelAcrossTheLimit) { run({60, 64}, "skiplist"); }
TEST(SortedSet, MatchesTheModelWhenLarge) { run({0, 64}, "skiplist"); }

TEST(SortedSet, TurnsLargeForALongMember) {
  SortedSet set = SortedSet::make();
  const SortedSetLimits limits{128, 5};
  set.add("short", {}, 1, limits);
  EXPECT_EQ(set.encoding(), "listpack");
  set.add("longer", {}, 2, limits);
  EXPECT_EQ(set.encoding(), "skiplist");
  EXPECT_EQ(set.score("short"), 1);
  set.destroy();
}

TEST(SortedSet, RefusesWhatIsNoNumber) {
  SortedSet set = SortedSet::make();
  const SortedSetLimits limits{128, 64};
  const double infinity = std::numeric_limits<double>::infinity();
  set.add("a", {}, infinity, limits);
  EXPECT_EQ(set.add("a", {.increment = true}, -infinity, limits).outcome, Added::Outcome::kNotANumber);
  EXPECT_EQ(set.score("a"), infinity);
  set.destroy();
}

}  // namespace
}  // namespace values
