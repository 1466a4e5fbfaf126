// Goal: who waits for locks gets them in the order that design.md section 2 promises, and is in no queue afterwards.
// Method: units step by step on one thread: what each acquire() gives, and whom each release() wakes.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "keyspace/keyspace.h"

namespace keyspace {
namespace {

constexpr uint32_t kTokenLine = Keyspace::kTokenLine;

// Keeps the mail until the test delivers it.
class Post : public Waker {
 public:
  void wake(const Waiter& waiter, uint32_t shard) override { mail.emplace_back(waiter, shard); }
  std::vector<std::pair<Waiter, uint32_t>> mail;
};

// One connection with a unit that wants some shards.
struct Unit {
  Unit(Keyspace& keyspace, uint64_t connection, LockClass lock_class, std::vector<uint32_t> shards)
      : keyspace(keyspace), connection(connection), lock_class(lock_class) {
    for (const uint32_t shard : shards) keys.push_back({{}, keyspace.hash().hash_at(shard, 0)});
  }
  bool acquire() {
    locks.set_owner({.connection = connection});
    const bool acquired = keyspace.acquire(locks, lock_class, keys, attempt);
    attempt.woken_at = Attempt::kNowhere;
    if (acquired) {
      keyspace.settle(locks, attempt);
    } else {
      ++attempt.failures;
    }
    return acquired;
  }
  void release() { keyspace.release(locks); }
  void fail_often() {
    attempt.failures = Keyspace::kMaxFailures;
    EXPECT_FALSE(acquire());
  }

  Keyspace& keyspace;
  uint64_t connection;
  LockClass lock_class;
  std::vector<Key> keys;
  LockSet locks;
  Attempt attempt;
};

class LocksTest : public testing::Test {
 protected:
  LocksTest() { keyspace_.become_threaded(false); }

  Unit unit(uint64_t connection, LockClass lock_class, std::vector<uint32_t> shards) {
    return {keyspace_, connection, lock_class, std::move(shards)};
  }
  // The next mail: to whom it goes, and from which queue. The receiver says whether it still waits there.
  bool deliver(Unit& to, uint32_t shard) {
    if (post_.mail.empty() || post_.mail[0].first.connection != to.connection || post_.mail[0].second != shard) {
      ADD_FAILURE() << "no mail to " << to.connection << " from " << shard;
      return false;
    }
    const Waiter waiter = post_.mail[0].first;
    post_.mail.erase(post_.mail.begin());
    return Keyspace::take_wake_up(waiter, shard, to.attempt);
  }

