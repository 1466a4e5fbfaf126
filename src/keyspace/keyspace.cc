#include "keyspace/keyspace.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace keyspace {

bool LockSet::holds(uint32_t shard) const {
  return all_ || std::find(shards_.begin(), shards_.end(), shard) != shards_.end();
}

Shard::~Shard() {
  std::atomic<Table*>* tables = others.load();
  for (uint32_t at = 0; at < other_count; ++at) delete tables[at].load();
  delete[] tables;
}

Keyspace::Keyspace(const Options& options)
    : hash_(options.seed, std::countr_zero(options.shards)),
      databases_(options.databases),
      waker_(options.waker),
      shard_count_(options.shards),
      shards_(new Shard[options.shards]),
      due_hints_(new std::atomic<Tick>[options.shards]),
      tick_base_ms_(base::kernel_wall_time().ms() - 1000),
      large_keys_(new std::unique_ptr<LargeKeysByDatabase>[options.shards]) {
  CHECK(std::has_single_bit(options.shards));
  CHECK(options.shards <= 1024);
  for (uint32_t at = 0; at < options.shards; ++at) {
    Table made(&hash_);
    shards_[at].first.swap(made);
    due_hints_[at].store(kNever);
  }
}

Tick Keyspace::tick(int64_t unix_ms) const {
  constexpr int64_t kTickMs = 16;
  if (unix_ms <= tick_base_ms_) return 1;
  const int64_t ticks = (unix_ms - tick_base_ms_) / kTickMs + 1;
  return static_cast<Tick>(std::min<int64_t>(ticks, kNever - 1));
}

void Keyspace::add_shards_of(LockSet& locks, std::span<const Key> keys, std::span<const uint32_t> more) const {
  for (const Key& key : keys) locks.shards_.push_back(shard_of(key));
  if (!more.empty()) locks.shards_.insert(locks.shards_.end(), more.begin(), more.end());
  if (locks.shards_.size() > 1) {
    std::sort(locks.shards_.begin(), locks.shards_.end());
    locks.shards_.erase(std::unique(locks.shards_.begin(), locks.shards_.end()), locks.shards_.end());
  }
}

bool Keyspace::acquire(LockSet& locks, LockClass lock_class, std::span<const Key> keys, Attempt& attempt) {
  if (attempt.wants_all) lock_class = LockClass::kAll;
  if (lock_class == LockClass::kNone || lock_class == LockClass::kChosen) return true;
  if (!threaded_) {
    locks.all_ = lock_class == LockClass::kAll;
    locks.token_ = lock_class != LockClass::kKeys;
    if (!locks.all_) add_shards_of(locks, keys, attempt.more);
    for (const uint32_t shard : locks.shards_) shards_[shard].lock.lock_alone();
    return true;
  }
  if (attempt.queued_at != Attempt::kNowhere) leave_queue(locks.owner_, attempt);
  if (lock_class == LockClass::kKeys && attempt.failures < kMaxFailures) return acquire_keys(locks, keys, attempt);
  locks.token_ = token_.try_take(locks.owner_);
  attempt.in_line = !locks.token_;
  if (attempt.in_line) return lock_class == LockClass::kKeys && acquire_keys(locks, keys, attempt);
  if (lock_class == LockClass::kAll) {
    take_all(locks);
    return true;
  }
  add_shards_of(locks, keys, attempt.more);
  for (const uint32_t shard : locks.shards_) shards_[shard].lock.lock_as_token_holder();
  return true;
}

bool Keyspace::acquire_keys(LockSet& locks, std::span<const Key> keys, Attempt& attempt) {
  add_shards_of(locks, keys, attempt.more);
  for (size_t at = 0; at < locks.shards_.size(); ++at) {
    const uint32_t failed = locks.shards_[at];
    if (shards_[failed].lock.try_lock(attempt.woken_at != failed)) continue;
    locks.shards_.resize(at);
    release_shards(locks);
    locks.owner_.ticket = attempt.ticket = ++locks.tickets_;
    attempt.queued_at = failed;
    wake(shards_[failed].lock.enqueue(locks.owner_), failed);
    return false;
  }
  return true;
}

