#include "persistence/loader.h"

#include <fmt/format.h>

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

void Loader::insert_all(const Batch& batch, const rdb::Limits& limits, keyspace::Unit& unit) {
  rdb::FileReader reader(bytes_.substr(0, batch.end), version_, batch.begin, batch.database);
  while (reader.at() < batch.end && reader.next()) {
    if (reader.item().kind == rdb::FileItem::Kind::kEntry && !insert(reader.item(), limits, unit)) return;
  }
  if (reader.error()) fail(*reader.error());
}

bool Loader::insert(const rdb::FileItem& item, const rdb::Limits& limits, keyspace::Unit& unit) {
  const auto refuse = [&](std::string_view why) {
    fail(fmt::format("{}: the key {}", why, base::quote_word(item.name.view())));
    return false;
  };
  if (item.database >= unit.keyspace.database_count()) {
    return refuse(fmt::format("Data file was created with a Server configured to handle more than {} databases",
                              unit.keyspace.database_count()));
  }
  if (item.expiry_ms >= 0 && item.expiry_ms <= limits.now_ms) {
    expired_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  rdb::Input input(item.value);
  auto value = rdb::read_value(input, item.type, version_, limits);
  if (!value) {
    // A hash of whose fields all have expired, say: the reference leaves such a key out, too.
    if (value.error().text() == rdb::kEmpty.text()) return true;
    return refuse(value.error().text());
  }
  const Key key = unit.keyspace.key(item.name.view());
  const uint32_t shard = unit.keyspace.shard_of(key);
  while (!unit.keyspace.try_acquire_shard(unit.locks, shard)) std::this_thread::yield();
  keyspace::Database database(unit, static_cast<uint32_t>(item.database));
  const bool is_new = database.find_as_it_is(key) == nullptr;
  if (is_new) {
    const int64_t expiry_ms = item.expiry_ms < 0 ? Entry::kNoExpiry : item.expiry_ms;
    if (value->is_text()) {
      database.set(key, value->text(), expiry_ms);
    } else {
      database.set_collection(key, value->release(), expiry_ms);
    }
    Entry* const entry = database.peek(key);
    if (entry != nullptr && unit.lfu && item.frequency) {
      entry->set_access(keyspace::lfu_of(limits.now_ms, *item.frequency));
    } else if (entry != nullptr && !unit.lfu && item.idle_seconds) {
      entry->set_access(keyspace::lru_idle_for(limits.now_ms, static_cast<int64_t>(*item.idle_seconds)));
    }
  }
  unit.keyspace.release(unit.locks);
  if (!is_new) return refuse("RDB has duplicated key in DB " + std::to_string(item.database));
  loaded_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace persistence
