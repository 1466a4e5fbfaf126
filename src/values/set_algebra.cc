#include "values/set_algebra.h"

#include <algorithm>
#include <optional>

namespace values {
namespace {

using Member = Set::Member;

// Members on their way through the other sets.
class Batch {
 public:
  static constexpr size_t kSize = 16;

  // `hashed`: some set that will be asked is a table.
  void add(const Member& member, bool hashed) {
    Item& item = items_[size_++];
    item.member = member;
    item.passes = true;
    if (hashed) item.hash = structures::text_hash(item.text());
  }
  bool full() const { return size_ == kSize; }
  void clear() { size_ = 0; }

  // Drops those that are not in `set` (or those that are).
  void keep(const Set& set, bool contained) {
    if (set.form() == Set::Encoding::kTable) return keep_in_table(set.table(), contained);
    for_each([&](Item& item) { item.passes = set.contains(item.member) == contained; });
  }
  // An intset whose members and the batches' are both in ascending order: `at` is where the search goes on. It is near,
  // or else it is searched for.
  void keep_in_order(const structures::Intset& set, uint32_t& at) {
    constexpr uint32_t kNear = 8;
    for_each([&](Item& item) {
      const int64_t value = item.member.integer();
      const uint32_t near = std::min(set.size(), at + kNear);
      while (at < near && set.at(at) < value) ++at;
      if (at == near && near < set.size()) at = set.lower_bound(value);
      item.passes = at < set.size() && set.at(at) == value;
    });
  }

  template <typename Visit>
  void for_each_left(Visit visit) {
    for_each([&](const Item& item) { visit(item.member); });
  }

 private:
  struct Item {
    Member member{0};
    uint64_t hash = 0;
    bool passes = false;
    Member::Buffer buffer;
    std::string_view text() { return member.text(buffer); }
  };

  template <typename Visit>
  void for_each(Visit visit) {
    for (size_t i = 0; i < size_; ++i) {
      if (items_[i].passes) visit(items_[i]);
    }
  }
  // The buckets of all members are asked of the memory first, then the entries, so that their delays overlap.
  void keep_in_table(const Set::Table& table, bool contained) {
    for_each([&](const Item& item) { table.prefetch_bucket(item.hash); });
    for_each([&](const Item& item) { table.prefetch_entry(item.hash); });
    for_each([&](Item& item) { item.passes = (table.find(item.text(), item.hash).entry != nullptr) == contained; });
  }

