// Sizes: what is kept of keys' sizes as they change: each database's bytes, how many keys there are of each class of
// sizes (metrics/database_stats.h), and the largest keys.
//
// A collection of kMeasuredSeldom elements or more is not measured at each change, but when it has changed by about a
// sixteenth, or when the changes that were not measured, of any keys, have allocated or freed kMostDebt bytes. What is
// noted of such keys stands in a table of their shard, and what is noted is taken back when one goes: so the sums are
// those of what is noted, however late that is.
//
// The largest keys of a shard stand in two short lists, by bytes and by elements; a key comes to them when it grows
// past a bound and past the smallest of a full list. When one has gone its place is free: a smaller one that was too
// small for the list before comes back with its next change. Hashes spread the keys over so many shards that the
// largest of all are in their shard's lists.
//
// Cost     a comparison or two a change; two sizes for a small collection; a table of 64 bytes a large one.
// Threads  under the lock of the key's shard.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "keyspace/entry.h"
#include "keyspace/key_hash.h"
#include "metrics/database_stats.h"

namespace keyspace {

struct Unit;

struct Size {
  Type type = Type::kString;
  bool exists = false;
  uint64_t bytes = 0;     // of the entry and its value
  uint64_t elements = 0;  // of a string: its bytes
};

inline Size size_of(const Entry& entry) {
  const uint64_t elements =
      entry.type() == Type::kString ? entry.text_size() : entry.collection().row().size(entry.word());
  return {entry.type(), true, entry.total_bytes(), elements};
}

// The class of an integer's size as a text: SizeClasses::class_of(base::int64_digits(value)), without the digits.
constexpr size_t integer_class(int64_t value) {
  const bool negative = value < 0;
  const uint64_t size = negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  size_t digits_class = negative ? 2 : 1;
  for (const uint64_t bound : negative ? std::array<uint64_t, 4>{0, 100, 1'000'000, 100'000'000'000'000}
                                       : std::array<uint64_t, 4>{10, 1000, 10'000'000, 1'000'000'000'000'000}) {
    if (bound != 0 && size >= bound) ++digits_class;
  }
  return digits_class;
}

// The class of a string's size.
inline size_t text_class(const Entry& entry) {
  if (entry.form() == Entry::Form::kInteger) return integer_class(entry.integer_value());
  return metrics::SizeClasses::class_of(entry.text_size());
}

// What is noted of the entry's size.
Size noted_size(const Unit& unit, uint32_t database, uint64_t hash, const Entry& entry);

// A key of a database had one size and has another; nothing (`exists` is false) where it came or goes.
void note_size(Unit& unit, uint32_t database, uint64_t hash, std::string_view key, const Size& before,
               const Size& after);
// The database is emptied. REQUIRES: all shards are held, as for the next.
void forget_sizes(Unit& unit, uint32_t database);
void exchange_sizes(Unit& unit, uint32_t first, uint32_t second);

enum class LargeBy : uint8_t { kBytes, kElements };
constexpr size_t kLargeBys = 2;

struct LargeKey {
  uint64_t hash = 0;
  Size size;
  std::string key;

  uint64_t measure(LargeBy by) const { return by == LargeBy::kBytes ? size.bytes : size.elements; }
};

// Of a database in a shard.
class LargeKeys {
 public:
  static constexpr uint64_t kMeasuredSeldom = 128;
  static constexpr uint64_t kMostDebt = 1024;
  static constexpr size_t kPlaces = 8;
  // What is smaller is never among them. A string has no elements that would count.
  static constexpr uint64_t kLeastBytes = 8 * 1024, kLeastElements = kMeasuredSeldom;

  static bool is_measured_seldom(Type type, uint64_t elements) {
    return type != Type::kString && elements >= kMeasuredSeldom;
  }
  static bool is_large(const Size& size) {
    return size.bytes >= kLeastBytes || (size.type != Type::kString && size.elements >= kLeastElements);
  }

  // Null if it is not noted.
  const Size* noted(uint64_t hash) const;
  void note(uint64_t hash, std::string_view key, const Size& size);
  void forget(uint64_t hash);
  const std::vector<LargeKey>& by(LargeBy by) const { return lists_[static_cast<size_t>(by)]; }

 private:
  void list(LargeBy by, uint64_t hash, std::string_view key, const Size& size);

  std::unordered_map<uint64_t, Size> noted_;  // of those that are measured seldom, by their hashes
  std::array<std::vector<LargeKey>, kLargeBys> lists_;
};

using LargeKeysByDatabase = std::map<uint32_t, std::unique_ptr<LargeKeys>>;

}  // namespace keyspace
