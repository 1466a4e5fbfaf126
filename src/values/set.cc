#include "values/set.h"

#include <algorithm>
#include <new>
#include <optional>
#include <unordered_set>

#include "base/check.h"
#include "structures/memory.h"

namespace values {

using structures::Element;
using structures::Intset;
using structures::Listpack;
using structures::TextEntry;

namespace {

// An intset's members are counted in 32 bits, and never more than this, whatever the limit says.
constexpr uint64_t kMostInIntset = uint64_t{1} << 30;
// Bytes that an integer takes in a listpack at most.
constexpr uint64_t kListpackIntegerBytes = 10;

uint64_t intset_limit(const SetLimits& limits) { return std::min(limits.max_intset_entries, kMostInIntset); }

Set::Table* new_table() { return new (structures::allocate(sizeof(Set::Table))) Set::Table(); }

void insert(Set::Table& table, std::string_view text) {
  table.insert(structures::text_hash(text), TextEntry::create(text, 0));
}

}  // namespace

Set Set::make(Encoding encoding) {
  Set set;
  switch (encoding) {
    case Encoding::kIntset: set.hold(Intset::make().memory(), encoding); break;
    case Encoding::kListpack: set.hold(Listpack::make().pointer(), encoding); break;
    case Encoding::kTable: set.hold(new_table(), encoding); break;
  }
  return set;
}

Set Set::make_for(std::string_view first, uint64_t count, const SetLimits& limits) {
  if (count <= limits.max_intset_entries && base::parse_int64(first)) return make(Encoding::kIntset);
  return make(count <= limits.max_listpack_entries ? Encoding::kListpack : Encoding::kTable);
}

void Set::destroy() {
  if (word_ == 0) return;
  switch (form()) {
    case Encoding::kIntset: intset().destroy(); break;
    case Encoding::kListpack: listpack().destroy(); break;
    case Encoding::kTable: {
      Table* const gone = &table();
      gone->~Table();
      structures::release(gone, sizeof(Table));
    }
  }
  word_ = 0;
}

Set Set::copy() const {
  Set made;
  if (word_ == 0) return made;
  switch (form()) {
    case Encoding::kIntset: made.hold(intset().copy().memory(), form()); break;
    case Encoding::kListpack: made.hold(listpack().copy().pointer(), form()); break;
    case Encoding::kTable:
      made = make(Encoding::kTable);
      table().for_each([&made](const TextEntry& entry) { insert(made.table(), entry.text()); });
  }
  return made;
}

std::string_view Set::encoding() const {
  constexpr std::string_view kNames[] = {"intset", "listpack", "hashtable"};
  return kNames[static_cast<size_t>(form()) - 1];
}

size_t Set::memory_bytes() const {
  if (word_ == 0) return 0;
  switch (form()) {
    case Encoding::kIntset: return intset().memory_bytes();
    case Encoding::kListpack: return listpack().memory_bytes();
    default: return structures::allocation_size(sizeof(Table)) + table().index_bytes() + table().weight();
  }
}

uint64_t Set::free_cost() const { return form() == Encoding::kTable ? table().size() : 1; }

bool Set::contains(const Member& member) const {
  if (word_ == 0) return false;
  if (form() == Encoding::kIntset) {
    const std::optional<int64_t> integer = member.to_integer();
    return integer && intset().contains(*integer);
  }
  Member::Buffer buffer;
  const std::string_view text = member.text(buffer);
  if (form() == Encoding::kListpack) {
    const Listpack all = listpack();
    return !all.empty() && all.find(all.first(), text) != all.kNone;
  }
  return table().find(text, structures::text_hash(text)).entry != nullptr;
}

void Set::expect(uint64_t count, const SetLimits& limits) {
  const bool grows_out = (form() == Encoding::kIntset && count > limits.max_intset_entries) ||
                         (form() == Encoding::kListpack && count > limits.max_listpack_entries);
  if (grows_out) become_table();
}

bool Set::add(const Member& member, const SetLimits& limits) {
  if (word_ == 0) *this = make(Encoding::kIntset);
  switch (form()) {
    case Encoding::kIntset: return add_to_intset(member, limits);
    case Encoding::kListpack: return add_to_listpack(member, limits);
    default: {
      Member::Buffer buffer;
      return add_to_table(member.text(buffer));
    }
  }
}

bool Set::add_to_intset(const Member& member, const SetLimits& limits) {
  if (const std::optional<int64_t> integer = member.to_integer()) {
    Intset all = intset();
    if (!all.add(*integer)) return false;
    hold(all.memory(), Encoding::kIntset);
    if (all.size() > intset_limit(limits)) become_table();
    return true;
  }
  fits_listpack(member, limits) ? become_listpack() : become_table();
  return add(member, limits);
}

// Whether all integers of an intset, and this text, may be in a listpack.
bool Set::fits_listpack(const Member& member, const SetLimits& limits) const {
  const Intset all = intset();
  if (all.size() >= limits.max_listpack_entries || member.text_size() > limits.max_listpack_value) return false;
  if (all.empty()) return true;
  const size_t longest = std::max(base::int64_digits(all.min()), base::int64_digits(all.max()));
  const uint64_t bytes = all.size() * kListpackIntegerBytes + member.text_size();
  return longest <= limits.max_listpack_value && bytes <= structures::ListpackView::kSafeBytes;
}

bool Set::add_to_listpack(const Member& member, const SetLimits& limits) {
  Listpack all = listpack();
  Member::Buffer buffer;
  const std::string_view text = member.text(buffer);
  if (!all.empty() && all.find(all.first(), text) != all.kNone) return false;
  const bool fits = all.size() < limits.max_listpack_entries && text.size() <= limits.max_listpack_value;
  if (fits && all.can_grow(text.size())) {
    all.append(text);
    hold(all.pointer(), Encoding::kListpack);
  } else {
    become_table();
    insert(table(), text);
  }
  return true;
}

bool Set::add_to_table(std::string_view text) {
  const uint64_t hash = structures::text_hash(text);
  if (table().find(text, hash).entry != nullptr) return false;
  table().insert(hash, TextEntry::create(text, 0));
  return true;
}

bool Set::remove(const Member& member) {
  if (word_ == 0) return false;
  if (form() == Encoding::kIntset) {
    const std::optional<int64_t> integer = member.to_integer();
    Intset all = intset();
    const bool removed = integer && all.remove(*integer);
    hold(all.memory(), Encoding::kIntset);
    return removed;
  }
  Member::Buffer buffer;
  const std::string_view text = member.text(buffer);
  if (form() == Encoding::kListpack) {
    Listpack all = listpack();
    const Listpack::Position at = all.empty() ? all.kNone : all.find(all.first(), text);
    if (at == all.kNone) return false;
    all.erase(at);
    hold(all.pointer(), Encoding::kListpack);
    return true;
  }
  const Table::Position at = table().find(text, structures::text_hash(text));
  if (at.entry == nullptr) return false;
  TextEntry::destroy(table().take(at), 0);
  return true;
}

void Set::become_listpack() {
  Set made = make(Encoding::kListpack);
  Listpack all = made.listpack();
  for_each([&all](const Member& member) { all.append(member.integer()); });
  destroy();
  hold(all.pointer(), Encoding::kListpack);
}

void Set::become_table() {
  const Set made = make(Encoding::kTable);
  for_each([&made](const Member& member) {
    Member::Buffer buffer;
    insert(made.table(), member.text(buffer));
  });
  destroy();
  *this = made;
}

void Set::become_intset(const SetLimits& limits) {
  if (form() == Encoding::kIntset || size() > intset_limit(limits)) return;
  Intset all = Intset::make();
  for_each([&all](const Member& member) { all.add(*member.to_integer()); });
  destroy();
  hold(all.memory(), Encoding::kIntset);
}

Set::Member Set::random(base::Random& random) const {
  DCHECK(!empty());
  switch (form()) {
    case Encoding::kIntset: return Member(intset().random(random));
    case Encoding::kListpack: return listpack().get(listpack().random_position(random));
    default: return Member(table().random(random).entry->text());
  }
}

namespace {

// All members, of which `count` random ones are then at the front.
std::vector<Set::Member> shuffled(const Set& set, base::Random& random, uint64_t count) {
  std::vector<Set::Member> members;
  members.reserve(set.size());
  set.for_each([&members](const Set::Member& member) { members.push_back(member); });
  for (uint64_t i = 0; i < count; ++i) std::swap(members[i], members[i + random.below(members.size() - i)]);
  members.erase(members.begin() + static_cast<ptrdiff_t>(count), members.end());
  return members;
}

}  // namespace

std::vector<Set::Member> Set::random_members(base::Random& random, uint64_t count) const {
  // Drawing one by one meets some again; from a third of all on, it is cheaper to take all and shuffle.
  constexpr uint64_t kShare = 3;
  const uint64_t wanted = std::min(count, size());
  if (form() != Encoding::kTable || wanted > size() / kShare) return shuffled(*this, random, wanted);
  std::vector<Member> members;
  members.reserve(wanted);
  std::unordered_set<const TextEntry*> seen;
  while (members.size() < wanted) {
    const TextEntry* const entry = table().random(random).entry;
    if (seen.insert(entry).second) members.emplace_back(entry->text());
  }
  return members;
}

}  // namespace values
