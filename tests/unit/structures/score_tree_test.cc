// Goal: a ScoreTree holds what was put into it in order, knows every rank, and keeps its nodes filled.
// Method: random operations against a sorted vector, with scores that are all different, mostly equal or all equal;
// every check() looks at the whole tree. Then sizes at which the tree is four nodes high, against std::set.
#include "structures/score_tree.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"

namespace structures {
namespace {

using Pair = std::pair<double, std::string>;

struct Scores {
  uint64_t different;
  double draw(std::mt19937_64& random) const { return static_cast<double>(random() % different) / 4 - 2; }
};

class Both {
 public:
  Both(uint64_t seed, Scores scores) : random_(seed), scores_(scores) {}
  ~Both() {
    for (ScoreTree::Position at = tree_.first(); at; at.next()) ScoredElement::destroy(at.element());
  }

  void insert() {
    const Pair made(scores_.draw(random_), std::to_string(random_() % 100'000) + std::string(random_() % 3 * 150, 'x'));
    const auto at = std::lower_bound(model_.begin(), model_.end(), made);
    if (at != model_.end() && *at == made) return;
    model_.insert(at, made);
    tree_.insert(ScoredElement::create(made.second, made.first));
  }

  void erase() {
    if (model_.empty()) return;
    const auto at = model_.begin() + static_cast<ptrdiff_t>(random_() % model_.size());
    ScoredElement* element = find(*at);
    tree_.erase(element);
    ScoredElement::destroy(element);
    model_.erase(at);
  }

  void change() {
    if (model_.empty()) return;
    const auto at = model_.begin() + static_cast<ptrdiff_t>(random_() % model_.size());
    const bool little = scores_.different > 1 && random_() % 2 == 0;
    const Pair changed(little ? at->first + 1e-9 : scores_.draw(random_), at->second);
    if (std::binary_search(model_.begin(), model_.end(), changed)) return;
    tree_.change_score(find(*at), changed.first);
    model_.erase(at);
    model_.insert(std::lower_bound(model_.begin(), model_.end(), changed), changed);
  }

  void erase_some() {
    const uint64_t rank = random_() % (model_.size() + 1);
    const uint64_t count = std::min(random_() % 300, model_.size() - rank);
    uint64_t seen = 0;
    tree_.erase_ranks(rank, count, [&](ScoredElement* element) {
      EXPECT_EQ(element->text(), model_[rank + seen++].second);
      ScoredElement::destroy(element);
    });
    EXPECT_EQ(seen, count);
    const auto begin = model_.begin() + static_cast<ptrdiff_t>(rank);
    model_.erase(begin, begin + static_cast<ptrdiff_t>(count));
  }

  void look() const {
    ASSERT_EQ(tree_.size(), model_.size());
    if (model_.empty()) return;
    const uint64_t rank = random_() % model_.size();
    const Pair& pair = model_[rank];
    expect_at(tree_.at(rank), rank);
    const auto bound = ScoreBound::at_element(pair.first, pair.second);
    ASSERT_EQ(tree_.rank(bound), rank);
    ASSERT_EQ(tree_.rank(ScoreBound::behind_element(pair.first, pair.second)), rank + 1);
    expect_at(tree_.find(bound), rank);
    const auto less = [](const Pair& a, double score) { return a.first < score; };
    const auto not_greater = [](double score, const Pair& a) { return score < a.first; };
    const auto low = std::lower_bound(model_.begin(), model_.end(), pair.first, less) - model_.begin();
    const auto high = std::upper_bound(model_.begin(), model_.end(), pair.first, not_greater) - model_.begin();
    ASSERT_EQ(tree_.rank(ScoreBound::at_score(pair.first, false)), static_cast<uint64_t>(low));
    ASSERT_EQ(tree_.rank(ScoreBound::at_score(pair.first, true)), static_cast<uint64_t>(high));
    expect_at(tree_.find(ScoreBound::at_score(pair.first, true)), static_cast<uint64_t>(high));
    if (scores_.different > 1) return;
    ASSERT_EQ(tree_.rank(ScoreBound::at_text(pair.second, false)), rank);
    ASSERT_EQ(tree_.rank(ScoreBound::at_text(pair.second, true)), rank + 1);
  }

  void compare() const {
    tree_.check();
    ScoreTree::Position forward = tree_.first(), backward = tree_.last();
    for (uint64_t i = 0; i < model_.size(); ++i, forward.next(), backward.previous()) {
      expect_at(forward, i);
      expect_at(backward, model_.size() - 1 - i);
    }
    EXPECT_FALSE(forward);
    EXPECT_FALSE(backward);
  }

  size_t size() const { return model_.size(); }

 private:
  ScoredElement* find(const Pair& pair) const {
    return tree_.find(ScoreBound::at_element(pair.first, pair.second)).element();
  }
  void expect_at(const ScoreTree::Position& at, uint64_t rank) const {
    ASSERT_EQ(static_cast<bool>(at), rank < model_.size());
    if (!at) return;
    ASSERT_EQ(at.score(), model_[rank].first);
    ASSERT_EQ(at.text(), model_[rank].second);
  }

  mutable std::mt19937_64 random_;
  Scores scores_;
  ScoreTree tree_;
  std::vector<Pair> model_;
};

void run(Scores scores, size_t most) {
  TRACE_SEED();
  Both both(test_seed(), scores);
  std::mt19937_64 random(test_seed() + 1);
  constexpr int kOperations = 300'000;
  bool growing = true;
  for (int i = 0; i < kOperations && !testing::Test::HasFailure(); ++i) {
    if (both.size() >= most) growing = false;
    if (both.size() < 40) growing = true;
    const uint64_t drawn = random() % 100;
    if (drawn < 2) {
      if (random() % 100 < (growing ? 2 : 20)) both.erase_some();
    } else if (drawn < 20) {
      both.change();
    } else if (drawn < 65) {
      growing ? both.insert() : both.erase();
    } else if (drawn < 80) {
      growing ? both.erase() : both.insert();
    } else {
      both.look();
    }
    if (i % 5'000 == 0) both.compare();
  }
  both.compare();
}

TEST(ScoreTree, MatchesTheModelWithManyScores) { run({1 << 20}, 6'000); }
TEST(ScoreTree, MatchesTheModelWithFewScores) { run({20}, 6'000); }
TEST(ScoreTree, MatchesTheModelWithOneScore) { run({1}, 6'000); }
TEST(ScoreTree, MatchesTheModelWithOneLeaf) { run({50}, 60); }

TEST(ScoreTree, IsRightWhenItIsHigh) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  ScoreTree tree;
  const auto before = [](const ScoredElement* a, const ScoredElement* b) {
    return a->score() != b->score() ? a->score() < b->score() : a->text() < b->text();
  };
  std::set<ScoredElement*, decltype(before)> model(before);
  for (int i = 0; i < 300'000; ++i) {
    auto* element = ScoredElement::create(std::to_string(i), static_cast<double>(random() % 100'000));
    tree.insert(element);
    model.insert(element);
  }
  tree.check();
  for (int round = 0; round < 20; ++round) {
    const uint64_t rank = random() % (tree.size() / 2);
    auto at = std::next(model.begin(), static_cast<ptrdiff_t>(rank));
    tree.erase_ranks(rank, 14'000, [&](ScoredElement* element) {
      EXPECT_EQ(element, *at);
      at = model.erase(at);
      ScoredElement::destroy(element);
    });
    tree.check();
    ScoreTree::Position position = tree.first();
    uint64_t place = 0;
    for (ScoredElement* element : model) {
      ASSERT_EQ(position.element(), element);
      if (place % 64 == 0) {
        ASSERT_EQ(tree.rank(ScoreBound::at_element(element->score(), element->text())), place);
        ASSERT_EQ(tree.at(place).element(), element);
      }
      position.next();
      ++place;
    }
  }
  tree.erase_ranks(0, tree.size(), ScoredElement::destroy);
  EXPECT_EQ(tree.node_count(), 0u);
}

// Bytes of nodes for an element.
double bytes_for(uint64_t count, int step, bool in_order) {
  std::mt19937_64 random(test_seed());
  ScoreTree tree;
  for (uint64_t i = 0; i < count; ++i) {
    const double score = in_order ? static_cast<double>(i) * step : static_cast<double>(random() >> 12);
    tree.insert(ScoredElement::create(std::to_string(i), score));
  }
  tree.check();
  const double bytes = static_cast<double>(tree.memory_bytes()) / static_cast<double>(count);
  tree.erase_ranks(0, count, ScoredElement::destroy);
  return bytes;
}

TEST(ScoreTree, FillsItsNodes) {
  TRACE_SEED();
  // 13 bytes in a full leaf, and what is above it.
  const double rising = bytes_for(100'000, 1, true), falling = bytes_for(100'000, -1, true);
  const double random = bytes_for(100'000, 0, false);
  std::printf("bytes an element: %.2f rising, %.2f falling, %.2f random\n", rising, falling, random);
  EXPECT_LT(rising, 15.5);
  EXPECT_LT(falling, 15.5);
  EXPECT_LT(random, 18);
}

// A queue: what comes goes to the end, what goes leaves from the start.
TEST(ScoreTree, ServesAsAQueue) {
  ScoreTree tree;
  uint64_t made = 0;
  const auto add = [&] {
    tree.insert(ScoredElement::create(std::to_string(made), static_cast<double>(made)));
    ++made;
  };
  while (made < 5'000) add();
  for (uint64_t taken = 0; taken < 50'000; ++taken) {
    ScoredElement* element = tree.first().element();
    ASSERT_EQ(element->score(), static_cast<double>(taken));
    tree.erase(element);
    ScoredElement::destroy(element);
    add();
  }
  tree.check();
  EXPECT_LT(tree.node_count(), 5'000 / 76 + 10);
  tree.erase_ranks(0, tree.size(), ScoredElement::destroy);
}

}  // namespace
}  // namespace structures
