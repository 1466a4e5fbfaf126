// Goal: a command that waits is served once, in its turn, and leaves nothing behind; a writer learns which shards it
// needs for what would be carried on.
// Method: queues by hand; two threads that race for one command; chains and rings of commands that carry.
#include "keyspace/waiters.h"

#include <gtest/gtest.h>

#include <thread>

#include "keyspace/database.h"

namespace keyspace {
namespace {

class WaitersTest : public testing::Test {
 protected:
  static constexpr uint32_t kShards = 16;

  // A command that waits for some keys and would change others.
  std::shared_ptr<BlockedCommand> wait(std::initializer_list<std::string> keys,
                                       std::initializer_list<std::string> carries, Type type = Type::kList,
                                       bool when_missing = false) {
    auto command = std::make_shared<BlockedCommand>();
    command->type = type;
    command->when_missing = when_missing;
    for (const std::string& key : keys) command->places.push_back({name(key), false, {}});
    for (const std::string& key : carries) command->carries.push_back(name(key));
    for (BlockedCommand::Place& place : command->places) {
      keyspace_.make_observers(place.key.shard).waiters.add(command, place, stats_);
    }
    return command;
  }
  void leave(BlockedCommand& command) {
    for (BlockedCommand::Place& place : command.places) {
      keyspace_.observers(place.key.shard)->waiters.remove(command, place, stats_);
      keyspace_.drop_empty_observers(place.key.shard);
    }
  }
  BlockedCommand::Name name(const std::string& key) {
    const Key hashed = keyspace_.key(key);
    return {key, hashed.hash, keyspace_.shard_of(hashed)};
  }
  uint32_t shard(const std::string& key) { return name(key).shard; }
  // Keys "<letter><number>" of which no two share a shard.
  std::vector<std::string> keys_apart(size_t count) {
    std::vector<std::string> keys;
    std::vector<bool> used(kShards);
    for (int number = 0; keys.size() < count; ++number) {
      const std::string key = "key" + std::to_string(number);
      if (used[shard(key)]) continue;
      used[shard(key)] = true;
      keys.push_back(key);
    }
    return keys;
  }
  std::vector<uint32_t> needed_by_writer_of(const std::string& text) {
    const Key key = keyspace_.key(text);
    Attempt attempt;
    locks_.set_owner({});
    EXPECT_TRUE(keyspace_.acquire(locks_, LockClass::kKeys, {&key, 1}, attempt));
    while (true) {
      const std::vector<uint32_t> more = shards_to_carry(locks_, keyspace_, {&key, 1});
      if (more.empty()) break;
      EXPECT_TRUE(keyspace_.add(locks_, more, attempt));
    }
    std::vector<uint32_t> held;
    for (uint32_t at = 0; at < kShards; ++at) {
      if (locks_.holds(at)) held.push_back(at);
    }
    keyspace_.release(locks_);
    return held;
  }
  std::vector<uint32_t> shards_of(const std::vector<std::string>& keys) {
    std::vector<uint32_t> shards;
    for (const std::string& key : keys) shards.push_back(shard(key));
    std::sort(shards.begin(), shards.end());
    return shards;
  }

