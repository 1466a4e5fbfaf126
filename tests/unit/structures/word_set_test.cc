// Goal: a WordSet behaves as a set of words, wherever their places lie and however they collide.
// Method: random adds and removes beside std::unordered_set: of spread words, of few low bits, and of such that the
// runs go around the end of the table; each word of the range is looked up again and again.
#include "structures/word_set.h"

#include <gtest/gtest.h>

#include <unordered_set>
#include <vector>

#include "../seed.h"
#include "base/random.h"

namespace structures {
namespace {

void expect_same(const WordSet& set, const std::unordered_set<uint64_t>& model, const std::vector<uint64_t>& words) {
  ASSERT_EQ(set.size(), model.size());
  ASSERT_EQ(set.empty(), model.empty());
  for (const uint64_t word : words) ASSERT_EQ(set.contains(word), model.count(word) == 1) << word;
}

// Grows and shrinks by turns.
void exercise(base::Random& random, const std::vector<uint64_t>& words) {
  WordSet set;
  std::unordered_set<uint64_t> model;
  for (int i = 0; i < 6'000; ++i) {
    const uint64_t word = words[random.below(words.size())];
    const bool growing = (i / 1'000) % 2 == 0;
    if (random.below(10) < (growing ? 7U : 3U)) {
      ASSERT_EQ(set.add(word), model.insert(word).second) << word;
    } else {
      ASSERT_EQ(set.remove(word), model.erase(word) == 1) << word;
    }
    if (i % 100 == 0) {
      expect_same(set, model, words);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  for (const uint64_t word : words) ASSERT_EQ(set.remove(word), model.erase(word) == 1) << word;
  ASSERT_TRUE(set.empty());
  expect_same(set, model, words);
}

std::vector<uint64_t> spread_words(base::Random& random, uint64_t count) {
  std::vector<uint64_t> words{0, 1, ~uint64_t{0}};
  while (words.size() < count) words.push_back(random.next());
  return words;
}

// Their low bits are of a few neighbours around `middle`, which is 0 for those whose runs wrap around.
std::vector<uint64_t> colliding_words(base::Random& random, uint64_t count, uint64_t middle, uint64_t width) {
  constexpr int kLowBits = 20;
  std::vector<uint64_t> words{0};
  while (words.size() < count) {
    const uint64_t low = (middle + random.below(width) - width / 2) & ((uint64_t{1} << kLowBits) - 1);
    words.push_back(random.below(1'000) << kLowBits | low);
  }
  return words;
}

TEST(WordSet, AgreesWithASetOfSpreadWords) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (const uint64_t count : {3U, 8U, 13U, 30U, 100U, 1'000U}) {
    for (int round = 0; round < 10; ++round) {
      exercise(random, spread_words(random, count));
      ASSERT_FALSE(HasFatalFailure()) << count;
    }
  }
}

TEST(WordSet, AgreesWithASetOfWordsThatCollide) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (const uint64_t count : {5U, 12U, 40U, 300U}) {
    for (const uint64_t middle : {0U, 7U, 15U, 500U}) {
      for (const uint64_t width : {1U, 3U, 10U, 40U}) {
        exercise(random, colliding_words(random, count, middle, width));
        ASSERT_FALSE(HasFatalFailure()) << count << " around " << middle << " in " << width;
      }
    }
  }
}

// Three in a run that begins at the last place: when one goes, only those move up that may.
TEST(WordSet, ARunGoesOnAtTheFrontOfTheTable) {
  const std::vector<uint64_t> words{15, 31, 16, 1, 47, 32};  // homes among 16 places: 15, 15, 0, 1, 15, 0
  for (const uint64_t gone : words) {
    WordSet set;
    for (const uint64_t word : words) EXPECT_TRUE(set.add(word));
    EXPECT_EQ(set.memory_bytes(), 16 * sizeof(uint64_t));
    EXPECT_TRUE(set.remove(gone));
    EXPECT_FALSE(set.remove(gone));
    for (const uint64_t word : words) EXPECT_EQ(set.contains(word), word != gone) << word << " without " << gone;
    EXPECT_TRUE(set.add(gone));
    EXPECT_EQ(set.size(), words.size());
  }
}

TEST(WordSet, ZeroIsAWordLikeOthers) {
  WordSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(set.contains(0));
  EXPECT_FALSE(set.remove(0));
  EXPECT_TRUE(set.add(0));
  EXPECT_FALSE(set.add(0));
  EXPECT_FALSE(set.empty());
  EXPECT_EQ(set.size(), 1U);
  EXPECT_TRUE(set.contains(0));
  EXPECT_FALSE(set.contains(1));
  EXPECT_TRUE(set.add(16));  // its place among 16 would be the first
  EXPECT_EQ(set.size(), 2U);
  EXPECT_TRUE(set.remove(0));
  EXPECT_FALSE(set.contains(0));
  EXPECT_TRUE(set.contains(16));
}

TEST(WordSet, ClearGivesTheMemoryBack) {
  WordSet set;
  for (uint64_t word = 0; word < 1'000; ++word) set.add(word);
  EXPECT_LE(set.memory_bytes(), 2048 * sizeof(uint64_t));
  set.clear();
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.memory_bytes(), 0U);
  for (uint64_t word = 0; word < 1'000; ++word) ASSERT_FALSE(set.contains(word));
  EXPECT_TRUE(set.add(5));
  EXPECT_EQ(set.size(), 1U);
}

}  // namespace
}  // namespace structures
