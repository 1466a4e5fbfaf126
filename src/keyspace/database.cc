#include "keyspace/database.h"

#include <algorithm>

#include "keyspace/memory.h"

namespace keyspace {
namespace {

// An entry below this size is freed where it stands; a larger one becomes garbage for another thread.
constexpr size_t kLargeBytes = 64 * 1024;

}  // namespace

void free_garbage(Garbage& garbage) {
  for (LongText* text : garbage.texts) LongText::destroy(text);
  garbage.texts.clear();
  garbage.tables.clear();
  flush_memory_count();
}

void discard(Entry* entry, Garbage& garbage) {
  const bool large = entry->form() == Entry::Form::kLong && entry->total_bytes() >= kLargeBytes;
  if (large) {
    garbage.texts.push_back(Entry::destroy_but_text(entry));
  } else {
    Entry::destroy(entry);
  }
}

void Database::discard(Entry* entry) { keyspace::discard(entry, unit_->garbage); }

Tick Database::due_of(const Key& key, int64_t expiry_ms) {
  if (expiry_ms == Entry::kNoExpiry) return kNever;
  Keyspace& keyspace = unit_->keyspace;
  const Tick due = keyspace.due_tick(expiry_ms, unit_->now_ms);
  keyspace.lower_due_hint(keyspace.shard_of(key), due);
  return due;
}

void Database::start_access(Entry& entry) {
  entry.set_access(unit_->lfu ? lfu_initial(unit_->now_ms) : lru_now(unit_->now_ms));
}

void Database::touch(Entry& entry) {
  if (!unit_->touches) return;
  if (unit_->lfu) {
    lfu_touch(entry, unit_->now_ms, unit_->lfu_settings, unit_->random);
  } else {
    const uint32_t now = lru_now(unit_->now_ms);
    if (entry.access() != now) entry.set_access(now);
  }
  entry.mark_touched();
}

Table::Position Database::locate(Table& table, const Key& key) {
  const Table::Position at = table.find(key);
  if (at.entry == nullptr || !at.entry->expired(unit_->now_ms) || unit_->sees_expired) return at;
  if (unit_->expires) {
    unit_->stats.expired_keys.add();
    drop(table, at, key);
  }
  return {};
}

Entry* Database::peek(const Key& key) { return locate(table_of(key), key).entry; }

Entry* Database::read(const Key& key) {
  Entry* entry = peek(key);
  if (entry == nullptr) {
    unit_->stats.keyspace_misses.add();
    return nullptr;
  }
  unit_->stats.keyspace_hits.add();
  touch(*entry);
  return entry;
}

Entry* Database::look(const Key& key) {
  Entry* entry = peek(key);
  (entry != nullptr ? unit_->stats.keyspace_hits : unit_->stats.keyspace_misses).add();
  return entry;
}

Entry* Database::find_to_change(const Key& key) {
  Entry* entry = peek(key);
  if (entry != nullptr) touch(*entry);
  return entry;
}

void Database::store(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes) {
  const Tick due = due_of(key, entry->expiry_ms());
  if (at.entry == nullptr) {
    start_access(*entry);
    table.insert(key.hash, entry, due);
  } else {
    table.replace(at, entry, due);
    touch(*entry);
  }
  unit_->stats.changes.add(changes);
}

void Database::supersede(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes) {
  if (at.entry != nullptr) {
    entry->set_access(at.entry->access());
    if (at.entry->touched()) entry->mark_touched();
    // The reference lays the new text out beside the old expiry, and only then takes that away.
    const bool keeps_layout = at.entry->has_expiry() && !at.entry->expired(unit_->now_ms);
    if (keeps_layout && entry->form() != Entry::Form::kInteger && !entry->embedded(true)) entry->mark_raw();
  }
  store(table, at, key, entry, changes);
  if (at.entry != nullptr) discard(at.entry);
}

void Database::set(const Key& key, std::string_view text, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = table.find(key);  // an expired one is simply overwritten
  if (at.entry == nullptr) return store(table, at, key, Entry::create(table.pool(), key.text, text, expiry_ms));
  if (at.entry->expired(unit_->now_ms) && unit_->expires) unit_->stats.expired_keys.add();
  if (at.entry->overwrite(text, expiry_ms)) {
    if (expiry_ms != Entry::kNoExpiry) table.note_due(at, due_of(key, expiry_ms));
    touch(*at.entry);
    unit_->stats.changes.add();
    return;
  }
  supersede(table, at, key, Entry::create(table.pool(), key.text, text, expiry_ms));
}

void Database::set_raw(const Key& key, std::string_view text, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  supersede(table, at, key, Entry::create_raw(table.pool(), key.text, text, expiry_ms));
}

void Database::set_text(const Key& key, std::string_view text, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  supersede(table, at, key, Entry::create_text(table.pool(), key.text, text, expiry_ms));
}

void Database::set_integer(const Key& key, int64_t value, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry != nullptr && at.entry->form() == Entry::Form::kInteger && at.entry->expiry_ms() == expiry_ms) {
    at.entry->set_integer(value);
    touch(*at.entry);
    unit_->stats.changes.add();
    return;
  }
  supersede(table, at, key, Entry::create_integer(table.pool(), key.text, value, expiry_ms));
}

