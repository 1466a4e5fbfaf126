// Goal: every form of a value is read, whoever wrote it; what is written again is read again and says the same; and no
// bytes whatever do more than be refused.
// Method: recorded payloads (recorded.h), all of their prefixes and all single bytes of them exchanged, and values of
// random elements there and back in each version.
#include <gtest/gtest.h>

#include <algorithm>

#include "../seed.h"
#include "base/random.h"
#include "rdb/read_value.h"
#include "rdb/write_value.h"
#include "recorded.h"
#include "values/stream.h"

namespace rdb {
namespace {

constexpr Limits kLimits{.list = {-2, 0}, .set = {512, 128, 64}, .sorted_set = {128, 64}, .hash = {512, 64}};
constexpr Limits kLowLimits{.list = {2, 1}, .set = {1, 1, 2}, .sorted_set = {1, 2}, .hash = {1, 2}};

// Not compressed: LZF does not make the same bytes of a text each time.
std::string write(const Value& value, uint16_t version = kVersion) {
  std::string out;
  if (value.is_text()) {
    write_text_value(out, value.text(), {.version = version, .compress = false});
  } else {
    write_collection(out, value.collection(), {.version = version, .compress = false});
  }
  return out;
}

// The elements in an order that no hash table decides.
std::string sorted(std::string bytes) {
  std::sort(bytes.begin(), bytes.end());
  return bytes;
}

// A value may get a smaller encoding when it is read again; then it keeps that.
void expect_stable(const Value& value, std::string_view what, const Limits& limits) {
  const std::string first = write(value);
  Input input(first);
  const auto again = read_value(input, kVersion, limits);
  ASSERT_TRUE(static_cast<bool>(again)) << what;
  EXPECT_EQ(input.left(), 0U) << what;
  const std::string second = write(*again);
  Input second_input(second);
  const auto last = read_value(second_input, kVersion, limits);
  ASSERT_TRUE(static_cast<bool>(last)) << what;
  EXPECT_EQ(sorted(write(*last)), sorted(second)) << what;
}

TEST(Value, EveryRecordedOneIsReadAndWrittenAgain) {
  for (const Recorded& recorded : kRecorded) {
    const std::string bytes = recorded.bytes();
    for (const bool low : {false, true}) {
      const Limits& limits = low ? kLowLimits : kLimits;
      Input input(bytes);
      const auto value = read_value(input, recorded.version, limits);
      ASSERT_TRUE(static_cast<bool>(value)) << recorded.name;
      EXPECT_EQ(input.left(), 0U) << recorded.name;
      expect_stable(*value, recorded.name, limits);
      const bool is_newest = recorded.version == kVersion && recorded.name.find("_r") == recorded.name.npos;
      const bool is_compressed = bytes.find('\xc3') != bytes.npos;
      if (!low && is_newest && !is_compressed) {
        EXPECT_EQ(sorted(write(*value)), sorted(bytes)) << recorded.name;
      }
    }
  }
}

TEST(Value, RecordedOnesHaveTheReferencesEncodings) {
  const auto encoding = [](std::string_view name) -> std::string_view {
    for (const Recorded& recorded : kRecorded) {
      if (recorded.name != name) continue;
      const std::string bytes = recorded.bytes();
      Input input(bytes);
      const auto value = read_value(input, recorded.version, kLimits);
      return value->collection().row().encoding(value->collection().word);
    }
    return "missing";
  };
  EXPECT_EQ(encoding("list_plain"), "listpack");
  EXPECT_EQ(encoding("list_quicklist"), "quicklist");
  EXPECT_EQ(encoding("set_intset64"), "intset");
  EXPECT_EQ(encoding("set_listpack_r70"), "listpack");
  EXPECT_EQ(encoding("set_table"), "hashtable");
  EXPECT_EQ(encoding("hash_zipmap"), "listpack");
  EXPECT_EQ(encoding("hash_ziplist"), "listpack");
  EXPECT_EQ(encoding("hash_expiring"), "hashtable");
  EXPECT_EQ(encoding("hash_expiring_r80"), "hashtable");
  EXPECT_EQ(encoding("zset_text"), "listpack");
  EXPECT_EQ(encoding("zset_table"), "skiplist");
}

TEST(Value, RedisAndValkeyTellOfTheSameExpiries) {
  for (const Recorded& recorded : kRecorded) {
    if (!recorded.name.starts_with("hash_expiring")) continue;
    const std::string bytes = recorded.bytes();
    Input input(bytes);
    const auto value = read_value(input, recorded.version, kLimits);
    ASSERT_TRUE(static_cast<bool>(value));
    const auto hash = values::Hash::from_word(value->collection().word);
    EXPECT_EQ(hash.expiry_ms("a", 0), 4'000'000'000'000) << recorded.name;
    const bool is_large = recorded.name.find("large") != recorded.name.npos;
    EXPECT_EQ(hash.expiry_ms("c", 0), values::Hash::kNoExpiry) << recorded.name;
    if (is_large) {
      EXPECT_EQ(hash.expiry_ms("b", 0), 4'000'000'000'777) << recorded.name;
    }
  }
}

TEST(Value, WhateverTheBytesAreTheyAreRefusedOrMakeAValue) {
  for (const Recorded& recorded : kRecorded) {
    const std::string bytes = recorded.bytes();
    for (size_t at = 0; at < bytes.size(); ++at) {
      Input cut(std::string_view(bytes).substr(0, at));
      EXPECT_FALSE(static_cast<bool>(read_value(cut, recorded.version, kLimits))) << recorded.name << " " << at;
      for (const int change : {1, 2, 3, 16, 64, 127, 128, 255}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] + change);
        Input input(damaged);
        const auto value = read_value(input, recorded.version, kLimits);
        if (value) expect_stable(*value, recorded.name, kLimits);
      }
    }
  }
}

