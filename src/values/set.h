// Set: distinct texts, in the encodings of the reference and with its thresholds.
//
// Shape    a handle of one word: null, a pointer to an intset, or to a listpack, or to a hash table of texts
//          (structures/intset.h, listpack.h, hash_table.h). Null is an empty set that allocated nothing yet.
//          What becomes what: integers are an intset while they are at most `max_intset_entries`, other members a
//          listpack while there are at most `max_listpack_entries`, none longer than `max_listpack_value`; else, and
//          from then on, a hash table. No removal leads back.
// Cost     contains, add, remove: O(1) in a table, O(log n) and O(n) in an intset, O(n) in a listpack, which both are
//          small; random O(1), in a listpack O(n).
// Threads  the owner's. destroy() on any thread.
// Source   valkey-server 9.1.2, at every threshold: tests/transcripts/sets/encodings.transcript
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/prefetch.h"
#include "base/random.h"
#include "structures/hash_table.h"
#include "structures/intset.h"
#include "structures/listpack.h"
#include "structures/text_entry.h"
#include "values/collection.h"

namespace values {

struct SetLimits {
  uint64_t max_intset_entries = 512;
  uint64_t max_listpack_entries = 128;
  uint64_t max_listpack_value = 64;
};

class Set {
 public:
  static constexpr Type kType = Type::kSet;
  enum class Encoding : uint8_t { kIntset = 1, kListpack = 2, kTable = 3 };
  // A member: valid until the set changes.
  using Member = structures::Element;
  using Table = structures::HashTable<structures::TextEntryTraits<0>>;

  Set() = default;
  static Set make() { return Set(); }
  static Set make(Encoding encoding);
  // The encoding in which so many members begin of which this is the first.
  static Set make_for(std::string_view first, uint64_t count, const SetLimits& limits);
  static Set from_word(uint64_t word) {
    Set set;
    set.word_ = word;
    return set;
  }
  // Of distinct members, at least one.
  static Set adopt(structures::Intset all) { return made_of(all.memory(), Encoding::kIntset); }
  static Set adopt(structures::Listpack all) { return made_of(all.pointer(), Encoding::kListpack); }
  uint64_t word() const { return word_; }
  void destroy();
  Set copy() const;
  bool is_same(const Set& other) const { return word_ == other.word_; }

  uint64_t size() const;
  bool empty() const { return size() == 0; }
  std::string_view encoding() const;
  Encoding form() const { return word_ == 0 ? Encoding::kIntset : static_cast<Encoding>(word_ & kEncodingBits); }
  size_t memory_bytes() const;
  uint64_t free_cost() const;

  bool contains(std::string_view member) const { return contains(Member(member)); }
  bool contains(const Member& member) const;
  void prefetch(uint64_t text_hash, Warm what) const {
    if (form() != Encoding::kTable) return base::prefetch(pointer());
    what == Warm::kIndex ? table().prefetch_bucket(text_hash) : table().prefetch_entry(text_hash);
  }

  // Makes a small set a table where so many members will be added that it must become one.
  void expect(uint64_t count, const SetLimits& limits);
  // True if the member is new.
  bool add(std::string_view member, const SetLimits& limits) { return add(Member(member), limits); }
  bool add(const Member& member, const SetLimits& limits);
  // True if it was there.
  bool remove(std::string_view member) { return remove(Member(member)); }
  bool remove(const Member& member);

  // A set whose members are all integers becomes an intset, if they are not too many for one.
  void become_intset(const SetLimits& limits);

  // Each with the same chance. REQUIRES: !empty().
  Member random(base::Random& random) const;
  // So many different ones, or all; in no order that means anything.
  std::vector<Member> random_members(base::Random& random, uint64_t count) const;

  // Calls visit(member) for each; an intset's in ascending order, a listpack's in the order of their coming.
  template <typename Visit>
  void for_each(Visit visit) const;
  // The same until it returns false. Returns false if it did.
  template <typename Visit>
  bool for_each_while(Visit visit) const;
  // The same for about a thousand of a table's; begins with place 0, and returns the place to go on from, 0 at the end.
  // The set must not change meanwhile.
  template <typename Visit>
  uint64_t for_some(uint64_t place, Visit visit) const;
  // A walk in steps that meets every member that stays from the first to the last, for SSCAN: begins and ends with
  // cursor 0. Only a table has more than one step.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, uint64_t count, Visit visit) const;

  // REQUIRES: form() says so, and the set is not null.
  structures::Intset intset() const { return structures::Intset::from_memory(pointer()); }
  structures::Listpack listpack() const { return structures::Listpack::adopt(static_cast<uint8_t*>(pointer())); }
  Table& table() const { return *static_cast<Table*>(pointer()); }

 private:
  static constexpr uint64_t kEncodingBits = 7;

  static Set made_of(void* memory, Encoding encoding) {
    Set set;
    set.hold(memory, encoding);
    return set;
  }
  void* pointer() const { return reinterpret_cast<void*>(word_ & ~kEncodingBits); }
  void hold(void* memory, Encoding encoding) {
    word_ = reinterpret_cast<uint64_t>(memory) | static_cast<uint64_t>(encoding);
  }

  bool add_to_intset(const Member& member, const SetLimits& limits);
  bool add_to_listpack(const Member& member, const SetLimits& limits);
  bool add_to_table(std::string_view text);
  bool fits_listpack(const Member& member, const SetLimits& limits) const;
  void become_listpack();
  void become_table();

  uint64_t word_ = 0;
};

inline uint64_t Set::size() const {
  if (word_ == 0) return 0;
  switch (form()) {
    case Encoding::kIntset: return intset().size();
    case Encoding::kListpack: return listpack().size();
    default: return table().size();
  }
}

template <typename Visit>
bool Set::for_each_while(Visit visit) const {
  if (word_ == 0) return true;
  if (form() == Encoding::kIntset) {
    const structures::Intset all = intset();
    for (uint32_t i = 0; i < all.size(); ++i) {
      if (!visit(Member(all.at(i)))) return false;
    }
    return true;
  }
  if (form() == Encoding::kListpack) {
    const structures::Listpack all = listpack();
    for (auto at = all.first(); at != all.kNone; at = all.next(at)) {
      if (!visit(all.get(at))) return false;
    }
    return true;
  }
  return table().for_each_while([&](const structures::TextEntry& entry) { return visit(Member(entry.text())); });
}

template <typename Visit>
void Set::for_each(Visit visit) const {
  if (form() == Encoding::kTable) {
    table().for_each([&](const structures::TextEntry& entry) { visit(Member(entry.text())); });
    return;
  }
  for_each_while([&](const Member& member) {
    visit(member);
    return true;
  });
}

template <typename Visit>
uint64_t Set::for_some(uint64_t place, Visit visit) const {
  if (form() == Encoding::kTable) {
    return table().visit_segment(place, [&](const structures::TextEntry& entry) { visit(Member(entry.text())); });
  }
  for_each(visit);
  return 0;
}

template <typename Visit>
uint64_t Set::scan(uint64_t cursor, uint64_t count, Visit visit) const {
  if (form() == Encoding::kTable) {
    return table().scan_from(cursor, count, [&](const structures::TextEntry& entry) { visit(Member(entry.text())); });
  }
  for_each(visit);
  return 0;
}

}  // namespace values
