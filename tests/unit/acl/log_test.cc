// Goal: ACL LOG joins what happens again within a minute, keeps the newest first, and forgets beyond its limit.
#include "acl/log.h"

#include <gtest/gtest.h>

namespace acl {
namespace {

Log::Entry entry(std::string object, Reason reason = Reason::kKey) {
  Log::Entry made;
  made.reason = reason;
  made.object = std::move(object);
  made.user = "u";
  return made;
}

TEST(Log, JoinsTheSameWithinAMinute) {
  Log log;
  log.add(entry("a"), 1000, 128);
  log.add(entry("b"), 2000, 128);
  log.add(entry("a"), 61'000, 128);
  auto entries = log.newest(10);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].object, "a");
  EXPECT_EQ(entries[0].count, 2U);
  EXPECT_EQ(entries[0].id, 0U);
  EXPECT_EQ(entries[0].created_ms, 1000);
  EXPECT_EQ(entries[0].updated_ms, 61'000);
  log.add(entry("a"), 121'001, 128);
  log.add(entry("a", Reason::kChannel), 121'001, 128);
  entries = log.newest(10);
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].id, 3U);
  EXPECT_EQ(entries[1].id, 2U);
  EXPECT_EQ(entries[1].count, 1U);
}

TEST(Log, LooksAtTenEntriesOnly) {
  Log log;
  for (int at = 0; at < 11; ++at) log.add(entry(std::to_string(at)), 0, 128);
  log.add(entry("1"), 0, 128);
  EXPECT_EQ(log.newest(100).size(), 11U);
  log.add(entry("0"), 0, 128);
  EXPECT_EQ(log.newest(100).size(), 12U);
}

TEST(Log, ForgetsBeyondItsLimit) {
  Log log;
  for (int at = 0; at < 5; ++at) log.add(entry(std::to_string(at)), 0, 3);
  ASSERT_EQ(log.newest(100).size(), 3U);
  EXPECT_EQ(log.newest(1)[0].object, "4");
  EXPECT_TRUE(log.newest(0).empty());
  log.add(entry("x"), 0, 0);
  EXPECT_TRUE(log.newest(100).empty());
  log.add(entry("y"), 0, 3);
  log.clear();
  EXPECT_TRUE(log.newest(100).empty());
}

}  // namespace
}  // namespace acl
