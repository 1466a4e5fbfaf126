// Goal: a watch trips when, and only when, one of its keys changes.
// Method: each kind of change beside keys and databases that are not watched.
#include "keyspace/observers.h"

#include <gtest/gtest.h>

namespace keyspace {
namespace {

TEST(Observers, TripAllWhoWatchTheKeyInThatDatabase) {
  Observers observers;
  const auto one = std::make_shared<Watch>(), two = std::make_shared<Watch>(), other = std::make_shared<Watch>();
  observers.watch(0, "key", one, false);
  observers.watch(0, "key", two, false);
  observers.watch(1, "key", other, false);
  observers.changed(0, "kez");
  EXPECT_FALSE(one->tripped);
  observers.changed(0, "key");
  EXPECT_TRUE(one->tripped && two->tripped);
  EXPECT_FALSE(other->tripped);
}

TEST(Observers, ForgetWhoUnwatches) {
  Observers observers;
  const auto watch = std::make_shared<Watch>();
  observers.watch(0, "key", watch, false);
  observers.watch(0, "key", watch, false);  // twice is once
  observers.unwatch(0, "key", watch.get());
  EXPECT_TRUE(observers.empty());
  observers.changed(0, "key");
  EXPECT_FALSE(watch->tripped);
}

TEST(Observers, AKeyThatHadExpiredMayGoOnce) {
  Observers observers;
  const auto knew = std::make_shared<Watch>(), did_not = std::make_shared<Watch>();
  observers.watch(0, "key", knew, true);
  observers.watch(0, "key", did_not, false);
  observers.removed_expired(0, "key");
  EXPECT_FALSE(knew->tripped);
  EXPECT_TRUE(did_not->tripped);
  observers.removed_expired(0, "key");  // it came back and expired again
  EXPECT_TRUE(knew->tripped);
}

TEST(Observers, AFlushTripsTheAffectedKeysOnly) {
  Observers observers;
  const auto there = std::make_shared<Watch>(), absent = std::make_shared<Watch>();
  observers.watch(0, "there", there, false);
  observers.watch(0, "absent", absent, false);
  observers.changed_all(0, [](std::string_view key) { return Succession{.was_there = key == "there"}; });
  EXPECT_TRUE(there->tripped);
  EXPECT_FALSE(absent->tripped);
}

TEST(Observers, AKeyWhoseTimeIsUpCountsAsAbsentWhenItsDatabaseIsExchanged) {
  Observers observers;
  const auto live = std::make_shared<Watch>(), stale = std::make_shared<Watch>(), absent = std::make_shared<Watch>();
  const auto expires = [](std::string_view) { return Succession{true, true, true}; };
  observers.watch(0, "key", live, false);
  observers.watch(0, "key", stale, true);
  observers.changed_all(0, expires);
  EXPECT_TRUE(live->tripped);
  EXPECT_FALSE(stale->tripped);
  observers.watch(0, "absent", absent, false);
  observers.changed_all(0, [](std::string_view) { return Succession{false, true, true}; });
  observers.removed_expired(0, "absent");
  EXPECT_FALSE(absent->tripped) << "an expired key came, and went";
  observers.changed_all(0, [](std::string_view) { return Succession{.was_there = true}; });
  EXPECT_FALSE(stale->tripped);
  observers.changed_all(0, [](std::string_view) { return Succession{false, true, false}; });
  EXPECT_TRUE(stale->tripped);
  EXPECT_TRUE(absent->tripped);
}

}  // namespace
}  // namespace keyspace
