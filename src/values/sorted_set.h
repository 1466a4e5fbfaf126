// SortedSet: members with scores, in order by score, then by the members' bytes. A collection (values/collection.h).
//
// Shape    "listpack" while it is small: member and score in turns, in order, byte for byte as in RDB.
//          "skiplist" (as OBJECT ENCODING calls it) beyond the limits: a hash table finds a member, a counted B+ tree
//          keeps the order (structures/score_tree.h). It never goes back by itself.
// Cost     a listpack: O(n) for everything. A large one: O(1) for a score, O(log n) for ranks and changes.
// Limits   no score is NaN: who computes one asks before.
// Threads  whoever owns the value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "structures/listpack.h"
#include "structures/score_tree.h"
#include "values/collection.h"

namespace values {

struct SortedSetLimits {
  uint64_t max_listpack_entries;
  uint64_t max_listpack_value;

  bool allow(uint64_t entries, uint64_t longest) const {
    return entries <= max_listpack_entries && longest <= max_listpack_value;
  }
};

struct ScoreRange {
  double min;
  double max;
  bool min_exclusive = false;
  bool max_exclusive = false;

  bool is_below(double score) const { return min_exclusive ? score <= min : score < min; }
  bool is_above(double score) const { return max_exclusive ? score >= max : score > max; }
};

// An end of a range of members: a text, or beyond all texts.
struct TextBound {
  enum class Kind : uint8_t { kLowest, kText, kHighest };
  Kind kind = Kind::kText;
  bool exclusive = false;
  std::string_view text{};

  int compare(const TextBound& other) const {
    if (kind == Kind::kText && other.kind == Kind::kText) return text.compare(other.text);
    return static_cast<int>(kind) - static_cast<int>(other.kind);
  }
};

struct TextRange {
  TextBound min;
  TextBound max;

  bool is_below(std::string_view text) const {
    const int order = TextBound{.text = text}.compare(min);
    return order < 0 || (order == 0 && min.exclusive);
  }
  bool is_above(std::string_view text) const {
    const int order = TextBound{.text = text}.compare(max);
    return order > 0 || (order == 0 && max.exclusive);
  }
  // No text can be in it.
  bool is_void() const {
    const int order = min.compare(max);
    return order > 0 || (order == 0 && (min.exclusive || max.exclusive));
  }
};

// Elements by rank, from 0.
struct RankSlice {
  uint64_t begin = 0;
  uint64_t count = 0;
};

// How ZADD treats a member.
struct AddRule {
  bool only_new = false;      // NX
  bool only_present = false;  // XX
  bool only_greater = false;  // GT
  bool only_less = false;     // LT
  bool increment = false;     // INCR: the score is added
};

struct Added {
  enum class Outcome : uint8_t { kNothing, kAdded, kUpdated, kSame, kNotANumber };
  Outcome outcome = Outcome::kNothing;
  double score = 0;  // the member's, but with kNothing and kNotANumber
};

class SortedSet {
 public:
  static constexpr Type kType = Type::kSortedSet;

  class Walk;

  static SortedSet make();
  // For so many members, the longest of so many bytes: the encoding is chosen at once.
  static SortedSet make_for(uint64_t entries, uint64_t longest, const SortedSetLimits& limits);
  static SortedSet from_word(uint64_t word) { return SortedSet(word); }
  // Of members and scores in turn, in order.
  static SortedSet adopt(structures::Listpack pack) {
    return SortedSet(reinterpret_cast<uint64_t>(pack.pointer()) | kListpackTag);
  }
  SortedSet() = default;

  uint64_t word() const { return word_; }
  void prefetch(uint64_t text_hash, Warm what) const;
  void destroy();
  SortedSet copy() const;
  uint64_t size() const;
  bool empty() const { return size() == 0; }
  bool is_listpack() const { return (word_ & kTagMask) == kListpackTag; }
  std::string_view encoding() const { return is_listpack() ? "listpack" : "skiplist"; }
  size_t memory_bytes() const;
  uint64_t free_cost() const;

