// Goal: SortedIndex holds exactly the items that were inserted and not erased, in order, whatever the history; its
// nodes are freed; cursors step both ways and survive an erase as promised.
// Method: random inserts and erases of several patterns (in order, from the front, at random, runs) against a std::map,
// with the whole content compared now and then, and every lookup beside the map's.
#include "structures/sorted_index.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "../seed.h"

namespace structures {
namespace {

struct Item {
  uint64_t number;
  uint64_t payload[3];
};

struct ByNumber {
  using Key = uint64_t;
  static Key key_of(const Item& item) { return item.number; }
  static bool less(Key a, Key b) { return a < b; }
};

using Index = SortedIndex<Item, ByNumber>;
using Model = std::map<uint64_t, uint64_t>;

void expect_same(const Index& index, const Model& model) {
  ASSERT_EQ(index.size(), model.size());
  auto cursor = index.first();
  for (const auto& [number, payload] : model) {
    ASSERT_TRUE(cursor);
    ASSERT_EQ(cursor->number, number);
    ASSERT_EQ(cursor->payload[1], payload);
    cursor.next();
  }
  ASSERT_FALSE(cursor);
  cursor = index.last();
  for (auto it = model.rbegin(); it != model.rend(); ++it) {
    ASSERT_TRUE(cursor);
    ASSERT_EQ(cursor->number, it->first);
    cursor.previous();
  }
  ASSERT_FALSE(cursor);
}

void expect_same_lookups(const Index& index, const Model& model, uint64_t key) {
  const auto at = model.lower_bound(key);
  const auto cursor = index.lower_bound(key);
  ASSERT_EQ(static_cast<bool>(cursor), at != model.end());
  if (cursor) {
    ASSERT_EQ(cursor->number, at->first);
  }
  const auto after = model.upper_bound(key);
  const auto before = index.at_or_before(key);
  ASSERT_EQ(static_cast<bool>(before), after != model.begin());
  if (before) {
    ASSERT_EQ(before->number, std::prev(after)->first);
  }
  Item* found = index.find(key);
  ASSERT_EQ(found != nullptr, model.contains(key));
  if (found != nullptr) {
    ASSERT_EQ(found->payload[1], model.at(key));
  }
}

class Pair {
 public:
  void insert(uint64_t number) {
    const uint64_t payload = ++payloads_;
    const auto [item, is_new] = index.insert({number, {0, payload, 0}});
    ASSERT_EQ(item->number, number);
    ASSERT_EQ(is_new, model.emplace(number, payload).second);
  }
  void erase(uint64_t number) { ASSERT_EQ(index.erase(number), model.erase(number) == 1); }
  // Erases up to `count` items from `number` on, through the cursor.
  void erase_run(uint64_t number, size_t count) {
    auto cursor = index.lower_bound(number);
    auto it = model.lower_bound(number);
    while (cursor && count-- > 0) {
      ASSERT_EQ(cursor->number, it->first);
      cursor = index.erase(cursor);
      it = model.erase(it);
      ASSERT_EQ(static_cast<bool>(cursor), it != model.end());
    }
    if (cursor) {
      ASSERT_EQ(cursor->number, it->first);
    }
  }

  Index index;
  Model model;

 private:
  uint64_t payloads_ = 0;
};

TEST(SortedIndex, MatchesAMapThroughRandomHistories) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 30; ++round) {
    Pair pair;
    const uint64_t span = 1 + random() % (round % 2 == 0 ? 300 : 200'000);
    uint64_t next = span;
    const uint64_t erasing = 1 + random() % 7;
    for (int step = 0; step < 6000; ++step) {
      const uint64_t kind = random() % 10;
      if (kind >= erasing) {
        ASSERT_NO_FATAL_FAILURE(pair.insert(kind % 3 == 0 ? random() % span : next++));
      } else if (kind == 0) {
        ASSERT_NO_FATAL_FAILURE(pair.erase_run(random() % (next + 1), random() % 80));
      } else if (kind % 2 == 0 && !pair.model.empty()) {
        ASSERT_NO_FATAL_FAILURE(pair.erase(pair.model.begin()->first));
      } else {
        ASSERT_NO_FATAL_FAILURE(pair.erase(random() % (next + 1)));
      }
      ASSERT_NO_FATAL_FAILURE(expect_same_lookups(pair.index, pair.model, random() % (next + 2)));
      if (step % 500 == 0) {
        ASSERT_NO_FATAL_FAILURE(expect_same(pair.index, pair.model));
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(pair.index, pair.model));
  }
}

TEST(SortedIndex, FreesItsNodesAsItShrinks) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  Index index;
  constexpr uint64_t kItems = 100'000;
  for (uint64_t i = 0; i < kItems; ++i) index.insert({i, {}});
  const size_t full = index.memory_bytes();
  EXPECT_LT(full, kItems * sizeof(Item) * 11 / 10) << "appending leaves full leaves behind";
  for (uint64_t i = 0; i < kItems; ++i) {
    if (random() % 20 != 0) index.erase(i);
  }
  EXPECT_LT(index.memory_bytes(), full / 3) << "sparse leaves join";
  while (!index.empty()) index.erase(index.first());
  EXPECT_EQ(index.memory_bytes(), 0U);
  EXPECT_EQ(index.node_count(), 0U);
}

TEST(SortedIndex, IsSmallWhileItHoldsLittle) {
  Index index;
  index.insert({7, {}});
  EXPECT_LE(index.memory_bytes(), 128U);
  for (uint64_t i = 0; i < 400; ++i) index.insert({i, {}});
  for (uint64_t i = 399; i > 0; --i) index.erase(i);
  EXPECT_LE(index.memory_bytes(), 128U);
}

TEST(SortedIndex, MovesWithItsItems) {
  Index index;
  index.insert({7, {1, 2, 3}});
  Index other(std::move(index));
  ASSERT_NE(other.find(7), nullptr);
  Index third;
  third = std::move(other);
  EXPECT_EQ(third.find(7)->payload[2], 3U);
}

}  // namespace
}  // namespace structures
