// Goal: a set holds its members in every encoding, and the algebra over sets of all encodings is right.
// Method: random operations beside std::set, with thresholds low enough to be met. Which encoding follows from what is
// recorded from the reference in tests/transcripts/sets.
#include "values/set.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "../seed.h"
#include "structures/memory.h"
#include "values/set_algebra.h"

namespace values {
namespace {

using Model = std::set<std::string>;

std::string text_of(const Set::Member& member) {
  Set::Member::Buffer buffer;
  return std::string(member.text(buffer));
}

Model members_of(const Set& set) {
  Model model;
  set.for_each([&model](const Set::Member& member) { EXPECT_TRUE(model.insert(text_of(member)).second); });
  return model;
}

Model members_of(const std::vector<Set::Member>& members) {
  Model model;
  for (const Set::Member& member : members) EXPECT_TRUE(model.insert(text_of(member)).second);
  return model;
}

std::string draw(std::mt19937_64& random, bool integers) {
  const auto number = static_cast<int64_t>(random() % 300) - 100;
  if (integers || random() % 2 == 0) return std::to_string(number);
  return random() % 30 == 0 ? std::string(100, 'x') : "member:" + std::to_string(number);
}

constexpr SetLimits kLimits[] = {{}, {20, 10, 64}, {60, 5, 8}, {0, 0, 0}};

struct Pair {
  Set set;
  Model model;
};

Pair draw_set(std::mt19937_64& random, const SetLimits& limits) {
  Pair pair;
  const bool integers = random() % 3 == 0;
  const bool small = random() % 2 == 0;
  for (size_t left = random() % (small ? 8 : 400); left > 0; --left) {
    const std::string member = draw(random, integers);
    if (random() % 4 == 0) {
      EXPECT_EQ(pair.set.remove(member), pair.model.erase(member) == 1);
    } else {
      if (pair.set.word() == 0) pair.set = Set::make_for(member, 1 + random() % 30, limits);
      EXPECT_EQ(pair.set.add(member, limits), pair.model.insert(member).second);
    }
    const std::string asked = draw(random, integers);
    EXPECT_EQ(pair.set.contains(asked), pair.model.contains(asked));
  }
  EXPECT_EQ(pair.set.size(), pair.model.size());
  return pair;
}

TEST(Set, HoldsItsMembersInEveryEncoding) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  std::set<std::string_view> encodings;
  for (int round = 0; round < 600; ++round) {
    Pair pair = draw_set(random, kLimits[random() % std::size(kLimits)]);
    encodings.insert(pair.set.encoding());
    ASSERT_EQ(members_of(pair.set), pair.model);
    Set copy = pair.set.copy();
    pair.set.destroy();
    ASSERT_EQ(members_of(copy), pair.model);
    Model walked;
    uint64_t cursor = 0;
    do {
      cursor = copy.scan(cursor, 10, [&walked](const Set::Member& member) { walked.insert(text_of(member)); });
    } while (cursor != 0);
    ASSERT_EQ(walked, pair.model);
    copy.destroy();
  }
  EXPECT_EQ(encodings.size(), 3U);
}

TEST(Set, DrawsDifferentMembersAndAllOfThem) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  base::Random source(test_seed());
  for (int round = 0; round < 300; ++round) {
    Pair pair = draw_set(random, kLimits[round % std::size(kLimits)]);
    const uint64_t count = random() % 50;
    const Model drawn = members_of(pair.set.random_members(source, count));
    ASSERT_EQ(drawn.size(), std::min<uint64_t>(count, pair.model.size()));
    ASSERT_TRUE(std::includes(pair.model.begin(), pair.model.end(), drawn.begin(), drawn.end()));
    if (!pair.model.empty() && pair.model.size() < 20) {
      Model seen;
      for (int i = 0; i < 2000; ++i) seen.insert(text_of(pair.set.random(source)));
      ASSERT_EQ(seen, pair.model);
    }
    pair.set.destroy();
  }
}

Model intersection(const std::vector<Pair>& pairs) {
  Model result = pairs[0].model;
  for (const Pair& pair : pairs)
    std::erase_if(result, [&](const auto& member) { return !pair.model.contains(member); });
  return result;
}
Model difference(const std::vector<Pair>& pairs) {
  Model result = pairs[0].model;
  for (size_t i = 1; i < pairs.size(); ++i) {
    std::erase_if(result, [&](const auto& member) { return pairs[i].model.contains(member); });
  }
  return result;
}
Model all(const std::vector<Pair>& pairs) {
  Model result;
  for (const Pair& pair : pairs) result.insert(pair.model.begin(), pair.model.end());
  return result;
}

void expect_own(Set set, const Model& expected) {
  EXPECT_EQ(members_of(set), expected);
  set.destroy();
}

TEST(SetAlgebra, IsThatOfStandardSets) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 150; ++round) {
    const SetLimits limits = kLimits[random() % std::size(kLimits)];
    std::vector<Pair> pairs;
    for (size_t left = 1 + random() % 5; left > 0; --left) pairs.push_back(draw_set(random, limits));
    std::vector<Set> sets;
    for (const Pair& pair : pairs) sets.push_back(pair.set);
    auto owned = sets;
    if (random() % 5 == 0) {  // one of them twice
      pairs.push_back(pairs.front());
      sets.push_back(sets.front());
    }
    const auto order = sets;
    const Model common = intersection(pairs);
    std::vector<Set::Member> members;
    ASSERT_EQ(intersect(sets, [&](const Set::Member& member) { members.push_back(member); }), common.size());
    ASSERT_EQ(members_of(members), common);
    ASSERT_EQ(count_intersection(sets), common.size());
    const uint64_t limit = 1 + random() % 5;
    ASSERT_EQ(count_intersection(sets, limit), std::min<uint64_t>(limit, common.size()));
    expect_own(store_intersection(sets, limits), common);
    for (const Keeps keeps : {Keeps::kNo, Keeps::kYes}) {
      sets = order;
      expect_own(unite(sets, keeps, limits), all(pairs));
      const Difference left = subtract(sets, keeps, limits);
      Model left_model = members_of(left.members);
      left_model.merge(members_of(left.own));
      Set(left.own).destroy();
      ASSERT_EQ(left_model, difference(pairs)) << "round " << round;
    }
    for (Set& set : owned) set.destroy();
    if (HasFatalFailure()) return;
  }
}

TEST(Set, OfShortMembersTakesLessThanTwoThirdsOfTheReference) {
  structures::flush_memory_count();
  const int64_t before = structures::allocated_bytes();
  constexpr int kMembers = 20'000;  // a mapping each under the sanitizers, whose number is limited
  Set set;
  for (int i = 0; i < kMembers; ++i) set.add("member:" + std::to_string(i), SetLimits{});
  structures::flush_memory_count();
  const auto taken = static_cast<double>(structures::allocated_bytes() - before);
  EXPECT_LT(taken / kMembers, 0.65 * 58);
#ifndef SIGRUN_SANITIZED  // their builds take blocks from the C library, in steps of 8 bytes
  EXPECT_NEAR(static_cast<double>(set.memory_bytes()), taken, taken / 10);
#endif
  set.destroy();
  structures::flush_memory_count();
  EXPECT_EQ(structures::allocated_bytes(), before);
}

}  // namespace
}  // namespace values
