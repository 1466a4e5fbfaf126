// The nodes of a ScoreTree, and what moves elements between neighbours. Part of score_tree.cc.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "structures/score_tree.h"

namespace structures {

// How many of the first `count` keys are below the bound. Scores are compared all at once, without a branch: their
// lines arrive together, where a binary search would wait for each.
inline uint32_t count_below(const double* scores, const ElementReference* references, uint32_t count,
                            const ScoreBound& bound) {
  uint32_t low = 0, high = count;
  if (bound.kind != ScoreBound::Kind::kText) {
    uint32_t less = 0, not_greater = 0;
    for (uint32_t i = 0; i < count; ++i) {
      less += static_cast<uint32_t>(scores[i] < bound.score);
      not_greater += static_cast<uint32_t>(scores[i] <= bound.score);
    }
    if (bound.kind == ScoreBound::Kind::kScore) return bound.behind_equal ? not_greater : less;
    low = less;
    high = not_greater;
  }
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const int order = references[middle].get()->text().compare(bound.text);
    if (order < 0 || (order == 0 && bound.behind_equal)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

template <typename Item>
void move_items(Item* to, const Item* from, uint32_t count) {
  std::memmove(static_cast<void*>(to), from, count * sizeof(Item));
}

struct ScoreTree::Leaf {
  static constexpr uint32_t kMost = 76, kFew = kMost / 3;

  uint32_t count = 0;
  Leaf* previous = nullptr;
  Leaf* next = nullptr;
  double scores[kMost];
  ElementReference references[kMost];

  uint64_t weight(uint32_t, uint32_t items) const { return items; }
  uint32_t below(const ScoreBound& bound) const { return count_below(scores, references, count, bound); }
  void copy_items(uint32_t to, const Leaf& from, uint32_t at, uint32_t items) {
    move_items(scores + to, from.scores + at, items);
    move_items(references + to, from.references + at, items);
  }
  void put(uint32_t at, const ScoredElement* element, double score) {
    copy_items(at + 1, *this, at, count - at);
    ++count;
    scores[at] = score;
    references[at] = ElementReference(element);
  }
};

struct ScoreTree::Node {
  static constexpr uint32_t kMost = 35, kFew = kMost / 3;

  uint32_t count = 0;
  double scores[kMost];                // of each child's first element
  ElementReference references[kMost];  // to it
  uint64_t counts[kMost];              // elements below each child
  void* children[kMost];

  uint64_t weight(uint32_t at, uint32_t items) const {
    uint64_t sum = 0;
    for (uint32_t i = at; i < at + items; ++i) sum += counts[i];
    return sum;
  }
  // The child that has the elements around the bound.
  uint32_t child_of(const ScoreBound& bound) const {
    return std::max(count_below(scores, references, count, bound), 1U) - 1;
  }
  void copy_items(uint32_t to, const Node& from, uint32_t at, uint32_t items) {
    move_items(scores + to, from.scores + at, items);
    move_items(references + to, from.references + at, items);
    move_items(counts + to, from.counts + at, items);
    move_items(children + to, from.children + at, items);
  }
  void put(uint32_t at, void* child) {
    copy_items(at + 1, *this, at, count - at);
    ++count;
    counts[at] = 0;
    children[at] = child;
  }
  template <typename Child>
  Child& child(uint32_t at) const {
    return *static_cast<Child*>(children[at]);
  }
  // Calls action(child) with the child as what it is.
  template <typename Action>
  auto with_child(uint32_t at, uint32_t height, Action action) const {
    return height == 1 ? action(child<Leaf>(at)) : action(child<Node>(at));
  }
  // Reads the child's first element again.
  void refresh_key(uint32_t at, uint32_t height) {
    with_child(at, height, [&](auto& below) {
      scores[at] = below.scores[0];
      references[at] = below.references[0];
    });
  }
};

#ifndef SIGRUN_SANITIZED
static_assert(sizeof(ScoreTree::Leaf) <= 1024 && sizeof(ScoreTree::Node) <= 1024);
#endif

// Takes items out of a node.
template <typename Any>
void cut_items(Any& node, uint32_t at, uint32_t items) {
  node.copy_items(at, node, at + items, node.count - at - items);
  node.count -= items;
}

// Moves the last items of child `left` of the parent to the front of its right neighbour.
template <typename Child>
void shift_right(ScoreTree::Node& parent, uint32_t left, uint32_t items) {
  Child& from = parent.child<Child>(left);
  Child& to = parent.child<Child>(left + 1);
  const uint64_t weight = from.weight(from.count - items, items);
  to.copy_items(items, to, 0, to.count);
  to.copy_items(0, from, from.count - items, items);
  from.count -= items;
  to.count += items;
  parent.counts[left] -= weight;
  parent.counts[left + 1] += weight;
}

// Moves the first items of the right neighbour to the end of child `left`.
template <typename Child>
void shift_left(ScoreTree::Node& parent, uint32_t left, uint32_t items) {
  Child& to = parent.child<Child>(left);
  Child& from = parent.child<Child>(left + 1);
  const uint64_t weight = from.weight(0, items);
  to.copy_items(to.count, from, 0, items);
  to.count += items;
  cut_items(from, 0, items);
  parent.counts[left] += weight;
  parent.counts[left + 1] -= weight;
}

// Leaves two neighbours with as many items as each other.
template <typename Child>
void balance(ScoreTree::Node& parent, uint32_t left, uint32_t height) {
  const uint32_t here = parent.child<Child>(left).count, there = parent.child<Child>(left + 1).count;
  const uint32_t goal = (here + there) / 2;
  if (here > goal) {
    shift_right<Child>(parent, left, here - goal);
  } else {
    shift_left<Child>(parent, left, goal - here);
  }
  parent.refresh_key(left + 1, height);
}

}  // namespace structures