void Keyspace::end_attempt(LockSet& locks, Attempt& attempt) {
  if (attempt.in_line) locks.next_in_line_ = token_.leave(locks.owner_);
  attempt = {};
}

void Keyspace::release_to_retry(LockSet& locks, Attempt& attempt) {
  const bool keeps_token = threaded_ && locks.token_;
  if (keeps_token) locks.token_ = false;
  release(locks);
  if (!keeps_token) return;
  token_.reserve(locks.owner_);
  attempt.in_line = true;
}

void Keyspace::withdraw(const Waiter& waiter, Attempt& attempt) {
  if (attempt.queued_at != Attempt::kNowhere) leave_queue(waiter, attempt);
  if (attempt.in_line) wake(token_.leave(waiter), kTokenLine);
  attempt = {};
}

void Keyspace::leave_queue(const Waiter& waiter, Attempt& attempt) {
  shards_[attempt.queued_at].lock.leave(waiter);
  attempt.queued_at = Attempt::kNowhere;
}

bool Keyspace::take_wake_up(const Waiter& waiter, uint32_t shard, Attempt& attempt) {
  if (shard == kTokenLine) return attempt.in_line;
  if (attempt.queued_at != shard || attempt.ticket != waiter.ticket) return false;
  attempt.queued_at = Attempt::kNowhere;
  attempt.woken_at = shard;
  return true;
}

void Keyspace::take_all(LockSet& locks) {
  for (uint32_t shard = 0; shard < shard_count_; ++shard) shards_[shard].lock.lock_as_token_holder();
  locks.all_ = true;
}

bool Keyspace::add(LockSet& locks, std::span<const uint32_t> shards, Attempt& attempt) {
  if (!threaded_ || locks.token_) {
    for (const uint32_t shard : shards) take(locks, shard);
    return true;
  }
  attempt.more.insert(attempt.more.end(), shards.begin(), shards.end());
  return false;
}

void Keyspace::stray(LockSet& locks, uint32_t shard) {
  CHECK(locks.token_);
  if (!locks.holds(shard)) take(locks, shard);
}

void Keyspace::stray_to_all(LockSet& locks) {
  CHECK(locks.token_);
  if (locks.all_) return;
  for (uint32_t shard = 0; shard < shard_count_; ++shard) {
    if (!locks.holds(shard)) take(locks, shard);
  }
  // As acquire() leaves it, since release() goes by it: with one thread nothing is locked then.
  if (!threaded_) {
    for (const uint32_t shard : locks.shards_) shards_[shard].lock.unlock_alone();
  }
  locks.shards_.clear();
  locks.all_ = true;
}

// Waits if it must: for who holds U, or is alone.
void Keyspace::take(LockSet& locks, uint32_t shard) {
  if (threaded_) {
    shards_[shard].lock.lock_as_token_holder();
  } else {
    shards_[shard].lock.lock_alone();
  }
  locks.shards_.push_back(shard);
}

bool Keyspace::try_acquire_shard(LockSet& locks, uint32_t shard) {
  if (reserved_) return false;
  if (!threaded_) {
    shards_[shard].lock.lock_alone();
  } else if (!shards_[shard].lock.try_lock(true)) {
    return false;
  }
  locks.shards_.push_back(shard);
  return true;
}

bool Keyspace::try_acquire_all(LockSet& locks) {
  if (reserved_) return false;
  if (!threaded_) return locks.all_ = locks.token_ = true;
  if (!token_.try_take_at_once()) return false;
  locks.token_ = true;
  take_all(locks);
  return true;
}

void Keyspace::release(LockSet& locks) {
  if (!threaded_) {
    for (const uint32_t shard : locks.shards_) shards_[shard].lock.unlock_alone();
    locks.shards_.clear();
    locks.all_ = locks.token_ = false;
    return;
  }
  release_shards(locks);
  if (locks.token_) {
    locks.token_ = false;
    wake(token_.give_back(), kTokenLine);
  } else if (locks.next_in_line_) {
    wake(std::exchange(locks.next_in_line_, std::nullopt), kTokenLine);
  }
}

