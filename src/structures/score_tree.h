// ScoreTree: the elements of a large sorted set in order: by score, then by the bytes of the text. A counted B+ tree.
//
// Leaves hold a score and a reference for each element, so that a search reads elements only where scores are equal.
// A node above holds, for each child, the child's first element and how many elements are below it: so the rank of an
// element and the element at a rank are one descent. Leaves are linked in both directions.
//
// Shape    leaf := score:64 reference:40 [76]      node := score:64 reference:40 count:64 child:64 [35]: 1 KB each
//          A full node first shares with a neighbour, then splits. At either end of the order it splits off what is
//          new, so that appends leave full nodes behind. Nodes below a third are merged or refilled; the first and
//          the last leaf may be smaller, so that queues do not move elements about.
// Cost     insert, erase, rank, at: O(log n), about four nodes in a million elements. About 16 bytes an element.
// Limits   no score is NaN; no two elements are equal.
// Threads  used under the lock of its key's shard. Elements belong to the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "structures/scored_element.h"

namespace structures {

// A place between elements: behind all that are below it.
struct ScoreBound {
  enum class Kind : uint8_t {
    kScore,    // by the score alone
    kText,     // by the text alone: for elements that all have one score
    kElement,  // by both
  };
  Kind kind;
  bool behind_equal;  // whether what equals the bound is below it
  double score = 0;
  std::string_view text{};

  static ScoreBound at_score(double score, bool behind_equal) { return {Kind::kScore, behind_equal, score, {}}; }
  static ScoreBound at_text(std::string_view text, bool behind_equal) { return {Kind::kText, behind_equal, 0, text}; }
  static ScoreBound at_element(double score, std::string_view text) { return {Kind::kElement, false, score, text}; }
  static ScoreBound behind_element(double score, std::string_view text) { return {Kind::kElement, true, score, text}; }
};

class ScoreTree {
 public:
  struct Leaf;
  struct Node;

  // An element's place, valid until the next change of the tree.
  class Position {
   public:
    Position() = default;
    Position(const Leaf* leaf, uint32_t at) : leaf_(leaf), at_(at) {}
    // False behind the last element, and before the first.
    explicit operator bool() const { return leaf_ != nullptr; }
    // REQUIRES of all below: there is an element.
    double score() const;
    ScoredElement* element() const;
    std::string_view text() const { return element()->text(); }
    void next();
    void previous();

   private:
    const Leaf* leaf_ = nullptr;
    uint32_t at_ = 0;
  };

  ScoreTree() = default;
  ScoreTree(const ScoreTree&) = delete;
  ScoreTree& operator=(const ScoreTree&) = delete;
  ~ScoreTree() { clear(); }

  uint64_t size() const { return size_; }
  // What the nodes take.
  size_t memory_bytes() const;
  uint64_t node_count() const { return leaves_ + nodes_; }

  // REQUIRES: no element equals it.
  void insert(ScoredElement* element);
  // REQUIRES: it is there. Its score is what it was when it came.
  void erase(const ScoredElement* element);
  // Gives the element another score, and moves it if the order wants that. REQUIRES: as for erase.
  void change_score(ScoredElement* element, double score);
  // Erases `count` elements from `rank` on and shows each to the visitor, in order; it may destroy them.
  // REQUIRES: they are there.
  template <typename Visit>
  void erase_ranks(uint64_t rank, uint64_t count, Visit visit) {
    const Visitor visitor{[](ScoredElement* element, void* action) { (*static_cast<Visit*>(action))(element); },
                          &visit};
    erase_ranks(rank, count, visitor);
  }
  // Frees all nodes.
  void clear();

  Position first() const;
  Position last() const;
  // The element at a rank from 0; none from size() on.
  Position at(uint64_t rank) const;
  // How many elements are below it: the rank of an element, if the bound is one.
  uint64_t rank(const ScoreBound& bound) const;
  // The first element that is not below it.
  Position find(const ScoreBound& bound) const;

  // Aborts if the tree is not as it must be. For tests.
  void check() const;

 private:
  struct Check;
  struct Visitor {
    void (*action)(ScoredElement*, void*);
    void* context;
    void visit(ScoredElement* element) const { action(element, context); }
  };
  struct Slice {
    uint64_t rank;
    uint64_t count;
  };
  // Where a new element goes: before all others, behind them, or between.
  enum class End : uint8_t { kNone, kFirst, kLast };

  End end_for(double score, std::string_view text) const;
  bool keeps_place(Position place, double score) const;

  // `height` is the parent's: its children are leaves at 1.
  void raise_root(End end);
  void make_room(Node& parent, uint32_t child, uint32_t height, End end);
  void split(Node& parent, uint32_t child, uint32_t height, End end);
  void drop_child(Node& parent, uint32_t child, uint32_t height);
  bool mend(Node& parent, uint32_t child, uint32_t height);
  void mend_around(Node& parent, uint32_t child, uint32_t height);
  void lower_root();
  // `height` is the node's own: a leaf has 0.
  void erase_below(void* node, uint32_t height, const ScoreBound& bound);
  void erase_slice(void* node, uint32_t height, Slice slice, const Visitor& visitor);
  void erase_ranks(uint64_t rank, uint64_t count, const Visitor& visitor);
  void free_below(void* node, uint32_t height);
  Leaf* make_leaf();
  Node* make_node();
  void free_leaf(Leaf* leaf);
  void free_node(Node* node);

  void* root_ = nullptr;  // a leaf at height 0
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
  uint64_t size_ = 0;
  uint64_t leaves_ = 0;
  uint64_t nodes_ = 0;
  uint32_t height_ = 0;
};

}  // namespace structures
