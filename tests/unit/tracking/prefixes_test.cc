// Goal: the routes name exactly the loops that have clients for a prefix; overlaps are found and named as in Valkey.
// Method: random joins and leaves beside a multiset; overlaps by hand.
#include "tracking/prefixes.h"

#include <gtest/gtest.h>

#include <set>

#include "../seed.h"
#include "base/random.h"

namespace tracking {
namespace {

TEST(Prefixes, RouteToTheLoopsThatHaveClients) {
  TRACE_SEED();
  base::Random random(test_seed());
  Prefixes prefixes;
  std::multiset<std::pair<std::string, uint32_t>> model;
  for (int step = 0; step < 5000; ++step) {
    const std::string prefix(random.below(6), 'a');
    const auto loop = static_cast<uint32_t>(random.below(4));
    const auto found = model.find({prefix, loop});
    if (random.below(2) == 0) {
      prefixes.join(loop, prefix);
      model.emplace(prefix, loop);
    } else {
      prefixes.leave(loop, prefix);  // of nobody: nothing happens
      if (found != model.end()) model.erase(found);
    }
    std::vector<std::pair<std::string, uint32_t>> routed;
    const auto routes = prefixes.routes();
    for (const auto& route : *routes) {
      for (const uint32_t each : route->loops) routed.emplace_back(route->prefix, each);
    }
    const std::set<std::pair<std::string, uint32_t>> wanted(model.begin(), model.end());
    ASSERT_EQ(routed, std::vector(wanted.begin(), wanted.end()));
    ASSERT_EQ(prefixes.count(), routes->size());
  }
}

TEST(Prefixes, ASnapshotStaysAsItIs) {
  Prefixes prefixes;
  prefixes.join(1, "a");
  const auto before = prefixes.routes();
  prefixes.join(2, "a");
  prefixes.leave(1, "a");
  ASSERT_EQ(before->size(), 1U);
  EXPECT_EQ((*before)[0]->loops, std::vector<uint32_t>{1});
}

TEST(FindOverlap, ComparesWithThePresentFirstAndThenWithLaterOnes) {
  const std::vector<std::string> present{"b", "xyz"};
  const auto found = [&](std::vector<std::string_view> asked) -> std::string {
    const auto overlap = find_overlap(present, asked);
    if (!overlap) return "none";
    return std::string(overlap->asked) + " " + std::string(overlap->other) + (overlap->among_new ? " new" : "");
  };
  EXPECT_EQ(found({}), "none");
  EXPECT_EQ(found({"a", "c", "xa"}), "none");
  EXPECT_EQ(found({"a", "bc"}), "bc b");
  EXPECT_EQ(found({"x"}), "x xyz");
  EXPECT_EQ(found({"a", "c", "ab"}), "a ab new");
  EXPECT_EQ(found({"a", "a", "b"}), "a a new");
  EXPECT_EQ(found({"", "a"}), " b");
}

TEST(FindOverlap, OfVeryManyTakesNoLonger) {
  std::vector<std::string> texts;
  for (int i = 100'000; i < 300'000; ++i) texts.push_back(std::to_string(i));
  std::vector<std::string_view> asked(texts.begin(), texts.end());
  EXPECT_FALSE(find_overlap({}, asked));
  asked.push_back("2999999");
  const auto overlap = find_overlap({}, asked);
  ASSERT_TRUE(overlap);
  EXPECT_EQ(overlap->asked, "299999");
  EXPECT_EQ(overlap->other, "2999999");
  Prefixes prefixes;
  for (const std::string& text : texts) prefixes.join(0, text);
  EXPECT_EQ(prefixes.count(), texts.size());
}

}  // namespace
}  // namespace tracking
