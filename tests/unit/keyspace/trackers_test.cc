// Goal: whoever has read a key is told of its next change, once, and nobody else is; what is counted is what is there.
// Method: random reads, changes, and clients that come and go beside a plain model; the special cases by hand.
#include "keyspace/trackers.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "../seed.h"
#include "keyspace/database.h"
#include "structures/memory.h"

namespace keyspace {
namespace {

class TrackersTest : public testing::Test {
 protected:
  static constexpr uint32_t kShards = 4;

  std::shared_ptr<Tracker> tracker(uint64_t id) {
    auto made = std::make_shared<Tracker>();
    made->id = id;
    made->told_of_reads = true;
    return made;
  }
  void change(const std::string& name, ChangedBy by = ChangedBy::kClient) {
    const Key key = keyspace_.key(name);
    note_change(unit_, keyspace_.shard_of(key), key, by);
  }
  void read(const std::string& name, const std::shared_ptr<Tracker>& reader) {
    keyspace_.track(keyspace_.key(name), reader);
  }
  // The ids of who is told, by key; and forgets them.
  std::map<std::string, std::multiset<uint64_t>> told() {
    std::map<std::string, std::multiset<uint64_t>> result;
    for (const Invalidation& invalidation : unit_.invalidations) {
      for (const auto& reader : invalidation.readers) result[invalidation.key].insert(reader->id);
    }
    unit_.invalidations.clear();
    return result;
  }
  using Told = std::map<std::string, std::multiset<uint64_t>>;

  Keyspace keyspace_{{.shards = kShards, .databases = 2, .seed = {}, .waker = nullptr}};
  LockSet locks_;
  metrics::ThreadStats stats_{0, 16};
  base::Random random_{base::Random(1)};
  Garbage garbage_;
  Unit unit_{.keyspace = keyspace_, .locks = locks_, .stats = stats_, .random = random_, .garbage = garbage_};
};

TEST_F(TrackersTest, TellEachReaderOnce) {
  const auto one = tracker(1), two = tracker(2);
  read("key", one);
  read("key", one);
  read("key", two);
  read("other", two);
  EXPECT_EQ(keyspace_.tracked.keys, 2U);
  EXPECT_EQ(keyspace_.tracked.readers, 3U);
  change("key");
  EXPECT_EQ(told(), (Told{{"key", {1, 2}}}));
  change("key");
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(keyspace_.tracked.keys, 1U);
}

TEST_F(TrackersTest, LeaveNothingBehind) {
  const int64_t before = structures::allocated_bytes();
  for (int key = 0; key < 1000; ++key) {
    for (uint64_t id = 0; id < 20; ++id) read("a key of a certain length " + std::to_string(key), tracker(id));
  }
  EXPECT_EQ(keyspace_.tracked.readers, 20000U);
  structures::flush_memory_count();
  EXPECT_GT(structures::allocated_bytes(), before + 20000 * 16);
  for (int key = 0; key < 1000; ++key) change("a key of a certain length " + std::to_string(key));
  EXPECT_EQ(told().size(), 1000U);
  for (uint32_t shard = 0; shard < kShards; ++shard) EXPECT_EQ(keyspace_.observers(shard), nullptr);
  EXPECT_EQ(keyspace_.tracked.keys + keyspace_.tracked.readers, 0U);
  structures::flush_memory_count();
  EXPECT_EQ(structures::allocated_bytes(), before);
}

TEST_F(TrackersTest, DoNotTellWhoCeasedOrChangedTheKeyItself) {
  const auto gone = tracker(1), author = tracker(2), other = tracker(3);
  for (const auto& each : {gone, author, other}) read("key", each);
  gone->told_of_reads = false;
  author->no_loop = true;
  unit_.actor = author.get();
  change("key");
  EXPECT_EQ(told(), (Told{{"key", {3}}}));
  read("key", author);
  author->no_loop = false;
  change("key");
  EXPECT_EQ(told(), (Told{{"key", {2}}}));
}

TEST_F(TrackersTest, NameTheAuthorOfAChangeByAClientOnly) {
  const auto author = tracker(7);
  unit_.actor = author.get();
  keyspace_.count_prefix_trackers(1);
  change("one");
  change("two", ChangedBy::kServer);
  ASSERT_EQ(unit_.invalidations.size(), 2U);
  EXPECT_EQ(unit_.invalidations[0].kind, Invalidation::Kind::kPrefix);
  EXPECT_EQ(unit_.invalidations[0].key, "one");
  EXPECT_EQ(unit_.invalidations[0].author, 7U);
  EXPECT_EQ(unit_.invalidations[1].author, 0U);
  keyspace_.count_prefix_trackers(-1);
  unit_.invalidations.clear();
  change("one");
  EXPECT_TRUE(unit_.invalidations.empty());
}

TEST_F(TrackersTest, AFlushForgetsAllAndIsToldIfAnyoneTracks) {
  read("key", tracker(1));
  note_all_gone(unit_);
  EXPECT_TRUE(unit_.invalidations.empty());
  EXPECT_EQ(keyspace_.tracked.keys + keyspace_.tracked.readers, 0U);
  keyspace_.tracked.clients = 1;
  note_all_gone(unit_);
  ASSERT_EQ(unit_.invalidations.size(), 1U);
  EXPECT_EQ(unit_.invalidations[0].kind, Invalidation::Kind::kAll);
}

TEST_F(TrackersTest, ForgetSomeKeyUntilNoneIsLeft) {
  const auto reader = tracker(1);
  std::set<std::string> left;
  for (int key = 0; key < 3000; ++key) {
    left.insert("key" + std::to_string(key));
    read("key" + std::to_string(key), reader);
  }
  for (uint32_t shard = 0; shard < kShards; ++shard) {
    while (note_some_forgotten(unit_, shard)) {
      ASSERT_EQ(unit_.invalidations.size(), 1U);
      EXPECT_EQ(left.erase(unit_.invalidations[0].key), 1U);
      unit_.invalidations.clear();
    }
  }
  EXPECT_TRUE(left.empty());
  EXPECT_EQ(keyspace_.tracked.keys, 0U);
}

TEST_F(TrackersTest, TellWhatAModelTells) {
  TRACE_SEED();
  base::Random random(test_seed());
  constexpr uint64_t kReaders = 40, kKeys = 60;
  std::vector<std::shared_ptr<Tracker>> readers;
  for (uint64_t id = 0; id < kReaders; ++id) readers.push_back(tracker(id));
  Told model;
  for (int step = 0; step < 50'000; ++step) {
    const std::string key = "key" + std::to_string(random.below(kKeys));
    if (random.below(20) > 0) {
      const uint64_t id = random.below(kReaders);
      read(key, readers[id]);
      if (!model[key].contains(id)) model[key].insert(id);
      continue;
    }
    change(key);
    Told expected;
    if (model.contains(key)) expected[key] = model[key];
    model.erase(key);
    ASSERT_EQ(told(), expected);
  }
  uint64_t count = 0;
  for (const auto& [key, ids] : model) count += ids.size();
  EXPECT_EQ(keyspace_.tracked.keys, model.size());
  EXPECT_EQ(keyspace_.tracked.readers, count);
}

}  // namespace
}  // namespace keyspace
