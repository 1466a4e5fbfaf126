#include "structures/score_tree.h"

#include <new>

#include "structures/memory.h"
#include "structures/score_tree_nodes.h"

namespace structures {
namespace {

// A neighbour shares what a full node has too much of if it has room for so many.
constexpr uint32_t spare_of(uint32_t most) { return most / 8; }

bool is_below(double score, std::string_view text, double other_score, std::string_view other_text) {
  return score != other_score ? score < other_score : text < other_text;
}

}  // namespace

// Positions.

double ScoreTree::Position::score() const { return leaf_->scores[at_]; }

ScoredElement* ScoreTree::Position::element() const { return leaf_->references[at_].get(); }

void ScoreTree::Position::next() {
  if (++at_ < leaf_->count) return;
  leaf_ = leaf_->next;
  at_ = 0;
}

void ScoreTree::Position::previous() {
  if (at_-- > 0) return;
  leaf_ = leaf_->previous;
  at_ = leaf_ != nullptr ? leaf_->count - 1 : 0;
}

ScoreTree::Position ScoreTree::first() const { return {first_, 0}; }

ScoreTree::Position ScoreTree::last() const { return {last_, last_ != nullptr ? last_->count - 1 : 0}; }

ScoreTree::Position ScoreTree::at(uint64_t rank) const {
  if (rank >= size_) return {};
  const void* node = root_;
  for (uint32_t height = height_; height > 0; --height) {
    const Node& inner = *static_cast<const Node*>(node);
    uint32_t child = 0;
    while (rank >= inner.counts[child]) rank -= inner.counts[child++];
    node = inner.children[child];
  }
  return {static_cast<const Leaf*>(node), static_cast<uint32_t>(rank)};
}

uint64_t ScoreTree::rank(const ScoreBound& bound) const {
  if (root_ == nullptr) return 0;
  uint64_t rank = 0;
  const void* node = root_;
  for (uint32_t height = height_; height > 0; --height) {
    const Node& inner = *static_cast<const Node*>(node);
    const uint32_t child = inner.child_of(bound);
    rank += inner.weight(0, child);
    node = inner.children[child];
  }
  return rank + static_cast<const Leaf*>(node)->below(bound);
}

ScoreTree::Position ScoreTree::find(const ScoreBound& bound) const {
  if (root_ == nullptr) return {};
  const void* node = root_;
  for (uint32_t height = height_; height > 0; --height) {
    const Node& inner = *static_cast<const Node*>(node);
    node = inner.children[inner.child_of(bound)];
  }
  const Leaf* leaf = static_cast<const Leaf*>(node);
  const uint32_t at = leaf->below(bound);
  return at < leaf->count ? Position(leaf, at) : Position(leaf->next, 0);
}

// Nodes.

ScoreTree::Leaf* ScoreTree::make_leaf() {
  ++leaves_;
  return new (allocate(sizeof(Leaf))) Leaf;
}

ScoreTree::Node* ScoreTree::make_node() {
  ++nodes_;
  return new (allocate(sizeof(Node))) Node;
}

void ScoreTree::free_leaf(Leaf* leaf) {
  (leaf->previous != nullptr ? leaf->previous->next : first_) = leaf->next;
  (leaf->next != nullptr ? leaf->next->previous : last_) = leaf->previous;
  --leaves_;
  release(leaf, sizeof(Leaf));
}

void ScoreTree::free_node(Node* node) {
  --nodes_;
  release(node, sizeof(Node));
}

void ScoreTree::free_below(void* node, uint32_t height) {
  if (height == 0) return free_leaf(static_cast<Leaf*>(node));
  Node* inner = static_cast<Node*>(node);
  for (uint32_t i = 0; i < inner->count; ++i) free_below(inner->children[i], height - 1);
  free_node(inner);
}

void ScoreTree::clear() {
  if (root_ != nullptr) free_below(root_, height_);
  root_ = nullptr;
  size_ = 0;
  height_ = 0;
}

size_t ScoreTree::memory_bytes() const {
  return leaves_ * allocation_size(sizeof(Leaf)) + nodes_ * allocation_size(sizeof(Node));
}

// Growing.

// Splits a full child. Towards an end of the order only one item parts from the others.
void ScoreTree::split(Node& parent, uint32_t child, uint32_t height, End end) {
  parent.put(child + 1, height == 1 ? static_cast<void*>(make_leaf()) : make_node());
  if (height == 1) {
    Leaf& leaf = parent.child<Leaf>(child);
    Leaf& made = parent.child<Leaf>(child + 1);
    made.previous = &leaf;
    made.next = leaf.next;
    (leaf.next != nullptr ? leaf.next->previous : last_) = &made;
    leaf.next = &made;
  }
  parent.with_child(child, height, [&](auto& full) {
    using Child = std::remove_reference_t<decltype(full)>;
    const uint32_t parted = end == End::kFirst ? full.count - 1 : end == End::kLast ? 1 : full.count / 2;
    shift_right<Child>(parent, child, parted);
  });
  parent.refresh_key(child + 1, height);
}

// Sees to it that a full child has room. REQUIRES: the parent has.
void ScoreTree::make_room(Node& parent, uint32_t child, uint32_t height, End end) {
  const bool shared = parent.with_child(child, height, [&](auto& full) {
    using Child = std::remove_reference_t<decltype(full)>;
    if (end != End::kNone) return false;
    const auto has_room = [&](uint32_t at) {
      return parent.child<Child>(at).count + spare_of(Child::kMost) <= Child::kMost;
    };
    if (child + 1 < parent.count && has_room(child + 1)) {
      balance<Child>(parent, child, height);
    } else if (child > 0 && has_room(child - 1)) {
      balance<Child>(parent, child - 1, height);
    } else {
      return false;
    }
    return true;
  });
  if (!shared) split(parent, child, height, end);
}

void ScoreTree::raise_root(End end) {
  Node* root = make_node();
  root->put(0, root_);
  root->counts[0] = size_;
  ++height_;
  root->refresh_key(0, height_);
  root_ = root;
  split(*root, 0, height_, end);
}

ScoreTree::End ScoreTree::end_for(double score, std::string_view text) const {
  const Position last = this->last(), first = this->first();
  if (score >= last.score() && is_below(last.score(), last.text(), score, text)) return End::kLast;
  if (score <= first.score() && is_below(score, text, first.score(), first.text())) return End::kFirst;
  return End::kNone;
}

void ScoreTree::insert(ScoredElement* element) {
  const double score = element->score();
  const ScoreBound bound = ScoreBound::at_element(score, element->text());
  if (root_ == nullptr) root_ = first_ = last_ = make_leaf();
  const End end = size_ == 0 ? End::kNone : end_for(score, bound.text);
  const bool full =
      height_ == 0 ? static_cast<Leaf*>(root_)->count == Leaf::kMost : static_cast<Node*>(root_)->count == Node::kMost;
  if (full) raise_root(end);
  void* node = root_;
  for (uint32_t height = height_; height > 0; --height) {
    Node& inner = *static_cast<Node*>(node);
    uint32_t child = inner.child_of(bound);
    if (inner.with_child(child, height, [](auto& below) { return below.count == below.kMost; })) {
      make_room(inner, child, height, end);
      child = inner.child_of(bound);
    }
    ++inner.counts[child];
    if (end == End::kFirst) {
      inner.scores[0] = score;
      inner.references[0] = ElementReference(element);
    }
    node = inner.children[child];
  }
  Leaf& leaf = *static_cast<Leaf*>(node);
  leaf.put(leaf.below(bound), element, score);
  ++size_;
}

// Shrinking.

void ScoreTree::drop_child(Node& parent, uint32_t child, uint32_t height) {
  if (height == 1) {
    free_leaf(&parent.child<Leaf>(child));
  } else {
    free_node(&parent.child<Node>(child));
  }
  cut_items(parent, child, 1);
}

// Merges or refills a child that has few items. False if there was nothing to mend.
bool ScoreTree::mend(Node& parent, uint32_t child, uint32_t height) {
  const bool alone = parent.count == 1;
  const uint32_t left = child + 1 < parent.count || alone ? child : child - 1;
  bool dropped_right = false;
  const bool mended = parent.with_child(child, height, [&](auto& below) {
    using Child = std::remove_reference_t<decltype(below)>;
    if (below.count >= below.kFew || alone) return false;
    if (height == 1 && (parent.children[child] == first_ || parent.children[child] == last_)) return false;
    const uint32_t right_count = parent.child<Child>(left + 1).count;
    dropped_right = parent.child<Child>(left).count + right_count <= Child::kMost;
    if (dropped_right) {
      shift_left<Child>(parent, left, right_count);
    } else {
      balance<Child>(parent, left, height);
    }
    return true;
  });
  if (dropped_right) drop_child(parent, left + 1, height);
  return mended;
}

// Mends a child, and what it became.
void ScoreTree::mend_around(Node& parent, uint32_t child, uint32_t height) {
  while (parent.count > 0 && mend(parent, std::min(child, parent.count - 1), height)) continue;
}

void ScoreTree::erase_below(void* node, uint32_t height, const ScoreBound& bound) {
  if (height == 0) {
    Leaf& leaf = *static_cast<Leaf*>(node);
    const uint32_t below = leaf.below(bound);
    CHECK(below > 0 && leaf.references[below - 1].get()->text() == bound.text);
    return cut_items(leaf, below - 1, 1);
  }
  Node& inner = *static_cast<Node*>(node);
  const uint32_t child = inner.child_of(bound);
  erase_below(inner.children[child], height - 1, bound);
  --inner.counts[child];
  if (inner.counts[child] == 0) return drop_child(inner, child, height);
  inner.refresh_key(child, height);
  mend(inner, child, height);
}

// Takes away roots with one child, and a leaf without elements.
void ScoreTree::lower_root() {
  if (size_ == 0) return clear();
  while (height_ > 0 && static_cast<Node*>(root_)->count == 1) {
    Node* root = static_cast<Node*>(root_);
    root_ = root->children[0];
    free_node(root);
    --height_;
  }
}

void ScoreTree::erase(const ScoredElement* element) {
  erase_below(root_, height_, ScoreBound::behind_element(element->score(), element->text()));
  --size_;
  lower_root();
}

void ScoreTree::erase_slice(void* node, uint32_t height, Slice slice, const Visitor& visitor) {
  if (height == 0) {
    Leaf& leaf = *static_cast<Leaf*>(node);
    for (uint64_t i = slice.rank; i < slice.rank + slice.count; ++i) visitor.visit(leaf.references[i].get());
    return cut_items(leaf, static_cast<uint32_t>(slice.rank), static_cast<uint32_t>(slice.count));
  }
  Node& inner = *static_cast<Node*>(node);
  uint32_t begin = 0;
  while (slice.rank >= inner.counts[begin]) slice.rank -= inner.counts[begin++];
  uint32_t end = begin;
  for (; slice.count > 0; ++end) {
    const uint64_t taken = std::min(slice.count, inner.counts[end] - slice.rank);
    erase_slice(inner.children[end], height - 1, {slice.rank, taken}, visitor);
    inner.counts[end] -= taken;
    slice = {0, slice.count - taken};
  }
  for (uint32_t child = end; child-- > begin;) {
    if (inner.counts[child] == 0) {
      drop_child(inner, child, height);
    } else {
      inner.refresh_key(child, height);
    }
  }
  mend_around(inner, begin + 1, height);
  mend_around(inner, begin, height);
}

void ScoreTree::erase_ranks(uint64_t rank, uint64_t count, const Visitor& visitor) {
  DCHECK(rank <= size_ && count <= size_ - rank);
  if (count == 0) return;
  erase_slice(root_, height_, {rank, count}, visitor);
  size_ -= count;
  lower_root();
}

// Other scores.

bool ScoreTree::keeps_place(Position place, double score) const {
  const std::string_view text = place.text();
  Position before = place, behind = place;
  before.previous();
  behind.next();
  if (before && !is_below(before.score(), before.text(), score, text)) return false;
  return !behind || is_below(score, text, behind.score(), behind.text());
}

void ScoreTree::change_score(ScoredElement* element, double score) {
  const ScoreBound bound = ScoreBound::behind_element(element->score(), element->text());
  Position place = find(ScoreBound::at_element(bound.score, bound.text));
  DCHECK(place && place.element() == element);
  if (!keeps_place(place, score)) {
    erase(element);
    element->set_score(score);
    return insert(element);
  }
  void* node = root_;
  for (uint32_t height = height_; height > 0; --height) {
    Node& inner = *static_cast<Node*>(node);
    const uint32_t child = inner.child_of(bound);
    if (inner.references[child].get() == element) inner.scores[child] = score;
    node = inner.children[child];
  }
  Leaf& leaf = *static_cast<Leaf*>(node);
  leaf.scores[leaf.below(bound) - 1] = score;
  element->set_score(score);
}

// Checking.

struct ScoreTree::Check {
  const ScoreTree& tree;
  const Leaf* previous = nullptr;
  uint64_t leaves = 0;
  uint64_t nodes = 0;