void Keyspace::release_shards(LockSet& locks) {
  const uint32_t count = locks.all_ ? shard_count() : static_cast<uint32_t>(locks.shards_.size());
  std::vector<std::pair<uint32_t, ShardLock::After>> wanted;  // hardly ever any; settled when nothing is held
  for (uint32_t at = 0; at < count; ++at) {
    const uint32_t shard = locks.all_ ? at : locks.shards_[at];
    const ShardLock::After after = shards_[shard].lock.unlock();
    if (after != ShardLock::After::kNothing) wanted.emplace_back(shard, after);
  }
  for (const auto& [shard, after] : wanted) wake(shards_[shard].lock.settle(after), shard);
  locks.shards_.clear();
  locks.all_ = false;
}

void Keyspace::release_shard(LockSet& locks, uint32_t shard) {
  DCHECK(locks.shards_.back() == shard);
  locks.shards_.pop_back();
  if (!threaded_) {
    shards_[shard].lock.unlock_alone();
    return;
  }
  const ShardLock::After after = shards_[shard].lock.unlock();
  if (after != ShardLock::After::kNothing) wake(shards_[shard].lock.settle(after), shard);
}

void Keyspace::wake(const std::optional<Waiter>& waiter, uint32_t shard) {
  if (waiter) waker_->wake(*waiter, shard);
}

void Keyspace::pass_on(uint32_t shard) { wake(shards_[shard].lock.pass_on(), shard); }

void Keyspace::become_threaded(bool all_are_held) {
  if (threaded_) return;
  if (all_are_held) {
    for (uint32_t shard = 0; shard < shard_count_; ++shard) shards_[shard].lock.lock_alone();
    CHECK(token_.try_take({}));
  }
  threaded_ = true;
}

Table& Keyspace::table(const LockSet& locks, uint32_t shard, uint32_t database) {
  DCHECK(locks.holds(shard));
  DCHECK(database < databases_);
  Shard& at = shards_[shard];
  if (database == 0) return at.first;
  std::atomic<Table*>* others = at.others.load(std::memory_order_relaxed);
  if (others == nullptr) {
    at.other_count = databases_ - 1;
    others = new std::atomic<Table*>[at.other_count]();
    at.others.store(others, std::memory_order_release);
  }
  Table* table = others[database - 1].load(std::memory_order_relaxed);
  if (table == nullptr) {
    table = new Table(&hash_);
    others[database - 1].store(table, std::memory_order_release);
  }
  return *table;
}

Table* Keyspace::existing_table(const LockSet& locks, uint32_t shard, uint32_t database) {
  DCHECK(locks.holds(shard));
  Shard& at = shards_[shard];
  if (database == 0) return &at.first;
  std::atomic<Table*>* others = at.others.load(std::memory_order_relaxed);
  return others == nullptr ? nullptr : others[database - 1].load(std::memory_order_relaxed);
}

LargeKeys* Keyspace::large_keys(uint32_t shard, uint32_t database) const {
  if (large_keys_[shard] == nullptr) return nullptr;
  const auto found = large_keys_[shard]->find(database);
  return found == large_keys_[shard]->end() ? nullptr : found->second.get();
}

LargeKeys& Keyspace::make_large_keys(uint32_t shard, uint32_t database) {
  if (large_keys_[shard] == nullptr) large_keys_[shard] = std::make_unique<LargeKeysByDatabase>();
  std::unique_ptr<LargeKeys>& large = (*large_keys_[shard])[database];
  if (large == nullptr) large = std::make_unique<LargeKeys>();
  return *large;
}

std::unique_ptr<LargeKeys> Keyspace::exchange_large_keys(uint32_t shard, uint32_t database,
                                                         std::unique_ptr<LargeKeys> others) {
  if (large_keys_[shard] == nullptr) return nullptr;
  std::unique_ptr<LargeKeys> before = std::exchange((*large_keys_[shard])[database], std::move(others));
  if ((*large_keys_[shard])[database] == nullptr) large_keys_[shard]->erase(database);
  return before;
}

