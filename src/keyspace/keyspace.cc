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
      tick_base_ms_(base::kernel_wall_time().ms() - 1000) {
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

void Keyspace::add_shards_of(LockSet& locks, std::span<const Key> keys) const {
  for (const Key& key : keys) locks.shards_.push_back(shard_of(key));
  if (keys.size() > 1) {
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
    if (!locks.all_) add_shards_of(locks, keys);
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
  add_shards_of(locks, keys);
  for (const uint32_t shard : locks.shards_) shards_[shard].lock.lock_as_token_holder();
  return true;
}

bool Keyspace::acquire_keys(LockSet& locks, std::span<const Key> keys, Attempt& attempt) {
  add_shards_of(locks, keys);
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

void Keyspace::settle(LockSet& locks, Attempt& attempt) {
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

void Keyspace::stray(LockSet& locks, uint32_t shard) {
  CHECK(locks.token_);
  if (locks.holds(shard)) return;
  if (threaded_) {
    shards_[shard].lock.lock_as_token_holder();
  } else {
    shards_[shard].lock.lock_alone();
  }
  locks.shards_.push_back(shard);
}

bool Keyspace::try_acquire_shard(LockSet& locks, uint32_t shard) {
  if (!threaded_) {
    shards_[shard].lock.lock_alone();
  } else if (!shards_[shard].lock.try_lock(true)) {
    return false;
  }
  locks.shards_.push_back(shard);
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
  const auto shard_at = [&](uint32_t at) { return locks.all_ ? at : locks.shards_[at]; };
  if (count == 1) {
    const uint32_t shard = shard_at(0);
    const ShardLock::After after = shards_[shard].lock.unlock();
    if (after != ShardLock::After::kNothing) wake(shards_[shard].lock.settle(after), shard);
  } else if (count > 1) {
    std::vector<ShardLock::After> after(count);
    for (uint32_t at = 0; at < count; ++at) after[at] = shards_[shard_at(at)].lock.unlock();
    for (uint32_t at = 0; at < count; ++at) wake(shards_[shard_at(at)].lock.settle(after[at]), shard_at(at));
  }
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

void Keyspace::prefetch(std::span<const Key> keys, uint32_t database) {
  if (threaded_) {  // other cores have written to the shards' lines
    for (const Key& key : keys) __builtin_prefetch(&shards_[shard_of(key)], 1);
  }
  const auto visit = [&](auto ask) {
    for (const Key& key : keys) {
      Shard& shard = shards_[shard_of(key)];
      if (threaded_ && !shard.lock.try_lock_once()) continue;
      const Table* table = table_in(shard, database);
      if (table != nullptr) ask(*table, key.hash);
      if (threaded_) {
        const ShardLock::After after = shard.lock.unlock();
        if (after != ShardLock::After::kNothing) wake(shard.lock.settle(after), shard_of(key));
      }
    }
  };
  visit([](const Table& table, uint64_t hash) { table.prefetch_bucket(hash); });
  visit([](const Table& table, uint64_t hash) { table.prefetch_entry(hash); });
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

std::vector<Table> Keyspace::take_tables(const LockSet& locks, uint32_t database) {
  std::vector<Table> taken;
  taken.reserve(shard_count());
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    Table* table = existing_table(locks, shard, database);
    if (table == nullptr || table->size() == 0) continue;
    taken.emplace_back(&hash_);
    taken.back().swap(*table);
  }
  return taken;
}

void Keyspace::swap_databases(const LockSet& locks, uint32_t first, uint32_t second) {
  if (first == second) return;
  for (uint32_t shard = 0; shard < shard_count(); ++shard) {
    if (existing_table(locks, shard, first) == nullptr && existing_table(locks, shard, second) == nullptr) continue;
    table(locks, shard, first).swap(table(locks, shard, second));
  }
}

}  // namespace keyspace
