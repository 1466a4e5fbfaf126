// Hash: fields with values, each field perhaps with a time at which it expires.
//
// Shape    word := pointer | encoding:3. A small hash is a listpack of fields and values in turn, byte for byte as RDB
//          has it; a large one, or one that ever had a field with an expiry, a table of HashField. The third encoding
//          is a table that has such fields now, so that an entry of the keyspace tells by its word that it needs the
//          time index.
// Cost     listpack: O(fields). Table: O(1); it grows and shrinks by a segment, never as a whole.
// Limits   what is stored is below 4 GB each; a listpack keeps below the limits that are passed in.
// Threads  the owner's.
//
// A field whose time has come is hidden from everything that takes `now_ms`, and still counted by size() until
// reclaim() removes it or something is stored over it. Who sees expired fields passes kSeesAll for the time. Whoever
// stores an expiry must tell the time index of the keyspace next_due_ms().
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "structures/listpack.h"
#include "values/collection.h"
#include "values/hash_field.h"

namespace values {

// The settings hash-max-listpack-entries and hash-max-listpack-value.
struct HashLimits {
  uint64_t max_listpack_entries = 512;
  uint64_t max_listpack_value = 64;
};

class Hash {
 public:
  using Element = structures::Element;

  static constexpr Type kType = Type::kHash;
  static constexpr int64_t kNoExpiry = HashField::kNoExpiry;
  static constexpr int64_t kSeesAll = std::numeric_limits<int64_t>::min();

  Hash() = default;  // no hash yet
  static Hash make() { return Hash(reinterpret_cast<uint64_t>(structures::Listpack::make().pointer())); }
  static Hash from_word(uint64_t word) { return Hash(word); }
  // Of fields and values in turn, the fields distinct.
  static Hash adopt(structures::Listpack pack) { return Hash(reinterpret_cast<uint64_t>(pack.pointer())); }
  uint64_t word() const { return word_; }
  void destroy();
  Hash copy() const;
  // Fields, with those that have expired and were not removed yet.
  uint64_t size() const { return is_listpack() ? pack().size() / 2 : table().size(); }
  bool empty() const { return is_listpack() ? pack().empty() : table().empty(); }
  std::string_view encoding() const { return is_listpack() ? "listpack" : "hashtable"; }
  size_t memory_bytes() const;
  uint64_t free_cost() const { return is_listpack() ? 1 : table().size() + table().segment_count(); }

  bool is_listpack() const { return (word_ & kEncodingMask) == kListpack; }
  structures::Listpack listpack() const {  // REQUIRES: is_listpack()
    DCHECK(is_listpack());
    return pack();
  }
  // Whether a hash with this word has fields that expire.
  static bool word_has_expiries(uint64_t word) { return (word & kEncodingMask) == kExpiringTable; }
  bool has_expiries() const { return word_has_expiries(word_); }
  // Fields that have not expired. O(1) unless some fields may expire.
  uint64_t live_size(int64_t now_ms) const;

  std::optional<Element> get(std::string_view field, int64_t now_ms) const;
  bool has(std::string_view field, int64_t now_ms) const { return get(field, now_ms).has_value(); }
  void prefetch(uint64_t text_hash, Warm what) const {
    if (is_listpack()) return base::prefetch(reinterpret_cast<const void*>(word_));
    what == Warm::kIndex ? table().prefetch_bucket(text_hash) : table().prefetch_entry(text_hash);
  }
  // Nothing: no such field. kNoExpiry: it has none.
  std::optional<int64_t> expiry_ms(std::string_view field, int64_t now_ms) const;

  enum class Stored : uint8_t { kAdded, kReplaced, kReplacedExpired };
  struct Store {
    HashLimits limits;
    int64_t now_ms = 0;
    int64_t expiry_ms = kNoExpiry;
    bool keeps_expiry = false;  // of a live field that is there
  };
  Stored set(std::string_view field, std::string_view value, const Store& how);
  // What is to come: so many fields, among which these words. A hash that would be too large for a listpack afterwards
  // leaves it now.
  void expect(uint64_t fields, std::span<const std::string_view> words, const HashLimits& limits);
  // False: no such field.
  bool erase(std::string_view field, int64_t now_ms);
  // Gives a live field an expiry, or takes it (kNoExpiry), and leaves the listpack for it. False: no such field.
  bool set_expiry(std::string_view field, int64_t expiry_ms, int64_t now_ms);

