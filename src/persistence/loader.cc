#include "persistence/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/words.h"
#include "keyspace/access.h"

namespace persistence {

using keyspace::Entry;
using keyspace::Key;

bool Loader::push(const Batch& batch) {
  std::unique_lock hold(mutex_);
  progressed_.wait(hold, [this] { return under_way_ < kMostUnderWay || has_failed(); });
  if (has_failed()) return false;
  batches_.push_back(batch);
  ++under_way_;
  return true;
}

std::optional<std::string> Loader::wait() {
  std::unique_lock hold(mutex_);
  progressed_.wait(hold, [this] { return under_way_ == 0; });
  return error_;
}

void Loader::fail(std::string what) {
  {
    const std::lock_guard hold(mutex_);
    if (!error_) error_ = std::move(what);
    failed_.store(true, std::memory_order_release);
  }
  progressed_.notify_all();
}

void Loader::insert_batch(const rdb::Limits& limits, keyspace::Unit& unit) {
  Batch batch;
  {
    const std::lock_guard hold(mutex_);
    if (batches_.empty()) return;  // it was abandoned
    batch = batches_.front();
    batches_.pop_front();
  }
  if (!has_failed()) insert_all(batch, limits, unit);
  const std::lock_guard hold(mutex_);
  --under_way_;
  progressed_.notify_all();  // while it is held: who waits may end this
}

void Loader::abandon() {
  fail("abandoned");
  const std::lock_guard hold(mutex_);
  batches_.clear();
  under_way_ = 0;
  progressed_.notify_all();
}

namespace {

void take_shard(keyspace::Unit& unit, uint32_t shard) {
  while (!unit.keyspace.try_acquire_shard(unit.locks, shard)) std::this_thread::yield();
}

}  // namespace

// The tables' places are asked of the memory for some keys at once, so that the delays overlap.
void Loader::insert_all(const Batch& batch, const rdb::Limits& limits, keyspace::Unit& unit) {
  constexpr size_t kAtOnce = 16;
  rdb::FileReader reader(bytes_.substr(0, batch.end), version_, batch.begin, batch.database);
  std::vector<Made> made;
  bool good = true;
  while (good && reader.at() < batch.end && reader.next()) {
    using Kind = rdb::FileItem::Kind;
    if (reader.item().kind == Kind::kSizes) reserve(reader.item(), unit);
    if (reader.item().kind == Kind::kEntry) good = make(reader.item(), limits, unit, made);
    if (made.size() == kAtOnce) insert(made, unit);
  }
  insert(made, unit);
  if (reader.error()) fail(*reader.error());
}

// What a file says of itself may be a lie: an entry of it takes some bytes.
void Loader::reserve(const rdb::FileItem& sizes, keyspace::Unit& unit) {
  constexpr uint64_t kLeastEntryBytes = 3;  // type, key, value
  if (sizes.database >= unit.keyspace.database_count()) return;
  const uint64_t keys = std::min<uint64_t>(sizes.keys, bytes_.size() / kLeastEntryBytes);
  for (uint32_t shard = 0; shard < unit.keyspace.shard_count(); ++shard) {
    take_shard(unit, shard);
    unit.keyspace.table(unit.locks, shard, static_cast<uint32_t>(sizes.database))
        .reserve(keys / unit.keyspace.shard_count());
    unit.keyspace.release(unit.locks);
  }
}

bool Loader::refuse(std::string_view why, std::string_view key) {
  fail(fmt::format("{}: the key {}", why, base::quote_word(key)));
  return false;
}

bool Loader::make(const rdb::FileItem& item, const rdb::Limits& limits, const keyspace::Unit& unit,
                  std::vector<Made>& made) {
  const std::string_view name = item.name.view();
  if (item.database >= unit.keyspace.database_count()) {
    return refuse(fmt::format("Data file was created with a Server configured to handle more than {} databases",
                              unit.keyspace.database_count()),
                  name);
  }
  if (item.expiry_ms >= 0 && item.expiry_ms <= limits.now_ms) {
    expired_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  rdb::Input input(item.value);
  auto value = rdb::read_value(input, item.type, version_, limits);
  // A hash of whose fields all have expired, say: the reference leaves such a key out, too.
  if (!value && value.error().text() == rdb::kEmpty.text()) return true;
  if (!value) return refuse(value.error().text(), name);
  const int64_t expiry_ms = item.expiry_ms < 0 ? Entry::kNoExpiry : item.expiry_ms;
  Entry* const entry = value->is_text() ? Entry::create(name, value->text(), expiry_ms)
                                        : Entry::create_collection(name, value->release(), expiry_ms);
  entry->set_access(0);  // of now
  if (unit.lfu && item.frequency) {
    entry->set_access(keyspace::lfu_of(limits.now_ms, *item.frequency));
  } else if (!unit.lfu && item.idle_seconds) {
    entry->set_access(keyspace::lru_idle_for(limits.now_ms, static_cast<int64_t>(*item.idle_seconds)));
  }
  made.push_back({entry, static_cast<uint32_t>(item.database), unit.keyspace.key(entry->key())});
  return true;
}

void Loader::insert(std::vector<Made>& made, keyspace::Unit& unit) {
  for (size_t at = 0; at < made.size(); ++at) unit.keyspace.prefetch({&made[at].key, 1}, made[at].database);
  uint64_t inserted = 0;
  for (const Made& one : made) {
    const uint32_t shard = unit.keyspace.shard_of(one.key);
    take_shard(unit, shard);
    const bool is_new = keyspace::Database(unit, one.database).add_loaded(one.key, one.entry);
    unit.keyspace.release(unit.locks);
    if (!is_new) {
      refuse("RDB has duplicated key in DB " + std::to_string(one.database), one.key.text);
      Entry::destroy(one.entry);
    }
    inserted += is_new ? 1 : 0;
  }
  made.clear();
  loaded_.fetch_add(inserted, std::memory_order_relaxed);
}

}  // namespace persistence