// Of each type, with up to `count` elements.
std::vector<Value> random_values(base::Random& random, uint64_t count) {
  const auto word = [&] {
    const uint64_t kind = random.below(4);
    if (kind == 0) return std::to_string(static_cast<int64_t>(random.below(1000)) - 500);
    return std::string(random.below(kind == 1 ? 100 : 8), static_cast<char>('a' + random.below(20)));
  };
  auto list = values::List::make();
  auto set = values::Set::make();
  auto hash = values::Hash::make();
  auto sorted_set = values::SortedSet::make();
  auto stream = values::Stream::make();
  for (uint64_t left = 1 + random.below(count); left > 0; --left) {
    const std::string one = word(), two = word();
    const std::string_view pair[] = {one, two};
    list.push(values::ListEnd::kBack, pair, kLimits.list);
    set.add(one, kLimits.set);
    hash.set(one, two, {.limits = kLimits.hash});
    sorted_set.add(one, {}, static_cast<double>(random.below(50)) / 4 - 5, kLimits.sorted_set);
    const values::StreamId last = stream.counters().last_id;
    stream.append({last.ms + random.below(2), last.sequence + 1}, pair, {.node_max_entries = 7});
  }
  std::vector<Value> made;
  made.push_back(Value::of(list));
  made.push_back(Value::of(set));
  made.push_back(Value::of(hash));
  made.push_back(Value::of(sorted_set));
  made.push_back(Value::of(stream));
  return made;
}

TEST(Value, EachVersionCarriesTheElements) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (int round = 0; round < 300; ++round) {
    for (const Value& value : random_values(random, round % 3 == 0 ? 600 : 20)) {
      const std::string elements = write(value, 9);
      for (const uint16_t version : {9, 10, 11, 12, 80}) {
        const std::string bytes = write(value, version);
        EXPECT_LE(first_version_of(static_cast<ValueType>(bytes[0])), version);
        Input input(bytes);
        const auto again = read_value(input, version, kLimits);
        ASSERT_TRUE(static_cast<bool>(again));
        EXPECT_EQ(sorted(write(*again, 9)), sorted(elements)) << version;
      }
    }
  }
}

}  // namespace
}  // namespace rdb