Observers& Keyspace::make_observers(uint32_t shard) {
  std::unique_ptr<Observers>& observers = shards_[shard].observers;
  if (observers == nullptr) observers = std::make_unique<Observers>();
  return *observers;
}

void Keyspace::trip_watches(const LockSet& locks, uint32_t database, std::optional<uint32_t> other, int64_t now_ms) {
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    if (observers(shard) == nullptr) continue;
    const Table* now = existing_table(locks, shard, database);
    const Table* then = other ? existing_table(locks, shard, *other) : nullptr;
    observers(shard)->changed_all(database, [&](std::string_view name) {
      const Key watched = key(name);
      const Entry* old_entry = now == nullptr ? nullptr : now->find(watched).entry;
      const Entry* new_entry = then == nullptr ? nullptr : then->find(watched).entry;
      return Succession{old_entry != nullptr, new_entry != nullptr, new_entry != nullptr && new_entry->expired(now_ms)};
    });
  }
}

void Keyspace::track(const Key& key, const std::shared_ptr<Tracker>& reader) {
  Observers& observers = make_observers(shard_of(key));
  if (observers.trackers == nullptr) observers.trackers = std::make_unique<Trackers>(tracked);
  observers.trackers->add(key, reader);
}

void Keyspace::drop_empty_observers(uint32_t shard) {
  std::unique_ptr<Observers>& observers = shards_[shard].observers;
  if (observers != nullptr && observers->empty()) observers.reset();
}

uint64_t Keyspace::size_hint(uint32_t shard, uint32_t database) const {
  const Shard& at = shards_[shard];
  if (database == 0) return at.first.size();
  const std::atomic<Table*>* others = at.others.load(std::memory_order_acquire);
  const Table* table = others == nullptr ? nullptr : others[database - 1].load(std::memory_order_acquire);
  return table == nullptr ? 0 : table->size();
}

const Table* Keyspace::table_in(const Shard& shard, uint32_t database) const {
  if (database == 0) return &shard.first;
  const std::atomic<Table*>* others = shard.others.load(std::memory_order_relaxed);
  return others == nullptr ? nullptr : others[database - 1].load(std::memory_order_relaxed);
}

template <typename Ask>
void Keyspace::visit_table(const Key& key, uint32_t database, Ask ask) {
  Shard& shard = shards_[shard_of(key)];
  if (threaded_ && !shard.lock.try_lock_once()) return;
  const Table* table = table_in(shard, database);
  if (table != nullptr) ask(*table);
  if (!threaded_) return;
  const ShardLock::After after = shard.lock.unlock();
  if (after != ShardLock::After::kNothing) wake(shard.lock.settle(after), shard_of(key));
}

void Keyspace::prefetch(std::span<const Key> keys, uint32_t database) {
  if (threaded_) {  // other cores have written to the shards' lines
    for (const Key& key : keys) __builtin_prefetch(&shards_[shard_of(key)], 1);
  }
  for (const Key& key : keys) {
    visit_table(key, database, [&](const Table& table) { table.prefetch_bucket(key.hash); });
  }
  for (const Key& key : keys) {
    visit_table(key, database, [&](const Table& table) { table.prefetch_entry(key.hash); });
  }
}

void Keyspace::prefetch_elements(std::span<const Key> keys, std::span<const ElementOf> elements, uint32_t database) {
  for (const values::Warm what : {values::Warm::kIndex, values::Warm::kElement}) {
    for (const ElementOf& element : elements) {
      const Key& key = keys[element.key];
      visit_table(key, database, [&](const Table& table) {
        const Entry* entry = table.find(key).entry;
        if (entry == nullptr || entry->type() == values::Type::kString) return;
        const values::Collection collection = entry->collection();
        if (collection.row().prefetch != nullptr) collection.row().prefetch(collection.word, element.text_hash, what);
      });
    }
  }
}

