#include "keyspace/trackers.h"

#include <algorithm>

#include "keyspace/database.h"
#include "structures/memory.h"

namespace keyspace {
namespace {

constexpr size_t kIndexedReaders = 16;  // from so many on

void note_readers(Unit& unit, Observers& observers, const Key& key) {
  std::vector<std::shared_ptr<Tracker>> readers = observers.trackers->take(key);
  if (observers.trackers->empty()) observers.trackers.reset();
  std::erase_if(readers, [&unit](const std::shared_ptr<Tracker>& reader) {
    if (!reader->told_of_reads.load(std::memory_order_relaxed)) return true;
    return reader.get() == unit.actor && reader->no_loop.load(std::memory_order_relaxed);
  });
  if (readers.empty()) return;
  unit.invalidations.push_back(
      {.kind = Invalidation::Kind::kRead, .key = std::string(key.text), .readers = std::move(readers)});
}

}  // namespace

bool Trackers::Readers::holds(const Tracker* reader) const {
  if (index != nullptr) return index->contains(reader);
  return std::any_of(all.begin(), all.end(), [reader](const auto& other) { return other.get() == reader; });
}

bool Trackers::Readers::add(const std::shared_ptr<Tracker>& reader) {
  if (holds(reader.get())) return false;
  all.push_back(reader);
  if (index != nullptr) {
    index->insert(reader.get());
  } else if (all.size() == kIndexedReaders) {
    index = std::make_unique<std::unordered_set<const Tracker*>>();
    for (const std::shared_ptr<Tracker>& each : all) index->insert(each.get());
  }
  return true;
}

// About what the allocator gives for it.
int64_t Trackers::bytes_of(const Name& name, size_t readers) {
  constexpr size_t kNode = sizeof(std::pair<Name, Readers>) + 3 * sizeof(void*);
  constexpr size_t kShortText = 15;
  constexpr size_t kIndexNode = 4 * sizeof(void*);
  const size_t text = name.text.size() > kShortText ? name.text.size() + 1 : 0;
  const size_t each = sizeof(std::shared_ptr<Tracker>) + (readers >= kIndexedReaders ? kIndexNode : 0);
  return static_cast<int64_t>(kNode + text + readers * each);
}

void Trackers::add(const Key& key, const std::shared_ptr<Tracker>& reader) {
  auto found = read_.find(key);
  const bool is_new = found == read_.end();
  if (is_new) found = read_.try_emplace(Name{std::string(key.text), key.hash}).first;
  const int64_t before = is_new ? 0 : bytes_of(found->first, found->second.all.size());
  if (!found->second.add(reader)) return;
  structures::count_memory(bytes_of(found->first, found->second.all.size()) - before);
  counts_.readers.fetch_add(1, std::memory_order_relaxed);
  if (is_new) counts_.keys.fetch_add(1, std::memory_order_relaxed);
}

std::vector<std::shared_ptr<Tracker>> Trackers::take(const Key& key) {
  const auto found = read_.find(key);
  if (found == read_.end()) return {};
  std::vector<std::shared_ptr<Tracker>> readers = std::move(found->second.all);
  structures::count_memory(-bytes_of(found->first, readers.size()));
  counts_.readers.fetch_sub(readers.size(), std::memory_order_relaxed);
  counts_.keys.fetch_sub(1, std::memory_order_relaxed);
  read_.erase(found);
  // So that random_key() finds one soon, and a burst of reads does not keep its memory.
  constexpr size_t kLeastBuckets = 64, kSparse = 8;
  if (read_.bucket_count() > kLeastBuckets && read_.size() * kSparse < read_.bucket_count()) read_.rehash(0);
  return readers;
}

std::string Trackers::random_key(base::Random& random) const {
  const size_t buckets = read_.bucket_count();
  size_t bucket = random.below(buckets);
  while (read_.bucket_size(bucket) == 0) bucket = (bucket + 1) % buckets;
  auto at = read_.begin(bucket);
  for (size_t steps = random.below(read_.bucket_size(bucket)); steps > 0; --steps) ++at;
  return at->first.text;
}

Trackers::~Trackers() {
  int64_t bytes = 0;
  uint64_t readers = 0;
  for (const auto& [name, of_key] : read_) {
    bytes += bytes_of(name, of_key.all.size());
    readers += of_key.all.size();
  }
  structures::count_memory(-bytes);
  counts_.readers.fetch_sub(readers, std::memory_order_relaxed);
  counts_.keys.fetch_sub(read_.size(), std::memory_order_relaxed);
}

void note_change(Unit& unit, uint32_t shard, const Key& key, ChangedBy by) {
  Observers* observers = unit.keyspace.observers(shard);
  if (observers != nullptr && observers->trackers != nullptr) {
    note_readers(unit, *observers, key);
    unit.keyspace.drop_empty_observers(shard);
  }
  if (!unit.keyspace.has_prefix_trackers()) return;
  const uint64_t author = by == ChangedBy::kClient && unit.actor != nullptr ? unit.actor->id : 0;
  unit.invalidations.push_back(
      {.kind = Invalidation::Kind::kPrefix, .key = std::string(key.text), .readers = {}, .author = author});
}

bool note_some_forgotten(Unit& unit, uint32_t shard) {
  Observers* observers = unit.keyspace.observers(shard);
  if (observers == nullptr || observers->trackers == nullptr) return false;
  const std::string key = observers->trackers->random_key(unit.random);
  note_readers(unit, *observers, unit.keyspace.key(key));
  unit.keyspace.drop_empty_observers(shard);
  return true;
}

void note_all_gone(Unit& unit) {
  for (uint32_t shard = 0; shard < unit.keyspace.shard_count(); ++shard) {
    Observers* observers = unit.keyspace.observers(shard);
    if (observers == nullptr) continue;
    observers->trackers.reset();
    unit.keyspace.drop_empty_observers(shard);
  }
  if (unit.keyspace.tracked.clients.load(std::memory_order_relaxed) == 0) return;
  unit.invalidations.push_back({.kind = Invalidation::Kind::kAll, .key = {}, .readers = {}});
}

}  // namespace keyspace