  Item items_[kSize];
  size_t size_ = 0;
};

bool is_table(const Set& set) { return set.form() == Set::Encoding::kTable; }
bool is_intset(const Set& set) { return set.word() != 0 && set.form() == Set::Encoding::kIntset; }

// Calls visit(member) for the members of `first` that are in all `others` (or in none), until it returns false.
template <typename Visit>
void select(const Set& first, std::span<const Set> others, bool contained, Visit visit) {
  const bool hashed = std::any_of(others.begin(), others.end(), is_table);
  const bool ordered = contained && is_intset(first);
  std::vector<uint32_t> places(others.size(), 0);
  Batch batch;
  bool goes_on = true;
  const auto pass = [&] {
    for (size_t i = 0; i < others.size(); ++i) {
      if (ordered && is_intset(others[i])) {
        batch.keep_in_order(others[i].intset(), places[i]);
      } else {
        batch.keep(others[i], contained);
      }
    }
    batch.for_each_left([&](const Member& member) {
      if (goes_on) goes_on = visit(member);
    });
    batch.clear();
    return goes_on;
  };
  const bool whole = first.for_each_while([&](const Member& member) {
    batch.add(member, hashed);
    return !batch.full() || pass();
  });
  if (whole) pass();
}

void sort_by_size(std::span<Set> sets, bool ascending) {
  std::stable_sort(sets.begin(), sets.end(), [ascending](const Set& a, const Set& b) {
    return ascending ? a.size() < b.size() : a.size() > b.size();
  });
}

// Calls visit(member) for the members of all sets, until it returns false.
template <typename Visit>
void visit_intersection(std::span<Set> sets, Visit visit) {
  sort_by_size(sets, true);
  if (sets[0].empty()) return;
  std::vector<Set> others;
  for (const Set& set : sets.subspan(1)) {
    if (!set.is_same(sets[0])) others.push_back(set);
  }
  select(sets[0], others, true, visit);
}

// Whether asking all other sets for each member of the first is less work than going through them all. It is given an
// advantage of two, since it is simpler and ends at the first set that has the member.
bool asking_is_less(std::span<const Set> sets) {
  uint64_t asked = 0;
  uint64_t gone_through = 0;
  for (const Set& set : sets) {
    if (set.empty()) continue;
    asked += sets[0].size();
    gone_through += set.size();
  }
  return asked / 2 <= gone_through;
}

// In which encoding a union or difference begins: a stored one as small as can be, one that is only replied as what is
// fastest.
Set begin(std::span<const Set> sets, Keeps keeps) {
  const auto is_text = [](const Set& set) { return !set.empty() && !is_intset(set); };
  const bool table = keeps == Keeps::kNo && std::any_of(sets.begin(), sets.end(), is_text);
  return Set::make(table ? Set::Encoding::kTable : Set::Encoding::kIntset);
}

void add_all(Set& to, const Set& from, const SetLimits& limits) {
  from.for_each([&](const Member& member) { to.add(member, limits); });
}

Set remove_others(std::span<const Set> sets, Keeps keeps, const SetLimits& limits) {
  Set made = begin(sets, keeps);
  add_all(made, sets[0], limits);
  for (const Set& set : sets.subspan(1)) {
    const bool some_left = set.for_each_while([&made](const Member& member) {
      made.remove(member);
      return !made.empty();
    });
    if (!some_left) break;
  }
  return made;
}

}  // namespace

uint64_t intersect(std::span<Set> sets, const std::function<void(const Member&)>& visit) {
  uint64_t count = 0;
  visit_intersection(sets, [&](const Member& member) {
    visit(member);
    ++count;
    return true;
  });
  return count;
}

uint64_t count_intersection(std::span<Set> sets, uint64_t limit) {
  uint64_t count = 0;
  visit_intersection(sets, [&](const Member&) { return ++count < limit; });
  return count;
}

Set store_intersection(std::span<Set> sets, const SetLimits& limits) {
  Set made;
  bool all_integers = true;
  visit_intersection(sets, [&](const Member& member) {
    if (made.word() == 0) made = Set::make(is_intset(sets[0]) ? Set::Encoding::kIntset : Set::Encoding::kListpack);
    // A listpack holds as a text what is an integer only if RESTORE brought it; such a text stays one here.
    all_integers = all_integers && (is_table(sets[0]) ? member.to_integer().has_value() : member.is_integer());
    made.add(member, limits);
    return true;
  });
  if (all_integers && !made.empty()) made.become_intset(limits);
  return made;
}

Difference subtract(std::span<Set> sets, Keeps keeps, const SetLimits& limits) {
  const auto is_first = [&sets](const Set& set) { return set.is_same(sets[0]); };
  const bool nothing = sets[0].empty() || std::any_of(sets.begin() + 1, sets.end(), is_first);
  if (nothing) return {};
  if (!asking_is_less(sets)) return {remove_others(sets, keeps, limits), {}};
  const std::span<Set> others = sets.subspan(1);
  sort_by_size(others, false);  // the largest has a member most likely
  Difference difference;
  if (keeps == Keeps::kYes) difference.own = begin(sets, keeps);
  select(sets[0], others, false, [&](const Member& member) {
    keeps == Keeps::kYes ? void(difference.own.add(member, limits)) : difference.members.push_back(member);
    return true;
  });
  return difference;
}

Set unite(std::span<const Set> sets, Keeps keeps, const SetLimits& limits) {
  Set made = begin(sets, keeps);
  for (const Set& set : sets) add_all(made, set, limits);
  return made;
}

}  // namespace values