  // Unix time in ms from which on reclaim() may find something, a little later than the first expiry; kNoExpiry if no
  // field expires.
  int64_t next_due_ms() const;
  // Removes fields whose time has come, at most about `budget`; returns how many.
  uint64_t reclaim(int64_t now_ms, int budget);
  // Removes all of them, those too that reclaim() would only find a little later.
  void erase_expired(int64_t now_ms);

  // Calls visit(name, value) for each live field.
  template <typename Visit>
  void for_each(int64_t now_ms, Visit visit) const;
  // The same for about a thousand of them; begins with place 0, and returns the place to go on from, 0 at the end. The
  // hash must not change meanwhile.
  template <typename Visit>
  uint64_t for_some(uint64_t place, int64_t now_ms, Visit visit) const;
  // Calls visit(name, value, expiry_ms) for each field of a large hash, also for those that have expired.
  // REQUIRES: !is_listpack()
  template <typename Visit>
  void for_each_with_expiry(Visit visit) const {
    table().for_each([&](const HashField& field) { visit(field.name(), field.value(), field.expiry_ms()); });
  }
  // As for_each(), for the next ones after a cursor, `count` or some more of them; a listpack is visited as a whole.
  // Returns the cursor to go on from. It begins and ends with 0, and stays below 2^53.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, uint64_t count, int64_t now_ms, Visit visit) const;

  struct Pair {
    Element name;
    Element value;
  };
  // Nothing when so many draws met no live field.
  std::optional<Pair> random(base::Random& random, int64_t now_ms) const;
  // `count` different live ones or, where many have expired, fewer.
  std::vector<Pair> random_distinct(base::Random& random, uint64_t count, int64_t now_ms) const;

 private:
  static constexpr uint64_t kEncodingMask = 7, kListpack = 0, kTable = 1, kExpiringTable = 2;
  static constexpr int kRandomTries = 100;

  explicit Hash(uint64_t word) : word_(word) {}
  structures::Listpack pack() const { return structures::Listpack::adopt(reinterpret_cast<uint8_t*>(word_)); }
  void store_pack(const structures::Listpack& pack) { word_ = reinterpret_cast<uint64_t>(pack.pointer()); }
  HashFieldTable& table() const { return *reinterpret_cast<HashFieldTable*>(word_ & ~kEncodingMask); }
  void store_table(HashFieldTable* table) {
    word_ = reinterpret_cast<uint64_t>(table) | (table->expiring() > 0 ? kExpiringTable : kTable);
  }
  static HashFieldTable* make_table();

  Stored set_in_pack(std::string_view field, std::string_view value);
  Stored set_in_table(std::string_view field, std::string_view value, const Store& how);
  // Removes expired fields with ticks up to `passed`, at most about `budget`; returns how many.
  uint64_t take_expired(int64_t now_ms, structures::Tick passed, int budget);
  void overwrite(const HashFieldTable::Position& at, std::string_view value, int64_t expiry_ms, int64_t now_ms);
  void leave_listpack();

  uint64_t word_ = 0;
};

template <typename Visit>
void Hash::for_each(int64_t now_ms, Visit visit) const {
  if (is_listpack()) {
    const structures::Listpack pack = this->pack();
    for (auto name = pack.first(); name != pack.kNone;) {
      const auto value = pack.next(name);
      visit(pack.get(name), pack.get(value));
      name = pack.next(value);
    }
    return;
  }
  table().for_each([&](const HashField& field) {
    if (field.live(now_ms)) visit(Element(field.name()), Element(field.value()));
  });
}

template <typename Visit>
uint64_t Hash::for_some(uint64_t place, int64_t now_ms, Visit visit) const {
  if (is_listpack()) {
    for_each(now_ms, visit);
    return 0;
  }
  return table().visit_segment(place, [&](const HashField& field) {
    if (field.live(now_ms)) visit(Element(field.name()), Element(field.value()));
  });
}

template <typename Visit>
uint64_t Hash::scan(uint64_t cursor, uint64_t count, int64_t now_ms, Visit visit) const {
  if (is_listpack()) {
    for_each(now_ms, visit);
    return 0;
  }
  return table().scan_from(cursor, count, [&](const HashField& field) {
    if (field.live(now_ms)) visit(Element(field.name()), Element(field.value()));
  });
}

}  // namespace values
