// Goal: an intset holds what a sorted set of integers would, byte for byte as RDB has it, and refuses hostile bytes.
// Method: random additions and removals beside std::set, at the limits of every width; bytes with one thing wrong.
#include "structures/intset.h"

#include <iterator>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "../seed.h"
#include "structures/memory.h"

namespace structures {
namespace {

constexpr int64_t kEdges[] = {0,         -1,        INT16_MIN,      INT16_MAX,      INT16_MIN - 1L, INT16_MAX + 1L,
                              INT32_MIN, INT32_MAX, INT32_MIN - 1L, INT32_MAX + 1L, INT64_MIN,      INT64_MAX};

int64_t draw(std::mt19937_64& random, int bits) {
  if (random() % 50 == 0) {
    const int64_t edge = kEdges[random() % std::size(kEdges)];
    if (bits == 64 || (edge >= -(int64_t{1} << (bits - 1)) && edge < int64_t{1} << (bits - 1))) return edge;
  }
  return static_cast<int64_t>(random()) >> (64 - bits);
}

void expect_same(const Intset& intset, const std::set<int64_t>& model) {
  ASSERT_EQ(intset.size(), model.size());
  uint32_t index = 0;
  for (const int64_t value : model) ASSERT_EQ(intset.at(index++), value);
  if (!model.empty()) {
    ASSERT_EQ(intset.min(), *model.begin());
    ASSERT_EQ(intset.max(), *model.rbegin());
    ASSERT_TRUE(Intset::is_valid(intset.bytes()));
  }
}

// One life of an intset whose values have so many bits.
void live(std::mt19937_64& random, int bits) {
  Intset intset = Intset::make();
  std::set<int64_t> model;
  const size_t most = random() % 200;
  for (int step = 0; step < 400; ++step) {
    const int64_t value = draw(random, bits);
    if (model.size() < most && random() % 3 != 0) {
      ASSERT_EQ(intset.add(value), model.insert(value).second);
    } else {
      const int64_t gone = model.empty() || random() % 2 == 0 ? value : *model.lower_bound(*model.begin());
      ASSERT_EQ(intset.remove(gone), model.erase(gone) == 1);
    }
    ASSERT_EQ(intset.contains(value), model.contains(value));
    const auto bound = static_cast<uint32_t>(std::distance(model.begin(), model.lower_bound(value)));
    ASSERT_EQ(intset.lower_bound(value), bound);
  }
  expect_same(intset, model);
  Intset copy = intset.copy();
  intset.destroy();
  expect_same(copy, model);
  copy.destroy();
}

TEST(Intset, HoldsWhatASetWould) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 300; ++round) {
    live(random, 1 + static_cast<int>(random() % 64));
    if (HasFatalFailure()) return;
  }
}

TEST(Intset, GrowsItsWidthWhenAMemberNeedsItAndKeepsIt) {
  Intset intset = Intset::make();
  EXPECT_EQ(intset.bytes(), std::string_view("\x02\0\0\0\0\0\0\0", 8));
  intset.add(5);
  intset.add(-1);
  EXPECT_EQ(intset.bytes(), std::string_view("\x02\0\0\0\x02\0\0\0\xff\xff\x05\0", 12));
  intset.add(-40000);
  EXPECT_EQ(intset.bytes(), std::string_view("\x04\0\0\0\x03\0\0\0\xc0\x63\xff\xff\xff\xff\xff\xff\x05\0\0\0", 20));
  intset.add(int64_t{1} << 40);
  EXPECT_TRUE(intset.remove(int64_t{1} << 40));
  EXPECT_TRUE(intset.remove(-1));
  EXPECT_TRUE(intset.remove(-40000));
  EXPECT_EQ(intset.bytes(), std::string_view("\x08\0\0\0\x01\0\0\0\x05\0\0\0\0\0\0\0", 16));
  intset.destroy();
}

TEST(Intset, RefusesHostileBytes) {
  const std::string good("\x02\0\0\0\x03\0\0\0\x01\0\x02\0\x03\0", 14);
  ASSERT_TRUE(Intset::is_valid(good));
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(Intset::is_valid(good.substr(0, size)));
  EXPECT_FALSE(Intset::is_valid(good + "x"));
  EXPECT_FALSE(Intset::is_valid(std::string("\x02\0\0\0\0\0\0\0", 8)));  // RDB has no empty sets
  const auto with = [&good](size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return bytes;
  };
  EXPECT_FALSE(Intset::is_valid(with(0, 1)));
  EXPECT_FALSE(Intset::is_valid(with(0, 0)));
  EXPECT_FALSE(Intset::is_valid(with(0, 4)));
  EXPECT_FALSE(Intset::is_valid(with(4, 4)));
  EXPECT_FALSE(Intset::is_valid(with(4, 2)));
  EXPECT_FALSE(Intset::is_valid(with(7, '\x80')));
  EXPECT_FALSE(Intset::is_valid(with(8, 2)));        // twice the same
  EXPECT_FALSE(Intset::is_valid(with(8, 3)));        // not sorted
  EXPECT_TRUE(Intset::is_valid(with(9, '\xff')));    // a lower number first
  EXPECT_FALSE(Intset::is_valid(with(13, '\xff')));  // a lower number last
}

TEST(Intset, DrawsEveryMember) {
  Intset intset = Intset::make();
  for (int i = 0; i < 10; ++i) intset.add(i * 1000);
  base::Random random(test_seed());
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(intset.random(random));
  EXPECT_EQ(seen.size(), 10U);
  intset.destroy();
}

TEST(Intset, GivesBackWhatItTakes) {
  flush_memory_count();
  const int64_t before = allocated_bytes();
  Intset intset = Intset::make();
  for (int64_t i = 0; i < 3000; ++i) intset.add(i * i * i * 7);
  for (int64_t i = 0; i < 2000; ++i) intset.remove(i * i * i * 7);
  EXPECT_EQ(intset.bytes().size(), 8U + 1000 * 8);
  EXPECT_LT(intset.memory_bytes(), 10'500U);
  flush_memory_count();
  EXPECT_EQ(allocated_bytes() - before, static_cast<int64_t>(intset.memory_bytes()));
  intset.destroy();
  flush_memory_count();
  EXPECT_EQ(allocated_bytes(), before);
}

}  // namespace
}  // namespace structures
