// Goal: a hash behaves as a map from field to value and expiry in each of its encodings, and forgets what has expired.
// Method: random operations beside a std::map that holds the expiry, with a clock that runs on.
#include "values/hash.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "../seed.h"

namespace values {
namespace {

constexpr int64_t kStart = 1'790'000'000'000;

std::string text_of(const Hash::Element& element) {
  Hash::Element::Buffer buffer;
  return std::string(element.text(buffer));
}

struct Modelled {
  std::string value;
  int64_t expiry_ms = Hash::kNoExpiry;
};
using Model = std::map<std::string, Modelled>;

bool live(const Model& model, const std::string& field, int64_t now_ms) {
  const auto at = model.find(field);
  return at != model.end() && (at->second.expiry_ms == Hash::kNoExpiry || at->second.expiry_ms > now_ms);
}

void expect_same(const Hash& hash, const Model& model, int64_t now_ms) {
  uint64_t alive = 0;
  for (const auto& [field, held] : model) {
    const auto value = hash.get(field, now_ms);
    ASSERT_EQ(value.has_value(), live(model, field, now_ms)) << field;
    if (!value) continue;
    ++alive;
    ASSERT_EQ(text_of(*value), held.value);
    ASSERT_EQ(hash.expiry_ms(field, now_ms), held.expiry_ms);
  }
  ASSERT_EQ(hash.size(), model.size());
  ASSERT_EQ(hash.live_size(now_ms), alive);
  std::set<std::string> seen;
  hash.for_each(now_ms, [&](const Hash::Element& name, const Hash::Element& value) {
    const auto at = model.find(text_of(name));
    ASSERT_NE(at, model.end());
    EXPECT_EQ(at->second.value, text_of(value));
    seen.insert(text_of(name));
  });
  ASSERT_EQ(seen.size(), alive);
}

class HashTest : public testing::Test {
 protected:
  ~HashTest() override { hash_.destroy(); }

  std::string random_value(base::Random& random) {
    if (random.below(3) == 0) return std::to_string(static_cast<int64_t>(random.next()) >> random.below(64));
    return std::string(random.below(12) == 0 ? random.below(400) : random.below(20), 'v');
  }