  uint64_t count(const void* node, uint32_t height) {
    if (height == 0) return count_leaf(*static_cast<const Leaf*>(node));
    const Node& inner = *static_cast<const Node*>(node);
    ++nodes;
    CHECK(inner.count > 0 && inner.count <= Node::kMost);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < inner.count; ++i) {
      CHECK(count(inner.children[i], height - 1) == inner.counts[i]);
      inner.with_child(i, height, [&](auto& child) {
        CHECK(child.scores[0] == inner.scores[i] && child.references[0].get() == inner.references[i].get());
      });
      sum += inner.counts[i];
    }
    return sum;
  }

  uint64_t count_leaf(const Leaf& leaf) {
    ++leaves;
    CHECK(leaf.previous == previous && (previous == nullptr ? tree.first_ == &leaf : previous->next == &leaf));
    CHECK(leaf.count > 0 && leaf.count <= Leaf::kMost);
    for (uint32_t i = 0; i < leaf.count; ++i) {
      CHECK(leaf.scores[i] == leaf.references[i].get()->score());
      Position before(&leaf, i);
      before.previous();
      if (!before) continue;
      CHECK(is_below(before.score(), before.text(), leaf.scores[i], leaf.references[i].get()->text()));
    }
    previous = &leaf;
    return leaf.count;
  }
};

void ScoreTree::check() const {
  Check check{*this};
  CHECK((root_ == nullptr ? 0 : check.count(root_, height_)) == size_);
  CHECK(check.leaves == leaves_ && check.nodes == nodes_ && check.previous == last_);
}

}  // namespace structures