void Keyspace::prefetch_behind(std::span<const Key> keys, size_t at, uint32_t database) {
  constexpr size_t kBucketsAhead = 16, kEntriesAhead = 8;
  const auto table_of = [&](const Key& key) { return table_in(shards_[shard_of(key)], database); };
  if (at == 0) {
    for (size_t next = 0; next < std::min(kBucketsAhead, keys.size()); ++next) {
      if (const Table* table = table_of(keys[next])) table->prefetch_bucket(keys[next].hash);
    }
    for (size_t next = 0; next < std::min(kEntriesAhead, keys.size()); ++next) {
      if (const Table* table = table_of(keys[next])) table->prefetch_entry(keys[next].hash);
    }
  }
  if (at + kBucketsAhead < keys.size()) {
    const Key& key = keys[at + kBucketsAhead];
    if (const Table* table = table_of(key)) table->prefetch_bucket(key.hash);
  }
  if (at + kEntriesAhead < keys.size()) {
    const Key& key = keys[at + kEntriesAhead];
    if (const Table* table = table_of(key)) table->prefetch_entry(key.hash);
  }
}

uint64_t Keyspace::size(const LockSet& locks, uint32_t database) {
  uint64_t sum = 0;
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    if (const Table* table = existing_table(locks, shard, database)) sum += table->size();
  }
  return sum;
}

uint64_t Keyspace::expiring(const LockSet& locks, uint32_t database) {
  uint64_t sum = 0;
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    if (const Table* table = existing_table(locks, shard, database)) sum += table->expiring();
  }
  return sum;
}

uint64_t Keyspace::take_tables(const LockSet& locks, uint32_t database, std::vector<Table>& taken) {
  large_reads_.before_all_change();
  uint64_t keys = 0;
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    Table* table = existing_table(locks, shard, database);
    if (table == nullptr || table->size() == 0) continue;
    keys += table->size();
    Table out(&hash_);
    out.swap(*table);
    ShardSnapshot* const wanting = snapshot(shard);
    if (wanting != nullptr && wanting->wants(database)) {
      wanting->take(database, std::move(out));
    } else {
      taken.push_back(std::move(out));
    }
  }
  return keys;
}

void Keyspace::swap_databases(const LockSet& locks, uint32_t first, uint32_t second) {
  if (first == second) return;
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    if (existing_table(locks, shard, first) == nullptr && existing_table(locks, shard, second) == nullptr) continue;
    table(locks, shard, first).swap(table(locks, shard, second));
    if (shards_[shard].snapshot != nullptr) shards_[shard].snapshot->swap(first, second);
  }
}

void Keyspace::begin_snapshot(const LockSet& locks) {
  CHECK(shards_to_capture() == 0);
  uint32_t wanted = 0;
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    auto snapshot = std::make_unique<ShardSnapshot>(hash_, databases_);
    bool any = false;
    for (uint32_t database = 0; database < databases_; ++database) {
      const Table* table = existing_table(locks, shard, database);
      if (table == nullptr || table->size() == 0) continue;
      snapshot->add(database);
      any = true;
    }
    if (!any) continue;
    shards_[shard].snapshot = std::move(snapshot);
    ++wanted;
  }
  shards_to_capture_.store(wanted, std::memory_order_release);
}

bool Keyspace::capture_some(const LockSet& locks, uint32_t shard, CaptureSink& sink,
                            const std::function<bool()>& enough, std::vector<Table>& done) {
  std::unique_ptr<ShardSnapshot>& snapshot = shards_[shard].snapshot;
  if (snapshot == nullptr) return true;
  const auto table_of = [&](uint32_t database) { return existing_table(locks, shard, database); };
  if (!snapshot->walk(sink, table_of, enough, done)) return false;
  snapshot.reset();
  shards_to_capture_.fetch_sub(1, std::memory_order_release);
  return true;
}

void Keyspace::drop_snapshot(const LockSet& locks) {
  CHECK(locks.holds_all());
  for (uint32_t shard = 0; shard < shard_count(); ++shard) shards_[shard].snapshot.reset();
  shards_to_capture_.store(0, std::memory_order_release);
}

}  // namespace keyspace