  Keyspace keyspace_{{.shards = kShards}};
  LockSet locks_;
  metrics::ThreadStats stats_{0, 16};
};

TEST_F(WaitersTest, StandInLineOldestFirst) {
  const auto one = wait({"key"}, {}), two = wait({"other", "key"}, {});
  const Waiters::Queue* queue = keyspace_.observers(shard("key"))->waiters.find(0, "key");
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(queue->commands.front(), one);
  EXPECT_EQ(queue->commands.back(), two);
  EXPECT_EQ(stats_.blocking_keys.get(), 2u);
  EXPECT_EQ(keyspace_.observers(shard("key"))->waiters.find(1, "key"), nullptr);
  leave(*one);
  EXPECT_EQ(queue->commands.front(), two);
  leave(*two);
  EXPECT_FALSE(two->queued());
  EXPECT_EQ(stats_.blocking_keys.get(), 0u);
  EXPECT_EQ(keyspace_.observers(shard("key")), nullptr);
  EXPECT_EQ(keyspace_.observers(shard("other")), nullptr);
}

TEST_F(WaitersTest, WantTheirTypeOrThatItIsMissing) {
  const auto list = wait({"key"}, {}, Type::kList), set = wait({"key"}, {}, Type::kSortedSet);
  const Waiters::Queue* queue = keyspace_.observers(shard("key"))->waiters.find(0, "key");
  EXPECT_TRUE(queue->wants(Type::kList) && queue->wants(Type::kSortedSet));
  EXPECT_FALSE(queue->wants(Type::kString));
  leave(*list);
  EXPECT_FALSE(queue->wants(Type::kList));
  const auto stream = wait({"key"}, {}, Type::kStream, true);
  EXPECT_TRUE(queue->wants(Type::kString));
  EXPECT_EQ(stats_.blocking_keys_when_missing.get(), 1u);
  leave(*stream);
  EXPECT_EQ(stats_.blocking_keys_when_missing.get(), 0u);
  leave(*set);
}

TEST_F(WaitersTest, AreClaimedOnceAndNeverAfterTheirEnd) {
  BlockedCommand command;
  EXPECT_TRUE(command.claim());
  EXPECT_FALSE(command.claim());
  command.put_back();
  EXPECT_TRUE(command.claim());
  command.settle();
  EXPECT_FALSE(command.claim());
  EXPECT_FALSE(command.end());
  EXPECT_TRUE(command.ended());
  BlockedCommand gone;
  EXPECT_TRUE(gone.end());
  EXPECT_FALSE(gone.claim());
  EXPECT_FALSE(gone.end());
}

TEST_F(WaitersTest, AreServedOrEndedNeverBoth) {
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    BlockedCommand command;
    bool served = false, ended = false;
    std::thread server([&] {
      for (int tries = 0; tries < 3 && command.claim(); ++tries) {  // the third time it finds something
        served = tries == 2;
        served ? command.settle() : command.put_back();
      }
    });
    ended = command.end();
    server.join();
    EXPECT_NE(served, ended);
  }
}

TEST_F(WaitersTest, TellWhatAWriterNeedsForWhatIsCarriedOn) {
  const std::vector<std::string> keys = keys_apart(5);
  EXPECT_EQ(needed_by_writer_of(keys[0]), shards_of({keys[0]}));
  const auto pop = wait({keys[0], keys[4]}, {});
  EXPECT_EQ(needed_by_writer_of(keys[0]), shards_of({keys[0]}));  // it changes nothing else
  const auto first = wait({keys[0]}, {keys[1]}), second = wait({keys[1]}, {keys[2]}), ring = wait({keys[2]}, {keys[0]});
  EXPECT_EQ(needed_by_writer_of(keys[0]), shards_of({keys[0], keys[1], keys[2]}));
  EXPECT_EQ(needed_by_writer_of(keys[3]), shards_of({keys[3]}));
  EXPECT_TRUE(second->end());
  EXPECT_EQ(needed_by_writer_of(keys[0]), shards_of({keys[0], keys[1]}));
  for (const auto& command : {pop, first, second, ring}) leave(*command);
}

TEST_F(WaitersTest, AreNotedOnceWhenTheirKeyIsThere) {
  base::Random random(1);
  Garbage garbage;
  Unit unit{.keyspace = keyspace_, .locks = locks_, .stats = stats_, .random = random, .garbage = garbage};
  const Key key = keyspace_.key("key");
  Attempt attempt;
  ASSERT_TRUE(keyspace_.acquire(locks_, LockClass::kAll, {}, attempt));
  const auto list = wait({"key"}, {}), stream = wait({"gone"}, {}, Type::kStream, true);
  Database database(unit, 0), other(unit, 1);
  database.set(key, "text", Entry::kNoExpiry);
  other.set(key, "text", Entry::kNoExpiry);
  EXPECT_TRUE(unit.ready.empty());  // a string is nothing for it
  const auto text = wait({"key"}, {}, Type::kString);
  database.set(key, "text", Entry::kNoExpiry);
  database.set(key, "again", Entry::kNoExpiry);
  ASSERT_EQ(unit.ready.size(), 1u);
  EXPECT_EQ(unit.ready[0].text, "key");
  note_flushed(unit, 1);
  EXPECT_EQ(unit.ready.size(), 1u);
  note_flushed(unit, 0);
  ASSERT_EQ(unit.ready.size(), 2u);
  EXPECT_EQ(unit.ready[1].text, "gone");
  for (const auto& command : {list, stream, text}) leave(*command);
  keyspace_.release(locks_);
}

}  // namespace
}  // namespace keyspace
