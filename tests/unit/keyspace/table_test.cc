// Goal: the key table behaves as a map through every change of shape, and its scan and time index keep their promises.
// Method: random inserts, overwrites and erases against std::map; scans while it grows and shrinks; expiry against a
// plain list of times.
#include "keyspace/table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "base/random.h"

namespace keyspace {
namespace {

const KeyHash kHash({1, 2}, 3);

Key key_of(const std::string& text) { return {text, kHash(text)}; }

std::string value_of(const Entry& entry) {
  TextBuffer buffer;
  return std::string(entry.text(buffer));
}

class TableTest : public testing::Test {
 protected:
  void put(const std::string& key, const std::string& value) {
    const Key k = key_of(key);
    const auto at = table_.find(k);
    Entry* entry = Entry::create(key, value, Entry::kNoExpiry);
    if (at.entry == nullptr) {
      table_.insert(k.hash, entry, kNever);
    } else {
      table_.replace(at, entry, kNever);
      Entry::destroy(at.entry);
    }
  }
  bool erase(const std::string& key) {
    const Key k = key_of(key);
    const auto at = table_.find(k);
    if (at.entry == nullptr) return false;
    Entry::destroy(table_.erase(at));
    table_.shrink(k.hash);
    return true;
  }
  Table table_{&kHash};
};

TEST_F(TableTest, AgreesWithAMapUnderRandomChanges) {
  std::map<std::string, std::string> model;
  base::Random random(7);
  for (int phase = 0; phase < 6; ++phase) {
    const bool growing = phase % 2 == 0;
    for (int i = 0; i < 40'000; ++i) {
      const std::string key = "key:" + std::to_string(random.below(30'000));
      if (random.below(10) < (growing ? 8U : 1U)) {
        const std::string value = std::to_string(random.next());
        put(key, value);
        model[key] = value;
      } else {
        EXPECT_EQ(erase(key), model.erase(key) == 1);
      }
    }
    ASSERT_EQ(table_.size(), model.size());
    for (const auto& [key, value] : model) {
      const auto at = table_.find(key_of(key));
      ASSERT_NE(at.entry, nullptr) << key;
      ASSERT_EQ(value_of(*at.entry), value);
    }
  }
  size_t seen = 0;
  table_.for_each([&](const Entry& entry) { seen += model.count(std::string(entry.key())); });
  EXPECT_EQ(seen, model.size());
}

// A limit on how far an entry may lie from its home once failed when some split met nine full buckets in a row.
TEST_F(TableTest, ManySplitsFindAPlaceForEveryEntry) {
  constexpr int kKeys = 1'000'000;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = std::to_string(i);
    const Key k = key_of(key);
    table_.insert(k.hash, Entry::create(key, "x", Entry::kNoExpiry), kNever);
  }
  EXPECT_EQ(table_.size(), uint64_t{kKeys});
  for (int i = 0; i < kKeys; ++i) ASSERT_NE(table_.find(key_of(std::to_string(i))).entry, nullptr);
}

TEST_F(TableTest, GivesItsMemoryBackWhenEmptied) {
  for (int i = 0; i < 50'000; ++i) put(std::to_string(i), "x");
  EXPECT_GT(table_.segment_count(), 64U);
  for (int i = 0; i < 50'000; ++i) ASSERT_TRUE(erase(std::to_string(i)));
  EXPECT_EQ(table_.index_bytes(), 0U);
  EXPECT_EQ(table_.segment_count(), 0U);
}

TEST_F(TableTest, ScanVisitsWhatStaysThroughGrowthAndShrinking) {
  base::Random random(11);
  std::set<std::string> stable;
  for (int i = 0; i < 2'000; ++i) {
    put("stable:" + std::to_string(i), "x");
    stable.insert("stable:" + std::to_string(i));
  }
  for (int round = 0; round < 4; ++round) {
    std::set<std::string> seen;
    uint64_t path = 0;
    int step = 0;
    do {
      path = table_.scan(path, [&](const Entry& entry) { seen.insert(std::string(entry.key())); });
      for (int i = 0; i < 20; ++i) {
        const std::string key = "churn:" + std::to_string(random.below(20'000));
        if (round % 2 == 0 ? random.below(4) != 0 : random.below(4) == 0)
          put(key, "y");
        else
          erase(key);
      }
      ASSERT_LT(++step, 1'000'000);
    } while (path != 0);
    for (const std::string& key : stable) ASSERT_EQ(seen.count(key), 1U) << key << " in round " << round;
  }
}

TEST_F(TableTest, TheTimeIndexFindsEachDueEntryAndNoOther) {
  base::Random random(13);
  std::map<std::string, int64_t> expiries;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(i);
    const auto expiry = static_cast<int64_t>(1 + random.below(1000));
    table_.insert(kHash(key), Entry::create(key, "v", expiry), static_cast<Tick>(expiry));
    expiries[key] = expiry;
  }
  EXPECT_EQ(table_.expiring(), 20'000U);
  for (int64_t now = 0; now <= 1000; now += 50) {
    const auto take = [&](int budget) {
      return table_.take_due(
          static_cast<Tick>(now), budget,
          [&](const Entry& entry) { return entry.expired(now) ? 0 : static_cast<Tick>(entry.expiry_ms()); },
          [&](Entry* dead) {
            EXPECT_LE(expiries.at(std::string(dead->key())), now);
            expiries.erase(std::string(dead->key()));
            Entry::destroy(dead);
          });
    };
    while (!take(100)) {}
    for (const auto& [key, expiry] : expiries) ASSERT_GT(expiry, now) << key;
    ASSERT_EQ(table_.size(), expiries.size());
  }
  EXPECT_EQ(table_.expiring(), 0U);
}

TEST(ShortTickTest, TellsTheTickNearTheClock) {
  EXPECT_TRUE(ShortTick().never());
  EXPECT_TRUE(ShortTick(kNever).never());
  for (const Tick now : {Tick{1} << 23, (Tick{1} << 24) - 1, Tick{1} << 24, Tick{0xfedcba98}}) {
    for (const int64_t ahead :
         {int64_t{-4'000'000}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{ShortTick::kHorizon}}) {
      const auto tick = static_cast<Tick>(now + ahead);
      const Tick told = ShortTick(tick).near(now);
      EXPECT_TRUE(told == tick || (told + 1 == tick && (tick & 0xffffff) == 0xffffff)) << now << " " << ahead;
      EXPECT_FALSE(ShortTick(tick).never());
    }
    EXPECT_TRUE(ShortTick(now).before(ShortTick(now + 2)));
    EXPECT_TRUE(ShortTick(now).before(ShortTick()));
    EXPECT_FALSE(ShortTick(now + 2).before(ShortTick(now)));
    EXPECT_FALSE(ShortTick(now).before(ShortTick(now)));
    EXPECT_FALSE(ShortTick().before(ShortTick(now)));
  }
}

// A table whose time index nobody looked at for weeks: a short tick no longer tells, the segment's does.
TEST_F(TableTest, TheTimeIndexFindsWhatIsLongOverdue) {
  constexpr int64_t kLate = int64_t{1} << 25;
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = std::to_string(i);
    const int64_t expiry = i % 2 == 0 ? 1 + i : kLate + 1000;
    const auto due = static_cast<Tick>(i % 2 == 0 ? expiry : kLate);  // noted late, when the first ones were overdue
    table_.insert(kHash(key), Entry::create(key, "v", expiry), due);
  }
  const auto tick = [](const Entry& entry) -> Tick {
    return entry.expired(kLate) ? 0 : static_cast<Tick>(entry.expiry_ms());
  };
  while (!table_.take_due(static_cast<Tick>(kLate), 100, tick, [](Entry* dead) { Entry::destroy(dead); })) {}
  EXPECT_EQ(table_.size(), 1'000U);
  EXPECT_EQ(table_.due(), static_cast<Tick>(kLate + 1000));
}

TEST_F(TableTest, SamplesComeFromEverywhere) {
  for (int i = 0; i < 5'000; ++i) put(std::to_string(i), "x");
  base::Random random(17);
  std::set<std::string> seen;
  std::vector<Table::Position> sampled;
  for (int i = 0; i < 20'000; ++i) {
    sampled.clear();
    table_.sample(random.next(), 5, sampled);
    ASSERT_EQ(sampled.size(), 5U);
    for (const auto& at : sampled) seen.insert(std::string(at.entry->key()));
  }
  EXPECT_GT(seen.size(), 4'900U);
}

}  // namespace
}  // namespace keyspace