char* Database::edit_text(const Key& key, size_t size, uint64_t changes) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry != nullptr && at.entry->resize_in_place(size)) {
    at.entry->mark_raw();
    touch(*at.entry);
    unit_->stats.changes.add(changes);
    return at.entry->mutable_text();
  }
  TextBuffer buffer;
  const std::string_view old = at.entry == nullptr ? std::string_view() : at.entry->text(buffer);
  Entry* entry = Entry::create_raw(table.pool(), key.text, old,
                                   at.entry == nullptr ? Entry::kNoExpiry : at.entry->expiry_ms(), size);
  supersede(table, at, key, entry, changes);
  return entry->mutable_text();
}

void Database::drop(Table& table, const Table::Position& at, const Key& key) {
  if (at.entry->has_expiry()) table.count_expiring(-1);
  discard(table.erase(at));
  table.shrink(key.hash);
}

bool Database::erase(const Key& key) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry == nullptr) return false;
  drop(table, at, key);
  unit_->stats.changes.add();
  return true;
}

bool Database::set_expiry(const Key& key, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry == nullptr) return false;
  const bool wants = expiry_ms != Entry::kNoExpiry;
  if (!wants && !at.entry->has_expiry()) return false;
  if (wants && at.entry->holds_expiry(expiry_ms)) {
    at.entry->move_expiry(expiry_ms);
    table.note_due(at, due_of(key, expiry_ms));
  } else {
    const bool had = at.entry->has_expiry();
    Entry* entry = Entry::move(table.pool(), at.entry, key.text, expiry_ms);
    Table::Position place = at;
    place.entry = entry;
    table.replace(place, entry, due_of(key, expiry_ms));  // replace() sees no change of expiry in one entry,
    table.count_expiring(int{wants} - int{had});          // so it is counted here
  }
  unit_->stats.changes.add();
  return true;
}

void Database::expire_now(const Key& key) {
  if (erase(key)) unit_->stats.expired_keys.add();
}

void Database::move(const Key& from, const Key& to, Database& target) {
  Table& source = table_of(from);
  const Table::Position at = locate(source, from);
  CHECK(at.entry != nullptr);
  const int64_t expiry_ms = at.entry->expiry_ms();
  if (at.entry->has_expiry()) source.count_expiring(-1);
  Table& table = target.table_of(to);
  Entry* entry = Entry::move(table.pool(), source.erase(at), to.text, expiry_ms);
  source.shrink(from.hash);
  const Table::Position there = target.locate(table, to);
  target.store(table, there, to, entry);
  target.start_access(*entry);
  if (there.entry != nullptr) discard(there.entry);
}

void Database::copy(const Entry& entry, const Key& to, Database& target) {
  Table& table = target.table_of(to);
  Entry* made = Entry::copy(table.pool(), entry, to.text, entry.expiry_ms());
  const Table::Position there = target.locate(table, to);
  target.store(table, there, to, made);
  target.start_access(*made);
  if (there.entry != nullptr) discard(there.entry);
}

Entry* Database::random_entry(uint32_t shard) {
  constexpr int kHiddenMax = 100;
  Table* table = unit_->keyspace.existing_table(unit_->locks, shard, index_);
  std::vector<Table::Position> found;
  for (int hidden = 0; table != nullptr && table->size() > 0;) {
    found.clear();
    table->sample(unit_->random.next(), 1 + static_cast<uint32_t>(unit_->random.below(Bucket::kPlaces)), found);
    if (found.empty()) continue;
    const Table::Position& at = found[unit_->random.below(found.size())];
    if (!hides(*at.entry)) return at.entry;
    if (unit_->expires) {
      unit_->stats.expired_keys.add();
      drop(*table, at, unit_->keyspace.key(at.entry->key()));
    } else if (++hidden == kHiddenMax) {
      return at.entry;
    }
  }
  return nullptr;
}

}  // namespace keyspace
