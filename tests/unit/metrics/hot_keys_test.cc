// HotKeys: windows, orders, and that the hot are found among the many.
#include "metrics/hot_keys.h"

#include <gtest/gtest.h>

namespace metrics {
namespace {

class HotKeysTest : public testing::Test {
 protected:
  void use(const std::string& key, uint64_t ns = 1000, uint64_t bytes = 10, uint32_t database = 0) {
    const HotKeys::Use use{std::hash<std::string>()(key), key};
    keys_.add(options_, random_, now_s_, generation_, database, {&use, 1}, ns, bytes);
  }
  std::vector<HotKey> last(HotBy by, size_t most = 16) {
    return merge_hot_keys(keys_.last(options_, now_s_, generation_), by, most);
  }
  std::vector<std::string> names(HotBy by, size_t most = 16) {
    std::vector<std::string> names;
    for (const HotKey& key : last(by, most)) names.push_back(key.key);
    return names;
  }

  HotKeys keys_;
  HotKeys::Options options_{.enabled = true, .percent = 100, .window_s = 10};
  base::Random random_{7};
  int64_t now_s_ = 100;
  uint64_t generation_ = 0;
};

using Names = std::vector<std::string>;

TEST_F(HotKeysTest, TellsTheWindowThatIsOver) {
  for (int i = 0; i < 3; ++i) use("a");
  use("b");
  EXPECT_EQ(names(HotBy::kRequests), Names{});
  now_s_ = 110;
  EXPECT_EQ(names(HotBy::kRequests), (Names{"a", "b"}));
  EXPECT_EQ(last(HotBy::kRequests)[0].weights[0], 3);
  now_s_ = 119;
  EXPECT_EQ(names(HotBy::kRequests), (Names{"a", "b"}));
  now_s_ = 120;
  EXPECT_EQ(names(HotBy::kRequests), Names{}) << "nothing was used in the last window";
}

TEST_F(HotKeysTest, OrdersByWhatIsAskedFor) {
  for (int i = 0; i < 5; ++i) use("often", 10, 1);
  use("slow", 100'000, 1);
  use("large", 10, 1'000'000);
  now_s_ = 110;
  EXPECT_EQ(names(HotBy::kRequests, 1), Names{"often"});
  EXPECT_EQ(names(HotBy::kNanoseconds, 1), Names{"slow"});
  EXPECT_EQ(names(HotBy::kBytes, 1), Names{"large"});
}

TEST_F(HotKeysTest, TellsDatabasesApart) {
  use("a", 1, 1, 0);
  use("a", 1, 1, 3);
  now_s_ = 110;
  ASSERT_EQ(last(HotBy::kRequests).size(), 2);
  EXPECT_NE(last(HotBy::kRequests)[0].database, last(HotBy::kRequests)[1].database);
}

TEST_F(HotKeysTest, FindsTheHotAmongManyThatAreNot) {
  base::Random random(42);
  for (int i = 0; i < 200'000; ++i) {
    const bool hot = random.below(20) == 0;
    use(hot ? "hot" + std::to_string(random.below(3)) : "cold" + std::to_string(random.below(1'000'000)));
  }
  now_s_ = 110;
  const auto found = last(HotBy::kRequests, 3);
  ASSERT_EQ(found.size(), 3);
  for (const HotKey& key : found) {
    EXPECT_EQ(key.key.substr(0, 3), "hot");
    EXPECT_GT(key.weights[0], 2500);
    EXPECT_LT(key.weights[0], 4200) << "no more than its own count";
  }
}

TEST_F(HotKeysTest, ForgetsWhenAllKeysHaveGone) {
  use("a");
  now_s_ = 110;
  ++generation_;
  EXPECT_EQ(names(HotBy::kRequests), Names{});
}

TEST_F(HotKeysTest, ResetForgets) {
  use("a");
  keys_.reset();
  now_s_ = 110;
  EXPECT_EQ(names(HotBy::kRequests), Names{});
}

TEST_F(HotKeysTest, ChoosesTheShareThatItIsTold) {
  for (const uint32_t percent : {1U, 30U, 60U, 100U}) {
    options_.percent = percent;
    int chosen = 0;
    for (int i = 0; i < 1'000'000; ++i) {
      if (!keys_.is_due()) continue;
      ++chosen;
      use("a");
    }
    EXPECT_NEAR(chosen, 10'000 * percent, 2500) << percent;
  }
}

TEST_F(HotKeysTest, IsNotEmptiedByAClockThatIsBehind) {
  now_s_ = 110;
  use("a");
  now_s_ = 109;
  EXPECT_EQ(names(HotBy::kRequests), Names{});
  now_s_ = 120;
  EXPECT_EQ(names(HotBy::kRequests), Names{"a"});
}

TEST_F(HotKeysTest, KeepsTheBeginningOfALongKey) {
  use(std::string(1'000'000, 'x'));
  now_s_ = 110;
  EXPECT_EQ(names(HotBy::kRequests), Names{std::string(HotKeys::kMostKeyBytes, 'x')});
}

TEST(MergeHotKeys, AddsUpWhatThreadsHave) {
  const HotKey one{.key = "a", .database = 0, .weights = {1, 2, 3}};
  const HotKey two{.key = "b", .database = 0, .weights = {3, 0, 0}};
  const auto sums = merge_hot_keys({one, two, one, one, one}, HotBy::kRequests, 5);
  ASSERT_EQ(sums.size(), 2);
  EXPECT_EQ(sums[0].key, "a");
  EXPECT_EQ(sums[0].weights[2], 12);
}

}  // namespace
}  // namespace metrics
