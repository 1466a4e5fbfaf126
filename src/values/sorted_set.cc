#include "values/sorted_set.h"

#include <cmath>
#include <new>
#include <span>

#include "base/numbers.h"
#include "base/prefetch.h"
#include "structures/block_pool.h"
#include "structures/hash_table.h"
#include "structures/memory.h"
#include "structures/text_entry.h"

namespace values {
namespace {

using structures::Listpack;
using structures::ListpackView;
using structures::ScoreBound;
using structures::ScoredElement;
using structures::ScoreTree;

struct MemberTraits {
  using Entry = ScoredElement;
  static uint64_t hash_of(const Entry& entry) { return structures::text_hash(entry.text()); }
  static uint64_t path(uint64_t hash) { return hash; }
  static std::string_view text(const Entry& entry) { return entry.text(); }
  static bool expires(const Entry&) { return false; }
  static bool timed(const Entry&) { return false; }
  static size_t weight(const Entry& entry) { return structures::block_size(entry.bytes()); }
  static void destroy(Entry* entry) { ScoredElement::destroy(entry); }
};

// A member and its score as a listpack holds them, where -0 is 0.
class Pair {
 public:
  Pair(std::string_view member, double score) : words_{member, base::format_double(score == 0 ? 0 : score, digits_)} {}
  std::span<const std::string_view> words() const { return words_; }

 private:
  char digits_[base::kDoubleChars];
  std::string_view words_[2];
};

double score_at(const ListpackView& listpack, ListpackView::Position position) {
  const structures::Element element = listpack.get(position);
  if (element.is_integer()) return static_cast<double>(element.integer());
  structures::Element::Buffer digits;
  return base::parse_double(element.text(digits)).value_or(0);
}

}  // namespace

struct SortedSet::Large {
  structures::HashTable<MemberTraits> members;  // owns the elements
  ScoreTree order;

