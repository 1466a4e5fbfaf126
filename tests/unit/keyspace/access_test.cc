// Goal: the access bits tell idle times as far as they reach, and longer ones as the longest.
// Method: the edges, read back at once and later.
#include "keyspace/access.h"

#include <gtest/gtest.h>

#include <limits>

namespace keyspace {
namespace {

constexpr int64_t kNow = 1'790'000'000'000;
constexpr int64_t kDay = 86'400;

int64_t told_after(int64_t idle_seconds, int64_t later_seconds) {
  Entry* const entry = Entry::create("key", "text", Entry::kNoExpiry);
  entry->set_access(lru_idle_for(kNow, idle_seconds));
  const uint32_t steps = idle_steps(*entry, kNow + later_seconds * 1000);
  Entry::destroy(entry);
  return steps / kLruStepsPerSecond;
}

TEST(Access, TellsAnIdleTimeOfUpTo155Days) {
  for (const int64_t seconds : {int64_t{0}, int64_t{1}, kDay, 155 * kDay}) {
    EXPECT_EQ(told_after(seconds, 0), seconds);
    EXPECT_EQ(told_after(seconds, 1000), seconds + 1000);
  }
}

// A quirk of RESTORE ... IDLETIME: the reference keeps up to 194 days and wraps around beyond them.
TEST(Access, CutsALongerOneToTheMostThatTheBitsHold) {
  constexpr int64_t kMost = 13'421'772;
  EXPECT_EQ(told_after(kMost, 0), kMost);
  for (const int64_t seconds : {kMost + 1, 156 * kDay, int64_t{1} << 24, std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(told_after(seconds, 0), kMost) << seconds;
  }
}

}  // namespace
}  // namespace keyspace
