// Goal: the hash table behaves as a set of texts through every change of shape, also when it is small; its scan, its
// random entries and its sums keep their promises.
// Method: random inserts and erases beside std::unordered_map; scans while it grows and shrinks; frequencies of random
// entries.
#include "structures/hash_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "../seed.h"
#include "structures/text_entry.h"

namespace structures {
namespace {

using Members = HashTable<TextEntryTraits<8>>;

class HashTableTest : public testing::Test {
 protected:
  bool put(const std::string& text, uint64_t value) {
    const uint64_t hash = text_hash(text);
    const auto at = table_.find(text, hash);
    if (at.entry != nullptr) {
      std::memcpy(at.entry->extra(), &value, sizeof value);
      return false;
    }
    TextEntry* const entry = TextEntry::create(text, sizeof value);
    std::memcpy(entry->extra(), &value, sizeof value);
    table_.insert(hash, entry);
    return true;
  }
  bool erase(const std::string& text) {
    const auto at = table_.find(text, text_hash(text));
    if (at.entry == nullptr) return false;
    TextEntry::destroy(table_.take(at), 8);
    return true;
  }
  std::optional<uint64_t> value(const std::string& text) const {
    const auto at = table_.find(text, text_hash(text));
    if (at.entry == nullptr) return std::nullopt;
    uint64_t value = 0;
    std::memcpy(&value, at.entry->extra(), sizeof value);
    return value;
  }
  Members table_;
};

std::string text_of(uint64_t number) {
  // Some are longer than a varint of one byte says, one is empty.
  if (number == 0) return "";
  return std::to_string(number) + std::string(number % 97 == 0 ? 200 : number % 7, 'x');
}

TEST_F(HashTableTest, AgreesWithAMapUnderRandomChanges) {
  TRACE_SEED();
  base::Random random(test_seed());
  std::unordered_map<std::string, uint64_t> model;
  // Ranges small enough to stay without a directory, around its edge, and large.
  for (const uint64_t range : {5U, 38U, 60U, 200U, 1'500U, 40'000U, 30U, 3'000U}) {
    for (int i = 0; i < 60'000; ++i) {
      const bool growing = (i / static_cast<int>(4 * range)) % 2 == 0;
      const std::string text = text_of(random.below(range));
      if (random.below(10) < (growing ? 8U : 1U)) {
        const uint64_t value = random.next();
        ASSERT_EQ(put(text, value), model.insert_or_assign(text, value).second);
      } else {
        ASSERT_EQ(erase(text), model.erase(text) == 1);
      }
      ASSERT_EQ(table_.size(), model.size());
    }
    uint64_t bytes = 0;
    for (const auto& [text, held] : model) {
      ASSERT_EQ(value(text), held) << text;
      bytes += block_size(TextEntry::text_bytes(text.size()) + 8);
    }
    EXPECT_EQ(table_.weight(), bytes);
    std::unordered_set<std::string> seen;
    table_.for_each([&](const TextEntry& entry) { EXPECT_TRUE(seen.emplace(entry.text()).second); });
    ASSERT_EQ(seen.size(), model.size());
    for (const std::string& text : seen) ASSERT_EQ(model.count(text), 1U);
  }
}

TEST_F(HashTableTest, ASmallTableHasASmallIndex) {
  EXPECT_EQ(table_.index_bytes(), 0U);
  put(text_of(1), 1);
  EXPECT_LE(table_.index_bytes(), 64U);
  uint64_t size = 1;
  const auto fill_to = [&](uint64_t wanted) {
    for (; size < wanted; ++size) put(text_of(size + 1), size);
  };
  fill_to(4 * uint64_t{Bucket::kPlaces});
  EXPECT_LE(table_.index_bytes(), 256U);
  constexpr uint64_t kLoose = Bucket::kPlaces == 10 ? 100 : 130;  // in sanitizer builds a bucket has fewer places
  fill_to(200);
  EXPECT_LE(table_.index_bytes(), 2'400U * kLoose / 100);
  fill_to(100'000);
  EXPECT_LE(table_.index_bytes(), 850'000U * kLoose / 100);
}

TEST_F(HashTableTest, GivesItsIndexBackAsItShrinks) {
  for (uint64_t i = 0; i < 50'000; ++i) put(text_of(i), i);
  for (uint64_t i = 0; i < 49'900; ++i) ASSERT_TRUE(erase(text_of(i)));
  EXPECT_LE(table_.index_bytes(), 4'096U);
  for (uint64_t i = 49'900; i < 49'999; ++i) ASSERT_TRUE(erase(text_of(i)));
  EXPECT_LE(table_.index_bytes(), 256U);
  EXPECT_EQ(value(text_of(49'999)), 49'999U);
  ASSERT_TRUE(erase(text_of(49'999)));
  EXPECT_EQ(table_.index_bytes(), 0U);
  EXPECT_EQ(table_.weight(), 0U);
}

TEST_F(HashTableTest, AScanVisitsWhatStaysThroughGrowthAndShrinking) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (const uint64_t stable : {3U, 30U, 1'000U}) {
    for (uint64_t i = 0; i < stable; ++i) put("stable:" + std::to_string(i), i);
    for (int round = 0; round < 6; ++round) {
      std::map<std::string, int> seen;
      uint64_t cursor = 0;
      int step = 0;
      do {
        const uint64_t count = 1 + random.below(20);
        cursor = table_.scan_from(cursor, count, [&](const TextEntry& entry) { ++seen[std::string(entry.text())]; });
        ASSERT_LT(cursor, uint64_t{1} << 53);
        for (int i = 0; i < 60; ++i) {
          const std::string text = "churn:" + std::to_string(random.below(10'000));
          if (random.below(8) < (round % 2 == 0 ? 7U : 1U)) {
            put(text, 0);
          } else {
            erase(text);
          }
        }
        ASSERT_LT(++step, 100'000);
      } while (cursor != 0);
      for (uint64_t i = 0; i < stable; ++i) {
        ASSERT_GE(seen["stable:" + std::to_string(i)], 1) << "stable:" << i << " in round " << round;
      }
    }
  }
}

// A scan of a table that does not change meets each entry once, but for a few at the edge of a rounded cursor.
TEST_F(HashTableTest, AScanOfAQuietTableHardlyRepeatsItself) {
  for (uint64_t i = 0; i < 20'000; ++i) put(text_of(i), i);
  uint64_t cursor = 0, visited = 0;
  std::unordered_set<std::string> seen;
  do {
    cursor = table_.scan_from(cursor, 10, [&](const TextEntry& entry) {
      ++visited;
      seen.emplace(entry.text());
    });
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 20'000U);
  EXPECT_LE(visited, 20'010U);
}

TEST_F(HashTableTest, EveryEntryHasTheSameChance) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (const uint64_t size : {1U, 7U, 33U, 100U, 5'000U}) {
    table_.clear();
    for (uint64_t i = 0; i < 3 * size; ++i) put(text_of(i), i);
    for (uint64_t i = size; i < 3 * size; ++i) erase(text_of(i));
    std::vector<uint64_t> drawn(size);
    const uint64_t draws = size * 400;
    for (uint64_t i = 0; i < draws; ++i) {
      uint64_t value = 0;
      std::memcpy(&value, table_.random(random).entry->extra(), sizeof value);
      ASSERT_LT(value, size);
      ++drawn[value];
    }
    // Each count is Poisson around 400: chi square per degree of freedom is near 1, its deviation sqrt(2 / size).
    double chi_square = 0;
    for (const uint64_t count : drawn) {
      const double off = static_cast<double>(count) - 400;
      chi_square += off * off / 400;
    }
    const auto degrees = static_cast<double>(size);
    EXPECT_LT(chi_square / degrees, 1 + 6 * std::sqrt(2 / degrees)) << size;
  }
}

TEST_F(HashTableTest, ItsSegmentsAreAllOfItOnce) {
  for (const uint64_t size : {0U, 5U, 40U, 300U, 30'000U}) {
    table_.clear();
    for (uint64_t i = 0; i < size; ++i) put(text_of(i), i);
    std::unordered_set<std::string> seen;
    uint64_t path = 0, visited = 0;
    do {
      const uint64_t before = visited;
      path = table_.visit_segment(path, [&](const TextEntry& entry) {
        ++visited;
        seen.emplace(entry.text());
      });
      EXPECT_LE(visited - before, 1'200U);
    } while (path != 0);
    EXPECT_EQ(visited, size);
    EXPECT_EQ(seen.size(), size);
  }
}

TEST_F(HashTableTest, EndsInSlices) {
  for (uint64_t i = 0; i < 30'000; ++i) put(text_of(i), i);
  uint64_t path = 0, ended = 0;
  do {
    uint64_t slice = 0;
    path = table_.drain(path, [&](TextEntry* entry) {
      ++slice;
      TextEntry::destroy(entry, 8);
    });
    EXPECT_LE(slice, 1'200U);
    ended += slice;
  } while (path != 0);
  EXPECT_EQ(ended, 30'000U);
  EXPECT_TRUE(table_.empty());
}

TEST_F(HashTableTest, ReplacingAnEntryKeepsItsPlaceAndTheSums) {
  for (const uint64_t size : {20U, 2'000U}) {
    for (uint64_t i = 0; i < size; ++i) put(text_of(i), i);
    for (uint64_t i = 0; i < size; ++i) {
      const auto at = table_.find(text_of(i), text_hash(text_of(i)));
      TextEntry* const made = TextEntry::create(text_of(i), 8);
      const uint64_t value = i + 1;
      std::memcpy(made->extra(), &value, sizeof value);
      table_.replace(at, made);
      TextEntry::destroy(at.entry, 8);
    }
    EXPECT_EQ(table_.size(), size);
    for (uint64_t i = 0; i < size; ++i) ASSERT_EQ(value(text_of(i)), i + 1);
    table_.clear();
    EXPECT_EQ(table_.weight(), 0U);
  }
}

TEST_F(HashTableTest, MovesWithItsEntries) {
  for (uint64_t i = 0; i < 20; ++i) put(text_of(i), i);
  Members moved(std::move(table_));
  EXPECT_EQ(moved.size(), 20U);
  EXPECT_NE(moved.find(text_of(7), text_hash(text_of(7))).entry, nullptr);
}

}  // namespace
}  // namespace structures