  Post post_;
  Keyspace keyspace_{{.shards = 4, .databases = 1, .seed = {1, 2}, .waker = &post_}};
};

TEST_F(LocksTest, WhoFailedOftenDoesNotWaitForTheScriptThatHoldsU) {
  Unit script = unit(1, LockClass::kStray, {3}), holder = unit(2, LockClass::kKeys, {0});
  Unit plain = unit(3, LockClass::kKeys, {0}), next_script = unit(4, LockClass::kStray, {3});
  ASSERT_TRUE(script.acquire());
  ASSERT_TRUE(holder.acquire());
  plain.fail_often();
  EXPECT_FALSE(next_script.acquire());
  holder.release();
  ASSERT_TRUE(deliver(plain, 0));
  EXPECT_TRUE(plain.acquire());  // the script runs on
  EXPECT_FALSE(plain.locks.holds_token());
  keyspace_.pass_on(0);
  plain.release();
  EXPECT_TRUE(post_.mail.empty());
  script.release();
  EXPECT_TRUE(deliver(next_script, kTokenLine));  // the plain one has left the line
  EXPECT_TRUE(next_script.acquire());
  next_script.release();
}

TEST_F(LocksTest, WhoFailedOftenTakesUWhenItsTurnComesAndLeavesTheQueue) {
  Unit script = unit(1, LockClass::kStray, {3}), holder = unit(2, LockClass::kKeys, {0});
  Unit plain = unit(3, LockClass::kKeys, {0, 1}), behind = unit(4, LockClass::kKeys, {0});
  ASSERT_TRUE(script.acquire());
  ASSERT_TRUE(holder.acquire());
  plain.fail_often();
  EXPECT_FALSE(behind.acquire());
  holder.release();  // the shard's mail is on its way when the token's comes
  script.release();
  ASSERT_EQ(post_.mail.size(), 2U);
  std::swap(post_.mail[0], post_.mail[1]);
  ASSERT_TRUE(deliver(plain, kTokenLine));
  EXPECT_TRUE(plain.acquire());
  EXPECT_TRUE(plain.locks.holds_token());
  EXPECT_FALSE(deliver(plain, 0));  // stale, and answered all the same
  keyspace_.pass_on(0);
  EXPECT_TRUE(post_.mail.empty());  // the shard is held
  plain.release();
  EXPECT_TRUE(deliver(behind, 0));
  EXPECT_TRUE(behind.acquire());
  keyspace_.pass_on(0);
  behind.release();
  EXPECT_TRUE(post_.mail.empty());
}

TEST_F(LocksTest, AStaleWakeUpIsToldFromThatOfALaterPlaceInTheSameQueue) {
  Unit script = unit(1, LockClass::kStray, {3}), holder = unit(2, LockClass::kKeys, {0});
  Unit plain = unit(3, LockClass::kKeys, {0});
  ASSERT_TRUE(script.acquire());
  ASSERT_TRUE(holder.acquire());
  plain.fail_often();
  holder.release();
  ASSERT_TRUE(holder.acquire());
  EXPECT_FALSE(plain.acquire());  // as if some other mail had come first: it queues again
  ASSERT_EQ(post_.mail.size(), 1U);
  EXPECT_FALSE(deliver(plain, 0));
  keyspace_.pass_on(0);
  EXPECT_TRUE(post_.mail.empty());
  holder.release();
  EXPECT_TRUE(deliver(plain, 0));
  EXPECT_TRUE(plain.acquire());
  keyspace_.pass_on(0);
  plain.release();
  script.release();
  EXPECT_TRUE(post_.mail.empty());
}

TEST_F(LocksTest, UIsKeptForWhoMustMakeItsChecksAgain) {
  Unit settings = unit(1, LockClass::kAll, {}), other = unit(2, LockClass::kAll, {});
  settings.locks.set_owner({.connection = 1});
  ASSERT_TRUE(keyspace_.acquire(settings.locks, settings.lock_class, {}, settings.attempt));
  EXPECT_FALSE(other.acquire());
  keyspace_.release_to_retry(settings.locks, settings.attempt);
  EXPECT_FALSE(other.acquire());
  EXPECT_TRUE(settings.acquire());
  settings.release();
  EXPECT_TRUE(deliver(other, kTokenLine));
  EXPECT_TRUE(other.acquire());
  other.release();
}

TEST_F(LocksTest, WhoWithdrawsAtTheHeadOfTheLineWakesTheNext) {
  Unit first = unit(1, LockClass::kAll, {}), second = unit(2, LockClass::kAll, {}),
       third = unit(3, LockClass::kAll, {});
  ASSERT_TRUE(first.acquire());
  EXPECT_FALSE(second.acquire());
  EXPECT_FALSE(third.acquire());
  first.release();
  keyspace_.withdraw({.connection = 2}, second.attempt);
  EXPECT_FALSE(deliver(second, kTokenLine));
  EXPECT_TRUE(deliver(third, kTokenLine));
  EXPECT_TRUE(third.acquire());
  third.release();
}

TEST_F(LocksTest, WhoWithdrawsFromAShardIsNotWoken) {
  Unit holder = unit(1, LockClass::kKeys, {0}), gone = unit(2, LockClass::kKeys, {0}),
       next = unit(3, LockClass::kKeys, {0});
  ASSERT_TRUE(holder.acquire());
  EXPECT_FALSE(gone.acquire());
  EXPECT_FALSE(next.acquire());
  keyspace_.withdraw({.connection = 2}, gone.attempt);
  holder.release();
  EXPECT_TRUE(deliver(next, 0));
  EXPECT_TRUE(next.acquire());
  next.release();
}

TEST_F(LocksTest, AQueueLetsSoManyNewcomersPassAndNoMore) {
  Unit holder = unit(1, LockClass::kKeys, {0}), waiting = unit(2, LockClass::kKeys, {0});
  Unit newcomer = unit(3, LockClass::kKeys, {0});
  ASSERT_TRUE(holder.acquire());
  EXPECT_FALSE(waiting.acquire());
  holder.release();  // its mail is on its way meanwhile
  for (uint32_t pass = 0; pass < ShardLock::kMaxPasses; ++pass) {
    ASSERT_TRUE(newcomer.acquire()) << pass;
    newcomer.release();
  }
  EXPECT_FALSE(newcomer.acquire());
  EXPECT_TRUE(deliver(waiting, 0));
  EXPECT_TRUE(waiting.acquire());
  keyspace_.pass_on(0);
  waiting.release();
}

TEST_F(LocksTest, WhoStraysToAllHoldsAllAndLetsGoOfAll) {
  Unit script = unit(1, LockClass::kStray, {3}), other = unit(2, LockClass::kKeys, {0});
  ASSERT_TRUE(script.acquire());
  keyspace_.stray(script.locks, 1);
  EXPECT_FALSE(script.locks.holds_all());
  keyspace_.stray_to_all(script.locks);
  EXPECT_TRUE(script.locks.holds_all());
  EXPECT_FALSE(other.acquire());
  script.release();
  EXPECT_TRUE(deliver(other, 0));
  EXPECT_TRUE(other.acquire());
  other.release();
  Unit all = unit(3, LockClass::kAll, {});
  EXPECT_TRUE(all.acquire());
  all.release();
}

TEST(LocksOfOneThread, WhoStraysToAllHoldsAllAndLetsGoOfAll) {
  Post post;
  Keyspace keyspace{{.shards = 4, .databases = 1, .seed = {1, 2}, .waker = &post}};
  Unit script(keyspace, 1, LockClass::kStray, {3});
  ASSERT_TRUE(script.acquire());
  keyspace.stray_to_all(script.locks);
  EXPECT_TRUE(script.locks.holds_all());
  script.release();
  EXPECT_FALSE(script.locks.holds_all() || script.locks.holds_token());
  keyspace.become_threaded(false);
  Unit all(keyspace, 2, LockClass::kKeys, {0, 1, 2, 3});
  EXPECT_TRUE(all.acquire());  // nothing stayed locked
  all.release();
}

}  // namespace
}  // namespace keyspace