  std::optional<double> score(std::string_view member) const;
  std::optional<uint64_t> rank(std::string_view member) const;
  RankSlice slice(const ScoreRange& range) const;
  // The run of members in the range that a walk meets, from its first on, or `backward` from its last. The two differ
  // only where scores differ, which the range does not look at.
  RankSlice slice(const TextRange& range, bool backward = false) const;
  // From the element at a rank on, either way.
  Walk at(uint64_t rank) const;
  Walk first() const;
  Walk last() const;

  // Becomes large if so many members, the longest of so many bytes, are beyond the limits.
  void prepare_for(uint64_t entries, uint64_t longest, const SortedSetLimits& limits) {
    if (is_listpack() && !limits.allow(entries, longest)) convert();
  }
  Added add(std::string_view member, const AddRule& rule, double score, const SortedSetLimits& limits);
  // A member that is not there yet and belongs behind all others. Never converts: for results that are made in order.
  void append(std::string_view member, double score);
  bool erase(std::string_view member);
  // REQUIRES: they are there.
  void erase(const RankSlice& slice);

  // Calls visit(member, score) for at least `count` of a large one's members, if so many are left, and returns the
  // cursor to go on from; 0 ends. A listpack is visited whole.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, uint64_t count, Visit visit) const;

  // The listpack, and how to become one. REQUIRES: is_listpack().
  structures::Listpack listpack() const {
    return structures::Listpack::adopt(reinterpret_cast<uint8_t*>(word_ & ~kTagMask));
  }

 private:
  struct Large;
  using Visitor = void (*)(std::string_view member, double score, void* context);

  static constexpr uint64_t kTagMask = 7, kListpackTag = 0, kLargeTag = 1;

  explicit SortedSet(uint64_t word) : word_(word) {}
  static SortedSet make_large();
  Large& large() const { return *reinterpret_cast<Large*>(word_ & ~kTagMask); }
  void store(const structures::Listpack& listpack) { word_ = reinterpret_cast<uint64_t>(listpack.pointer()); }

  void convert();
  void insert(std::string_view member, double score);
  void insert_into_listpack(std::string_view member, double score);
  structures::ListpackView::Position find_in_listpack(std::string_view member) const;
  uint64_t scan_large(uint64_t cursor, uint64_t count, Visitor visitor, void* context) const;

  uint64_t word_ = 0;
};

// An element in its place; good until the sorted set changes.
class SortedSet::Walk {
 public:
  // False beyond either end.
  explicit operator bool() const { return is_listpack_ ? entry_ != kNone : static_cast<bool>(position_); }
  double score() const;
  // Good until the walk goes on.
  std::string_view text();
  void next();
  void previous();
  void step(bool backward) { backward ? previous() : next(); }

 private:
  friend class SortedSet;
  static constexpr structures::ListpackView::Position kNone = structures::ListpackView::kNone;

  explicit Walk(structures::ScoreTree::Position position) : position_(position) {}
  Walk(structures::ListpackView listpack, structures::ListpackView::Position entry)
      : is_listpack_(true), listpack_(listpack), entry_(entry) {}

  bool is_listpack_ = false;
  structures::ListpackView listpack_{nullptr};
  structures::ListpackView::Position entry_ = kNone;  // the member's
  structures::ScoreTree::Position position_;
  structures::Element::Buffer digits_;
};

template <typename Visit>
uint64_t SortedSet::scan(uint64_t cursor, uint64_t count, Visit visit) const {
  if (!is_listpack()) {
    return scan_large(
        cursor, count,
        [](std::string_view member, double score, void* context) { (*static_cast<Visit*>(context))(member, score); },
        &visit);
  }
  for (Walk walk = first(); walk; walk.next()) visit(walk.text(), walk.score());
  return 0;
}

static_assert(sizeof(SortedSet) == 8);

}  // namespace values
