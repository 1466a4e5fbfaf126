// Goal: a HyperLogLog's registers are what its elements make them, in both encodings, and no bytes can hurt it.
// Method: random elements beside an array of registers; random and damaged bytes under the sanitizers. That the bytes
// are the reference's is tested by tests/transcripts/hyperloglog and tests/differential.
#include "values/hyperloglog.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "../seed.h"

namespace values {
namespace {

using Registers = HyperLogLog::Registers;

Registers registers_of(const std::string& bytes) {
  Registers registers{};
  EXPECT_TRUE(HyperLogLog::of(bytes)->raise(registers));
  return registers;
}

HyperLogLog::Mark draw(std::mt19937_64& random) {
  HyperLogLog::Mark mark = HyperLogLog::mark_of(std::to_string(random()));
  if (random() % 4 == 0) mark.index = static_cast<uint32_t>(random() % 300);  // neighbours, to be split and joined
  if (random() % 8 == 0) mark.rank = static_cast<uint8_t>(1 + random() % 5);
  if (random() % 4000 == 0) mark.rank = static_cast<uint8_t>(33 + random() % 19);  // no run has it
  return mark;
}

TEST(HyperLogLog, HasTheRegistersThatItsElementsMake) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 60; ++round) {
    const size_t limit = random() % 3 == 0 ? 200 : 3000;
    std::string bytes(HyperLogLog::empty());
    Registers model{};
    for (int step = 0; step < 1500; ++step) {
      const HyperLogLog::Mark mark = draw(random);
      const bool rises = mark.rank > model[mark.index];
      model[mark.index] = std::max(model[mark.index], mark.rank);
      ASSERT_EQ(raise_register(bytes, mark, limit), rises ? Raised::kYes : Raised::kNo);
      const HyperLogLog view = *HyperLogLog::of(bytes);
      ASSERT_TRUE(view.dense() || bytes.size() <= limit);
      if (step % 100 == 0) {
        ASSERT_EQ(registers_of(bytes), model);
      }
    }
    ASSERT_EQ(registers_of(bytes), model);
    ASSERT_EQ(HyperLogLog::of(bytes)->count(), count_registers(model));
    ASSERT_TRUE(make_dense(bytes));
    ASSERT_EQ(registers_of(bytes), model);
    for (uint32_t i = 0; i < model.size(); ++i) ASSERT_EQ(HyperLogLog::of(bytes)->dense_register(i), model[i]);
  }
}

TEST(HyperLogLog, CountsWithinSixStandardErrors) {
  std::string bytes(HyperLogLog::empty());
  EXPECT_EQ(HyperLogLog::of(bytes)->count(), 0U);
  for (int count = 1; count <= 300'000; ++count) {
    raise_register(bytes, HyperLogLog::mark_of("element:" + std::to_string(count)), 3000);
    if (count % 10'000 != 0 && count > 10) continue;
    const double counted = static_cast<double>(*HyperLogLog::of(bytes)->count());
    ASSERT_NEAR(counted, count, 1 + 6 * 1.04 / 128 * count);
  }
}

// Recorded from valkey-server 9.1.2: PFADD k a b c; GET k; PFCOUNT k; GET k.
TEST(HyperLogLog, IsByteForByteTheReferences) {
  std::string bytes(HyperLogLog::empty());
  for (const char* element : {"a", "b", "c"}) raise_register(bytes, HyperLogLog::mark_of(element), 3000);
  EXPECT_EQ(HyperLogLog::of(bytes)->runs_text(), "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603");
  EXPECT_EQ(HyperLogLog::of(bytes)->cached_count(), std::nullopt);
  EXPECT_EQ(HyperLogLog::of(bytes)->count(), 3U);
  cache_count(bytes, 3);
  EXPECT_EQ(HyperLogLog::of(bytes)->cached_count(), 3U);
  EXPECT_EQ(bytes.substr(8, 8), std::string("\x03\0\0\0\0\0\0\0", 8));
}

TEST(HyperLogLog, DenseRegistersAreWrittenTogetherAndApart) {
  std::mt19937_64 random(test_seed());
  std::string bytes(HyperLogLog::empty());
  ASSERT_TRUE(make_dense(bytes));
  Registers model{};
  for (uint8_t& value : model) value = static_cast<uint8_t>(random() % 64);
  set_dense_registers(bytes, model);
  EXPECT_EQ(registers_of(bytes), model);
  for (uint32_t i = 0; i < model.size(); ++i) {
    const auto rank = static_cast<uint8_t>(random() % 64);
    ASSERT_EQ(raise_dense_register(bytes, {i, rank}), rank > model[i]);
    model[i] = std::max(model[i], rank);
  }
  EXPECT_EQ(registers_of(bytes), model);
}

TEST(HyperLogLog, RefusesOtherStrings) {
  const std::string good(HyperLogLog::empty());
  EXPECT_TRUE(HyperLogLog::of(good));
  EXPECT_FALSE(HyperLogLog::of(""));
  EXPECT_FALSE(HyperLogLog::of(good.substr(0, 15)));
  EXPECT_FALSE(HyperLogLog::of("hyll" + good.substr(4)));
  EXPECT_FALSE(HyperLogLog::of("HYLL\x02" + good.substr(5)));
  EXPECT_FALSE(HyperLogLog::of(std::string("HYLL\0", 5) + good.substr(5)));  // dense, and too short
  EXPECT_TRUE(HyperLogLog::of(good.substr(0, 16)));                          // without any run: corrupt, but one
  EXPECT_EQ(HyperLogLog::of(std::string_view(good).substr(0, 16))->count(), std::nullopt);
}

// Whatever the runs say: nothing is read or written out of bounds, and what does not add up is said to be corrupt.
TEST(HyperLogLog, SurvivesHostileRuns) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(HyperLogLog::empty());
    if (random() % 2 == 0) {
      bytes.resize(HyperLogLog::kHeaderBytes);
      for (size_t left = random() % 40; left > 0; --left) bytes.push_back(static_cast<char>(random()));
    } else {
      for (int i = 0; i < 20; ++i) raise_register(bytes, draw(random), 3000);
      bytes[HyperLogLog::kHeaderBytes + random() % (bytes.size() - HyperLogLog::kHeaderBytes)] =
          static_cast<char>(random());
      if (random() % 3 == 0) bytes.pop_back();
    }
    bytes.shrink_to_fit();
    if (!HyperLogLog::of(bytes)) continue;  // it had become dense, and was cut
    const HyperLogLog view = *HyperLogLog::of(bytes);
    Registers registers{};
    const bool whole = view.raise(registers);
    EXPECT_EQ(view.count().has_value(), whole);
    if (whole) {
      EXPECT_EQ(view.count(), count_registers(registers));
    }
    std::string copy = bytes;
    EXPECT_EQ(make_dense(copy), whole);
    for (int i = 0; i < 20; ++i) raise_register(bytes, draw(random), random() % 2 == 0 ? 3000 : 20);
  }
}

}  // namespace
}  // namespace values
