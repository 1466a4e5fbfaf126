#include "keyspace/sizes.h"

#include <algorithm>

#include "keyspace/database.h"

namespace keyspace {
namespace {

using metrics::Counter;
using metrics::DatabaseStats;
using metrics::SizeClasses;
using metrics::ThreadStats;

void note_large(Unit& unit, uint32_t database, uint64_t hash, std::string_view key, const Size& after) {
  Keyspace& keyspace = unit.keyspace;
  const uint32_t shard = keyspace.hash().shard(hash);
  if (after.exists && LargeKeys::is_large(after)) {
    keyspace.make_large_keys(shard, database).note(hash, key, after);
  } else if (LargeKeys* large = keyspace.large_keys(shard, database)) {
    large->forget(hash);
  }
}

// What all threads have counted.
uint64_t total(const Unit& unit, uint32_t database, Counter DatabaseStats::*counter) {
  uint64_t sum = 0;
  for (const ThreadStats* thread : unit.keyspace.thread_stats()) {
    if (const DatabaseStats* stats = thread->existing_database(database)) sum += (stats->*counter).get();
  }
  return sum;
}

uint64_t total_of_class(const Unit& unit, uint32_t database, size_t type, size_t at) {
  uint64_t sum = 0;
  for (const ThreadStats* thread : unit.keyspace.thread_stats()) {
    if (const DatabaseStats* stats = thread->existing_database(database)) sum += stats->sizes[type].keys[at].get();
  }
  return sum;
}

template <typename Visit>
void for_each_class(Visit visit) {
  for (size_t type = 0; type < DatabaseStats::kTypes; ++type) {
    for (size_t at = 0; at < SizeClasses::kClasses; ++at) visit(type, at);
  }
}

}  // namespace

Size noted_size(const Unit& unit, uint32_t database, uint64_t hash, const Entry& entry) {
  if (entry.type() == Type::kString) return size_of(entry);
  if (LargeKeys::is_measured_seldom(entry.type(), entry.collection().row().size(entry.word()))) {
    const LargeKeys* large = unit.keyspace.large_keys(unit.keyspace.hash().shard(hash), database);
    const Size* noted = large == nullptr ? nullptr : large->noted(hash);
    if (noted != nullptr) return *noted;
  }
  return size_of(entry);
}

void note_size(Unit& unit, uint32_t database, uint64_t hash, std::string_view key, const Size& before,
               const Size& after) {
  DatabaseStats& stats = unit.stats.database(database);
  if (after.bytes != before.bytes) stats.bytes.add(after.bytes - before.bytes);
  const size_t from = SizeClasses::class_of(before.elements), to = SizeClasses::class_of(after.elements);
  if (before.exists != after.exists || before.type != after.type || from != to) {
    if (before.exists) stats.sizes[static_cast<size_t>(before.type)].keys[from].add(~uint64_t{0});
    if (after.exists) stats.sizes[static_cast<size_t>(after.type)].keys[to].add(1);
  }
  if (LargeKeys::is_large(after) || LargeKeys::is_large(before)) note_large(unit, database, hash, key, after);
}

void forget_sizes(Unit& unit, uint32_t database) {
  DatabaseStats& own = unit.stats.database(database);
  own.bytes.add(-total(unit, database, &DatabaseStats::bytes));
  for_each_class(
      [&](size_t type, size_t at) { own.sizes[type].keys[at].add(-total_of_class(unit, database, type, at)); });
  for (uint32_t shard = 0; shard < unit.keyspace.shard_count(); ++shard) {
    auto large = unit.keyspace.exchange_large_keys(shard, database, nullptr);
    if (large != nullptr) unit.garbage.large_keys.push_back(std::move(large));
  }
}

void exchange_sizes(Unit& unit, uint32_t first, uint32_t second) {
  DatabaseStats& one = unit.stats.database(first);
  DatabaseStats& two = unit.stats.database(second);
  const auto exchange = [](Counter& a, Counter& b, uint64_t of_a, uint64_t of_b) {
    a.add(of_b - of_a);
    b.add(of_a - of_b);
  };
  exchange(one.bytes, two.bytes, total(unit, first, &DatabaseStats::bytes), total(unit, second, &DatabaseStats::bytes));
  for_each_class([&](size_t type, size_t at) {
    exchange(one.sizes[type].keys[at], two.sizes[type].keys[at], total_of_class(unit, first, type, at),
             total_of_class(unit, second, type, at));
  });
  for (uint32_t shard = 0; shard < unit.keyspace.shard_count(); ++shard) {
    auto large = unit.keyspace.exchange_large_keys(shard, first, nullptr);
    large = unit.keyspace.exchange_large_keys(shard, second, std::move(large));
    unit.keyspace.exchange_large_keys(shard, first, std::move(large));
  }
}

const Size* LargeKeys::noted(uint64_t hash) const {
  const auto found = noted_.find(hash);
  return found == noted_.end() ? nullptr : &found->second;
}

void LargeKeys::note(uint64_t hash, std::string_view key, const Size& size) {
  if (is_measured_seldom(size.type, size.elements)) {
    noted_[hash] = size;
  } else {
    noted_.erase(hash);
  }
  list(LargeBy::kBytes, hash, key, size);
  list(LargeBy::kElements, hash, key, size);
}

void LargeKeys::list(LargeBy by, uint64_t hash, std::string_view key, const Size& size) {
  std::vector<LargeKey>& list = lists_[static_cast<size_t>(by)];
  const auto found = std::ranges::find(list, hash, &LargeKey::hash);
  const bool fits = by == LargeBy::kBytes ? size.bytes >= kLeastBytes : is_measured_seldom(size.type, size.elements);
  if (found != list.end()) {
    found->size = size;
    if (!fits) list.erase(found);
    return;
  }
  if (!fits) return;
  LargeKey fresh{.hash = hash, .size = size, .key = {}};
  if (list.size() == kPlaces) {
    const auto least = std::ranges::min_element(list, {}, [by](const LargeKey& one) { return one.measure(by); });
    if (least->measure(by) >= fresh.measure(by)) return;
    list.erase(least);
  }
  fresh.key = key;
  list.push_back(std::move(fresh));
}

void LargeKeys::forget(uint64_t hash) {
  noted_.erase(hash);
  for (std::vector<LargeKey>& list : lists_) {
    std::erase_if(list, [hash](const LargeKey& one) { return one.hash == hash; });
  }
}

}  // namespace keyspace