  void append(ScoredElement* element, uint64_t hash) {
    members.insert(hash, element);
    order.insert(element);
  }
  void forget(ScoredElement* element) {
    members.take(members.find(element->text(), structures::text_hash(element->text())));
    ScoredElement::destroy(element);
  }
};

// Walks.

void SortedSet::prefetch(uint64_t text_hash, Warm what) const {
  if (is_listpack()) return base::prefetch(reinterpret_cast<const void*>(word_ & ~kTagMask));
  what == Warm::kIndex ? large().members.prefetch_bucket(text_hash) : large().members.prefetch_entry(text_hash);
}

double SortedSet::Walk::score() const {
  return is_listpack_ ? score_at(listpack_, listpack_.next(entry_)) : position_.score();
}

std::string_view SortedSet::Walk::text() {
  return is_listpack_ ? listpack_.get(entry_).text(digits_) : position_.text();
}

void SortedSet::Walk::next() {
  if (is_listpack_) {
    entry_ = listpack_.skip(entry_, 2);
  } else {
    position_.next();
  }
}

void SortedSet::Walk::previous() {
  if (!is_listpack_) return position_.previous();
  entry_ = listpack_.previous(entry_);
  if (entry_ != kNone) entry_ = listpack_.previous(entry_);
}

SortedSet::Walk SortedSet::first() const {
  return is_listpack() ? Walk(listpack(), listpack().first()) : Walk(large().order.first());
}

SortedSet::Walk SortedSet::last() const {
  if (!is_listpack()) return Walk(large().order.last());
  return Walk(listpack(), listpack().empty() ? ListpackView::kNone : listpack().at(-2));
}

SortedSet::Walk SortedSet::at(uint64_t rank) const {
  if (!is_listpack()) return Walk(large().order.at(rank));
  if (rank >= size()) return {listpack(), ListpackView::kNone};
  return {listpack(), listpack().at(static_cast<int64_t>(rank) * 2)};
}

// The whole.

SortedSet SortedSet::make() {
  SortedSet made;
  made.store(Listpack::make());
  return made;
}

SortedSet SortedSet::make_large() {
  auto* large = new (structures::allocate(sizeof(Large))) Large;
  return SortedSet(reinterpret_cast<uint64_t>(large) | kLargeTag);
}

SortedSet SortedSet::make_for(uint64_t entries, uint64_t longest, const SortedSetLimits& limits) {
  return limits.allow(entries, longest) ? make() : make_large();
}

void SortedSet::destroy() {
  if (is_listpack()) {
    listpack().destroy();
  } else {
    large().~Large();
    structures::release(&large(), sizeof(Large));
  }
  word_ = 0;
}

SortedSet SortedSet::copy() const {
  if (!is_listpack()) {
    SortedSet made = make_large();
    for (Walk walk = first(); walk; walk.next()) made.append(walk.text(), walk.score());
    return made;
  }
  SortedSet made;
  made.store(listpack().copy());
  return made;
}

uint64_t SortedSet::size() const { return is_listpack() ? listpack().size() / 2 : large().order.size(); }

size_t SortedSet::memory_bytes() const {
  if (is_listpack()) return listpack().memory_bytes();
  const Large& here = large();
  return structures::allocation_size(sizeof(Large)) + here.members.index_bytes() + here.members.weight() +
         here.order.memory_bytes();
}

uint64_t SortedSet::free_cost() const { return is_listpack() ? 1 : size() + large().order.node_count(); }

// Reading.

ListpackView::Position SortedSet::find_in_listpack(std::string_view member) const {
  const ListpackView here = listpack();
  return here.empty() ? ListpackView::kNone : here.find(here.first(), member, 1);
}

std::optional<double> SortedSet::score(std::string_view member) const {
  if (is_listpack()) {
    const ListpackView::Position at = find_in_listpack(member);
    if (at == ListpackView::kNone) return std::nullopt;
    return score_at(listpack(), listpack().next(at));
  }
  const ScoredElement* element = large().members.find(member, structures::text_hash(member)).entry;
  return element == nullptr ? std::nullopt : std::optional(element->score());
}

std::optional<uint64_t> SortedSet::rank(std::string_view member) const {
  if (!is_listpack()) {
    const std::optional<double> score = this->score(member);
    if (!score) return std::nullopt;
    return large().order.rank(ScoreBound::at_element(*score, member));
  }
  structures::Needle needle(member);
  uint64_t rank = 0;
  for (Walk walk = first(); walk; walk.next(), ++rank) {
    if (listpack().equals(walk.entry_, needle)) return rank;
  }
  return std::nullopt;
}

RankSlice SortedSet::slice(const ScoreRange& range) const {
  uint64_t begin = 0, end = 0;
  if (!is_listpack()) {
    begin = large().order.rank(ScoreBound::at_score(range.min, range.min_exclusive));
    end = large().order.rank(ScoreBound::at_score(range.max, !range.max_exclusive));
  } else {
    Walk walk = first();
    for (; walk && range.is_below(walk.score()); walk.next()) ++begin;
    for (end = begin; walk && !range.is_above(walk.score()); walk.next()) ++end;
  }
  return {begin, end > begin ? end - begin : 0};
}

namespace {

// How many elements of the tree, which all have one score, are below the bound.
uint64_t rank_of(const ScoreTree& order, const TextBound& bound, bool behind_equal) {
  if (bound.kind == TextBound::Kind::kLowest) return 0;
  if (bound.kind == TextBound::Kind::kHighest) return order.size();
  return order.rank(ScoreBound::at_text(bound.text, behind_equal));
}

}  // namespace

RankSlice SortedSet::slice(const TextRange& range, bool backward) const {
  if (range.is_void() || empty()) return {};
  if (!is_listpack()) {
    const uint64_t begin = rank_of(large().order, range.min, range.min.exclusive);
    const uint64_t end = rank_of(large().order, range.max, !range.max.exclusive);
    return {begin, end > begin ? end - begin : 0};
  }
  Walk low = first(), high = last();
  if (range.is_above(low.text()) || range.is_below(high.text())) return {};
  uint64_t passed = 0, count = 0;
  Walk walk = backward ? high : low;
  const auto before = [&] { return backward ? range.is_above(walk.text()) : range.is_below(walk.text()); };
  const auto behind = [&] { return backward ? range.is_below(walk.text()) : range.is_above(walk.text()); };
  for (; walk && before(); walk.step(backward)) ++passed;
  for (; walk && !behind(); walk.step(backward)) ++count;
  return {backward ? size() - passed - count : passed, count};
}

uint64_t SortedSet::scan_large(uint64_t cursor, uint64_t count, Visitor visitor, void* context) const {
  return large().members.scan_from(
      cursor, count, [&](const ScoredElement& element) { visitor(element.text(), element.score(), context); });
}

// Changing.

void SortedSet::convert() {
  SortedSet made = make_large();
  for (Walk walk = first(); walk; walk.next()) made.append(walk.text(), walk.score());
  destroy();
  *this = made;
}

void SortedSet::insert_into_listpack(std::string_view member, double score) {
  Walk walk = first();
  while (walk && (walk.score() < score || (walk.score() == score && walk.text() < member))) walk.next();
  Listpack here = listpack();
  here.insert_many(walk ? walk.entry_ : here.end(), Pair(member, score).words());
  store(here);
}

void SortedSet::insert(std::string_view member, double score) {
  if (is_listpack()) return insert_into_listpack(member, score);
  large().append(ScoredElement::create(member, score), structures::text_hash(member));
}

void SortedSet::append(std::string_view member, double score) {
  if (!is_listpack()) return insert(member, score);
  Listpack here = listpack();
  here.append_many(Pair(member, score).words());
  store(here);
}

namespace {

// What the rule makes of a member that has `old`.
Added decide(const AddRule& rule, double old, double score) {
  if (rule.only_new) return {};
  if (rule.increment) {
    score += old;
    if (std::isnan(score)) return {Added::Outcome::kNotANumber, 0};
  }
  if ((rule.only_less && score >= old) || (rule.only_greater && score <= old)) return {};
  return {score == old ? Added::Outcome::kSame : Added::Outcome::kUpdated, score};
}

}  // namespace

Added SortedSet::add(std::string_view member, const AddRule& rule, double score, const SortedSetLimits& limits) {
  if (!is_listpack()) {
    Large& here = large();
    const uint64_t hash = structures::text_hash(member);
    if (ScoredElement* element = here.members.find(member, hash).entry) {
      const Added added = decide(rule, element->score(), score);
      if (added.outcome == Added::Outcome::kUpdated) here.order.change_score(element, added.score);
      return added;
    }
    if (rule.only_present) return {};
    here.append(ScoredElement::create(member, score), hash);
    return {Added::Outcome::kAdded, score};
  }
  const ListpackView::Position at = find_in_listpack(member);
  if (at != ListpackView::kNone) {
    const Added added = decide(rule, score_at(listpack(), listpack().next(at)), score);
    if (added.outcome != Added::Outcome::kUpdated) return added;
    Listpack here = listpack();
    here.erase_range(at, 2);
    store(here);
    insert_into_listpack(member, added.score);
    return added;
  }
  if (rule.only_present) return {};
  if (!limits.allow(size() + 1, member.size()) || !listpack().can_grow(member.size())) convert();
  insert(member, score);
  return {Added::Outcome::kAdded, score};
}

bool SortedSet::erase(std::string_view member) {
  if (is_listpack()) {
    const ListpackView::Position at = find_in_listpack(member);
    if (at == ListpackView::kNone) return false;
    Listpack here = listpack();
    here.erase_range(at, 2);
    store(here);
    return true;
  }
  Large& here = large();
  const auto at = here.members.find(member, structures::text_hash(member));
  if (at.entry == nullptr) return false;
  here.order.erase(at.entry);
  ScoredElement::destroy(here.members.take(at));
  return true;
}

void SortedSet::erase(const RankSlice& slice) {
  if (is_listpack()) {
    Listpack here = listpack();
    here.erase_at(static_cast<int64_t>(slice.begin) * 2, static_cast<uint32_t>(slice.count) * 2);
    return store(here);
  }
  Large& here = large();
  here.order.erase_ranks(slice.begin, slice.count, [&](ScoredElement* element) { here.forget(element); });
}

}  // namespace values