  Hash hash_ = Hash::make();
};

TEST_F(HashTest, AgreesWithAMapWhateverIsDone) {
  TRACE_SEED();
  base::Random random(test_seed());
  Model model;
  int64_t now = kStart;
  for (int step = 0; step < 60'000; ++step) {
    const uint64_t range = step < 2'000 ? 20 : step < 40'000 ? 3'000 : 60;
    const std::string field = "f" + std::to_string(random.below(range));
    const bool was_live = live(model, field, now);
    const int64_t expiry = now + 1 + static_cast<int64_t>(random.below(5'000'000));
    switch (random.below(step < 2'000 ? 4 : 8)) {
      case 0:
      case 1:
      case 2: {
        const std::string value = random_value(random);
        const bool there = model.contains(field);
        const auto stored = hash_.set(field, value, {.limits = {}, .now_ms = now});
        ASSERT_EQ(stored, was_live ? Hash::Stored::kReplaced
                          : there  ? Hash::Stored::kReplacedExpired
                                   : Hash::Stored::kAdded);
        model[field] = {value};
        break;
      }
      case 3:
        ASSERT_EQ(hash_.erase(field, now), was_live);
        if (was_live) model.erase(field);
        break;
      case 4:
      case 5:
        ASSERT_EQ(hash_.set_expiry(field, expiry, now), was_live);
        if (was_live) model[field].expiry_ms = expiry;
        break;
      case 6:
        ASSERT_EQ(hash_.set_expiry(field, Hash::kNoExpiry, now), was_live);
        if (was_live) model[field].expiry_ms = Hash::kNoExpiry;
        break;
      default: {
        const std::string value = random_value(random);
        hash_.set(field, value, {.limits = {}, .now_ms = now, .expiry_ms = expiry, .keeps_expiry = true});
        model[field] = {value, was_live ? model[field].expiry_ms : expiry};
      }
    }
    now += static_cast<int64_t>(random.below(300));
    if (step % 500 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_same(hash_, model, now));
    }
    if (step % 97 == 0) {
      while (hash_.has_expiries() && hash_.next_due_ms() <= now) hash_.reclaim(now, 50);
      std::erase_if(model, [&](const auto& held) {  // but for the newest ones, which the ticks do not tell yet
        return held.second.expiry_ms != Hash::kNoExpiry && !hash_.has(held.first, Hash::kSeesAll);
      });
      for (const auto& [name, held] : model) {
        ASSERT_TRUE(held.expiry_ms == Hash::kNoExpiry || held.expiry_ms > now - 300) << name;
      }
    }
  }
  EXPECT_EQ(hash_.encoding(), "hashtable");
}

TEST_F(HashTest, ConvertsAtTheLimits) {
  const HashLimits limits{.max_listpack_entries = 4, .max_listpack_value = 8};
  for (const char* field : {"a", "b", "c", "d"}) hash_.set(field, "12345678", {.limits = limits});
  EXPECT_EQ(hash_.encoding(), "listpack");
  hash_.set("a", "123456789", {.limits = limits});
  EXPECT_EQ(hash_.encoding(), "hashtable");
  hash_.destroy();
  hash_ = Hash::make();
  for (const char* field : {"a", "b", "c", "d", "e"}) hash_.set(field, "1", {.limits = limits});
  EXPECT_EQ(hash_.encoding(), "hashtable");
  EXPECT_EQ(hash_.size(), 5U);
}

TEST_F(HashTest, ACopyIsDeep) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string field = std::to_string(i);
    hash_.set(field, field,
              {.limits = {}, .now_ms = kStart, .expiry_ms = i % 2 == 0 ? kStart + 1'000 : Hash::kNoExpiry});
  }
  Hash copied = hash_.copy();
  for (int i = 0; i < 1'000; ++i) hash_.erase(std::to_string(i), kStart);
  EXPECT_TRUE(hash_.empty());
  EXPECT_EQ(copied.size(), 1'000U);
  EXPECT_EQ(text_of(*copied.get("17", kStart)), "17");
  EXPECT_EQ(copied.expiry_ms("16", kStart), kStart + 1'000);
  while (copied.reclaim(kStart + 2'000, 100) > 0) {}
  EXPECT_EQ(copied.size(), 500U);
  EXPECT_FALSE(copied.has_expiries());
  copied.destroy();
}

TEST_F(HashTest, SaysWhenItIsDue) {
  hash_.set("never", "1", {});
  EXPECT_EQ(hash_.next_due_ms(), Hash::kNoExpiry);
  EXPECT_EQ(hash_.encoding(), "listpack");
  ASSERT_TRUE(hash_.set_expiry("never", kStart + 10'000, kStart));
  EXPECT_EQ(hash_.encoding(), "hashtable");
  const int64_t due = hash_.next_due_ms();
  EXPECT_GE(due, kStart + 10'000);
  EXPECT_LE(due, kStart + 10'300);
  EXPECT_EQ(hash_.reclaim(due - 300, 10), 0U);
  EXPECT_EQ(hash_.reclaim(due, 10), 1U);
  EXPECT_EQ(hash_.next_due_ms(), Hash::kNoExpiry);
  EXPECT_TRUE(hash_.empty());
}

TEST_F(HashTest, ErasesAllThatHasExpiredToTheMillisecond) {
  for (int64_t i = 0; i < 1'000; ++i) {
    hash_.set(std::to_string(i), "value", {.limits = {}, .now_ms = kStart, .expiry_ms = kStart + 1 + i});
  }
  hash_.set("never", "value", {.limits = {}, .now_ms = kStart});
  for (const int64_t passed : {0, 1, 2, 127, 128, 129, 500, 999}) {
    hash_.erase_expired(kStart + passed);
    EXPECT_EQ(hash_.size(), static_cast<uint64_t>(1'001 - passed));
    EXPECT_EQ(hash_.live_size(kStart + passed), hash_.size());
  }
  hash_.erase_expired(kStart + 1'000);
  EXPECT_EQ(hash_.size(), 1U);
  EXPECT_FALSE(hash_.has_expiries());
}

TEST_F(HashTest, DrawsOnlyLiveFields) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (const int size : {8, 2'000}) {
    for (int i = 0; i < size; ++i)
      hash_.set("f" + std::to_string(i), std::to_string(i), {.limits = {}, .now_ms = kStart});
    if (size > 8) {
      for (int i = 0; i < size; i += 2) hash_.set_expiry("f" + std::to_string(i), kStart + 1, kStart);
    }
    const int64_t now = kStart + 5;
    for (const uint64_t count : {1U, 5U, 100U, 1'500U, 10'000U}) {
      std::set<std::string> names;
      const auto drawn = hash_.random_distinct(random, count, now);
      for (const auto& [name, value] : drawn) {
        EXPECT_EQ(text_of(name), "f" + text_of(value));
        EXPECT_TRUE(hash_.has(text_of(name), now));
        EXPECT_TRUE(names.insert(text_of(name)).second);
      }
      EXPECT_EQ(names.size(), std::min<uint64_t>(count, hash_.live_size(now)));
    }
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(hash_.has(text_of(hash_.random(random, now)->name), now));
  }
}

TEST_F(HashTest, AScanMeetsEveryLiveField) {
  for (int i = 0; i < 3'000; ++i) {
    hash_.set("f" + std::to_string(i), "v",
              {.limits = {}, .now_ms = kStart, .expiry_ms = i % 3 == 0 ? kStart + 1 : -1});
  }
  std::set<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = hash_.scan(cursor, 10, kStart + 2,
                        [&](const Hash::Element& name, const Hash::Element&) { seen.insert(text_of(name)); });
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 2'000U);
}

}  // namespace
}  // namespace values
