#include "values/hash.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

template class structures::HashTable<values::HashFieldTraits>;

namespace values {
namespace {

using structures::kNever;
using structures::Listpack;
using structures::Needle;
using structures::ShortTick;
using structures::Tick;

// Ticks of a hash's time index: 128 ms from the start of 2025 on, which last until 2042. Later fields expire, too, but
// are not removed for it.
constexpr int64_t kTickMs = 128;
constexpr int64_t kFirstTickMs = 1'735'689'600'000;

// The tick of a time is not after it.
Tick tick_of(int64_t unix_ms) {
  return static_cast<Tick>(std::clamp<int64_t>((unix_ms - kFirstTickMs) / kTickMs, 1, kNever - 1));
}
Tick due_tick(int64_t expiry_ms, int64_t now_ms) {
  if (expiry_ms == Hash::kNoExpiry) return kNever;
  return std::min(tick_of(expiry_ms), tick_of(now_ms) + ShortTick::kHorizon);
}

}  // namespace

HashFieldTable* Hash::make_table() { return new (structures::allocate(sizeof(HashFieldTable))) HashFieldTable; }

void Hash::destroy() {
  if (is_listpack()) return pack().destroy();
  table().~HashFieldTable();
  structures::release(&table(), sizeof(HashFieldTable));
}

Hash Hash::copy() const {
  if (is_listpack()) return Hash(reinterpret_cast<uint64_t>(pack().copy().pointer()));
  HashFieldTable* const made = make_table();
  table().for_each([&](const HashField& field) {
    HashField* const own = HashField::create(field.name(), field.value(), field.expiry_ms());
    made->insert(structures::text_hash(field.name()), own, field.expires() ? table().due() : kNever);
  });
  Hash copied(kTable);
  copied.store_table(made);
  return copied;
}

size_t Hash::memory_bytes() const {
  if (is_listpack()) return pack().memory_bytes();
  return structures::allocation_size(sizeof(HashFieldTable)) + table().index_bytes() + table().weight();
}

uint64_t Hash::live_size(int64_t now_ms) const {
  if (!has_expiries()) return size();
  uint64_t live = 0;
  table().for_each([&](const HashField& field) { live += static_cast<uint64_t>(field.live(now_ms)); });
  return live;
}

std::optional<Hash::Element> Hash::get(std::string_view field, int64_t now_ms) const {
  if (is_listpack()) {
    const Listpack pack = this->pack();
    const auto name = pack.find(pack.first(), field, 1);
    if (name == Listpack::kNone) return std::nullopt;
    return pack.get(pack.next(name));
  }
  const auto at = table().find(field, structures::text_hash(field));
  if (at.entry == nullptr || !at.entry->live(now_ms)) return std::nullopt;
  return Element(at.entry->value());
}

std::optional<int64_t> Hash::expiry_ms(std::string_view field, int64_t now_ms) const {
  if (is_listpack()) return has(field, now_ms) ? std::optional(kNoExpiry) : std::nullopt;
  const auto at = table().find(field, structures::text_hash(field));
  if (at.entry == nullptr || !at.entry->live(now_ms)) return std::nullopt;
  return at.entry->expiry_ms();
}

void Hash::expect(uint64_t fields, std::span<const std::string_view> words, const HashLimits& limits) {
  if (!is_listpack()) return;
  uint64_t bytes = 0;
  for (const std::string_view word : words) {
    if (word.size() > limits.max_listpack_value) return leave_listpack();
    bytes += word.size();
  }
  if (fields > limits.max_listpack_entries || !pack().can_grow(bytes)) leave_listpack();
}

Hash::Stored Hash::set(std::string_view field, std::string_view value, const Store& how) {
  if (is_listpack()) {
    const bool too_long = std::max(field.size(), value.size()) > how.limits.max_listpack_value;
    if (too_long || how.expiry_ms != kNoExpiry || !pack().can_grow(field.size() + value.size())) leave_listpack();
  }
  if (!is_listpack()) return set_in_table(field, value, how);
  const Stored stored = set_in_pack(field, value);
  if (size() > how.limits.max_listpack_entries) leave_listpack();
  return stored;
}

Hash::Stored Hash::set_in_pack(std::string_view field, std::string_view value) {
  Listpack pack = this->pack();
  const auto name = pack.find(pack.first(), field, 1);
  if (name != Listpack::kNone) {
    pack.replace(pack.next(name), value);
  } else {
    const std::string_view both[] = {field, value};
    pack.append_many(both);
  }
  store_pack(pack);
  return name != Listpack::kNone ? Stored::kReplaced : Stored::kAdded;
}

Hash::Stored Hash::set_in_table(std::string_view field, std::string_view value, const Store& how) {
  HashFieldTable& table = this->table();
  const uint64_t hash = structures::text_hash(field);
  const auto at = table.find(field, hash);
  if (at.entry == nullptr) {
    table.insert(hash, HashField::create(field, value, how.expiry_ms), due_tick(how.expiry_ms, how.now_ms));
    store_table(&table);
    return Stored::kAdded;
  }
  const bool live = at.entry->live(how.now_ms);
  overwrite(at, value, how.keeps_expiry && live ? at.entry->expiry_ms() : how.expiry_ms, how.now_ms);
  return live ? Stored::kReplaced : Stored::kReplacedExpired;
}

// `value` may be the field's own.
void Hash::overwrite(const HashFieldTable::Position& at, std::string_view value, int64_t expiry_ms, int64_t now_ms) {
  HashFieldTable& table = this->table();
  const bool had = at.entry->expires();
  const bool has = expiry_ms != kNoExpiry;
  if (at.entry->overwrite(value, expiry_ms)) {
    table.count_expiring(int{has} - int{had});
    if (has) table.note_due(at, due_tick(expiry_ms, now_ms));
  } else {
    table.replace(at, HashField::create(at.entry->name(), value, expiry_ms), due_tick(expiry_ms, now_ms));
    HashField::destroy(at.entry);
  }
  store_table(&table);
}

bool Hash::erase(std::string_view field, int64_t now_ms) {
  if (is_listpack()) {
    Listpack pack = this->pack();
    const auto name = pack.find(pack.first(), field, 1);
    if (name == Listpack::kNone) return false;
    pack.erase_range(name, 2);
    store_pack(pack);
    return true;
  }
  HashFieldTable& table = this->table();
  const auto at = table.find(field, structures::text_hash(field));
  if (at.entry == nullptr || !at.entry->live(now_ms)) return false;
  HashField::destroy(table.take(at));
  store_table(&table);
  return true;
}

bool Hash::set_expiry(std::string_view field, int64_t expiry_ms, int64_t now_ms) {
  if (is_listpack()) {
    if (!has(field, now_ms)) return false;
    if (expiry_ms == kNoExpiry) return true;
    leave_listpack();
  }
  const auto at = table().find(field, structures::text_hash(field));
  if (at.entry == nullptr || !at.entry->live(now_ms)) return false;
  if (at.entry->expiry_ms() != expiry_ms) overwrite(at, at.entry->value(), expiry_ms, now_ms);
  return true;
}

void Hash::leave_listpack() {
  HashFieldTable* const made = make_table();
  for_each(kSeesAll, [&](const Element& name, const Element& value) {
    Element::Buffer name_buffer, value_buffer;
    const std::string_view text = name.text(name_buffer);
    made->insert(structures::text_hash(text), HashField::create(text, value.text(value_buffer), kNoExpiry));
  });
  pack().destroy();
  store_table(made);
}

int64_t Hash::next_due_ms() const {
  if (!has_expiries()) return kNoExpiry;
  const Tick due = table().due();
  return due == kNever ? kNoExpiry : kFirstTickMs + (int64_t{due} + 1) * kTickMs;
}

uint64_t Hash::reclaim(int64_t now_ms, int budget) { return take_expired(now_ms, tick_of(now_ms) - 1, budget); }

void Hash::erase_expired(int64_t now_ms) { take_expired(now_ms, tick_of(now_ms), std::numeric_limits<int>::max()); }

uint64_t Hash::take_expired(int64_t now_ms, Tick passed, int budget) {
  if (!has_expiries()) return 0;
  HashFieldTable& table = this->table();
  uint64_t removed = 0;
  table.take_due(
      passed, budget,
      [&](const HashField& field) {
        if (!field.expires()) return kNever;
        return field.live(now_ms) ? due_tick(field.expiry_ms(), now_ms) : 0;
      },
      [&](HashField* dead) {
        HashField::destroy(dead);
        ++removed;
      });
  store_table(&table);
  return removed;
}

std::optional<Hash::Pair> Hash::random(base::Random& random, int64_t now_ms) const {
  if (is_listpack()) {
    const Listpack pack = this->pack();
    const auto name = pack.random_position(random, 2);
    return Pair{pack.get(name), pack.get(pack.next(name))};
  }
  for (int tries = 0; tries < kRandomTries; ++tries) {
    const HashField& field = *table().random(random).entry;
    if (field.live(now_ms)) return Pair{Element(field.name()), Element(field.value())};
  }
  return std::nullopt;
}

std::vector<Hash::Pair> Hash::random_distinct(base::Random& random, uint64_t count, int64_t now_ms) const {
  std::vector<Pair> drawn;
  if (is_listpack()) {
    const Listpack pack = this->pack();
    for (const auto name : pack.distinct_random_positions(random, count, 2)) {
      drawn.push_back({pack.get(name), pack.get(pack.next(name))});
    }
    return drawn;
  }
  constexpr uint64_t kFewShare = 3;
  if (count < size() / kFewShare) {
    std::unordered_set<const HashField*> seen;
    for (uint64_t tries = 0; drawn.size() < count && tries < count * kRandomTries; ++tries) {
      const HashField* const field = table().random(random).entry;
      if (!field->live(now_ms) || !seen.insert(field).second) continue;
      drawn.push_back({Element(field->name()), Element(field->value())});
    }
    return drawn;
  }
  drawn.reserve(size());
  for_each(now_ms, [&](const Element& name, const Element& value) { drawn.push_back({name, value}); });
  if (count >= drawn.size()) return drawn;
  for (uint64_t at = 0; at < count; ++at) std::swap(drawn[at], drawn[at + random.below(drawn.size() - at)]);
  drawn.erase(drawn.begin() + static_cast<ptrdiff_t>(count), drawn.end());
  return drawn;
}

}  // namespace values
