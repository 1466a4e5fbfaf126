#include "keyspace/database.h"

#include <algorithm>
#include <string>

#include "structures/memory.h"

namespace keyspace {
namespace {

// A text below this size is freed where it stands, and so is a collection of few allocations; what is larger becomes
// garbage for another thread.
constexpr size_t kLargeBytes = 64 * 1024;
constexpr uint64_t kLargeFreeCost = 64;

}  // namespace

void free_garbage(Garbage& garbage) {
  for (LongText* text : garbage.texts) LongText::destroy(text);
  garbage.texts.clear();
  for (const values::Collection& collection : garbage.collections) collection.destroy();
  garbage.collections.clear();
  garbage.tables.clear();
  garbage.large_keys.clear();
  structures::flush_memory_count();
}

void discard(Unit& unit, Entry* entry) {
  Garbage& garbage = unit.garbage;
  if (entry->type() != Type::kString) {
    unit.keyspace.large_reads().before_change(entry->word());
    if (entry->collection().free_cost() < kLargeFreeCost) return Entry::destroy(entry);
    garbage.collections.push_back(Entry::destroy_but_collection(entry));
    return;
  }
  const bool large = entry->form() == Entry::Form::kLong && entry->total_bytes() >= kLargeBytes;
  if (large) {
    garbage.texts.push_back(Entry::destroy_but_text(entry));
  } else {
    Entry::destroy(entry);
  }
}

void tell_trackers(Unit& unit, uint32_t shard, std::string_view key) {
  if (unit.keyspace.observers(shard) == nullptr && !unit.keyspace.has_prefix_trackers()) return;
  note_change(unit, shard, unit.keyspace.key(key), ChangedBy::kServer);
}

void tell_gone(Unit& unit, uint32_t shard, uint32_t database, std::string_view key, Event event) {
  const bool expired = event == kExpiredEvent;
  if (Observers* observers = unit.keyspace.observers(shard)) {
    if (expired) {
      observers->removed_expired(database, key);
    } else {
      observers->changed(database, key);
    }
    if (!observers->waiters.empty()) note_gone(unit, observers->waiters, shard, database, key);
  }
  tell_trackers(unit, shard, key);
  if ((unit.events & event) == 0) return;
  const std::string_view name = expired ? "expired" : event == kEvictedEvent ? "evicted" : "del";
  unit.sink->on_event(event, name, database, key);
}

void Database::discard(Entry* entry) { keyspace::discard(*unit_, entry); }

Tick Database::due_of(const Key& key, int64_t expiry_ms) {
  if (expiry_ms == Entry::kNoExpiry) return kNever;
  Keyspace& keyspace = unit_->keyspace;
  const Tick due = keyspace.due_tick(expiry_ms, unit_->now_ms);
  keyspace.lower_due_hint(keyspace.shard_of(key), due);
  return due;
}

Tick Database::due_of(const Key& key, const Entry& entry) {
  const Tick due = due_of(key, entry.expiry_ms());
  if (!entry.has_expiring_fields()) return due;
  return std::min(due, due_of(key, collection<values::Hash>(entry).next_due_ms()));
}

void Database::note_expiring_fields(const Key& key, int64_t due_ms) {
  Table& table = table_of(key);
  const Table::Position at = table.find(key);
  if (at.entry != nullptr) table.note_due(at, due_of(key, due_ms));
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

Table::Position Database::locate_expired(Table& table, const Table::Position& at, const Key& key) {
  if (unit_->sees_expired) return at;
  if (unit_->expires) drop_expired(table, at, key);
  return {};
}

// Where expired keys are only hidden, one of this name may still be there; the new one takes its place.
void Database::drop_hidden(Table& table, const Key& key) {
  const Table::Position at = table.find(key);
  if (at.entry != nullptr) drop(table, at, key);
}

void Database::drop_expired(Table& table, const Table::Position& at, const Key& key) {
  count_expired();
  drop(table, at, key);
  tell_gone(*unit_, unit_->keyspace.shard_of(key), index_, key.text, kExpiredEvent);
}

void Database::tell(Observers* observers, const Key& key) {
  if (observers != nullptr && !observers->waiters.empty()) note_changed(*unit_, observers->waiters, index_, key);
  tell_quietly(observers, key);
}

void Database::tell_quietly(Observers* observers, const Key& key) {
  if (observers != nullptr) observers->changed(index_, key.text);
  note_change(*unit_, unit_->keyspace.shard_of(key), key, ChangedBy::kClient);
}

void Database::key_ready(const Key& key) {
  Observers* observers = unit_->keyspace.observers(unit_->keyspace.shard_of(key));
  if (observers != nullptr && !observers->waiters.empty()) note_changed(*unit_, observers->waiters, index_, key);
}

void Database::miss(const Key& key) {
  count_miss();
  notify(kMissEvent, "keymiss", key);
}

Entry* Database::peek(const Key& key) { return locate(table_of(key), key).entry; }

Entry* Database::read(const Key& key) {
  Entry* entry = peek(key);
  if (entry == nullptr) {
    miss(key);
    return nullptr;
  }
  count_hit();
  touch(*entry);
  return entry;
}

Entry* Database::look(const Key& key, bool tells_misses) {
  Entry* entry = peek(key);
  if (entry == nullptr && !tells_misses) {
    count_miss();
  } else if (entry == nullptr) {
    miss(key);
  } else {
    count_hit();
  }
  return entry;
}

Entry* Database::find_to_change(const Key& key) {
  Entry* entry = peek(key);
  if (entry != nullptr) touch(*entry);
  return entry;
}

void Database::store(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes) {
  const Tick due = due_of(key, *entry);
  if (at.entry == nullptr && !unit_->expires) drop_hidden(table, key);
  capture(key, at);
  if (at.entry == nullptr) {
    start_access(*entry);
    table.insert(key.hash, entry, due);
    notify(kNewEvent, "new", key);
  } else {
    table.replace(at, entry, due);
    touch(*entry);
  }
  size_changed(key, at.entry == nullptr ? Size{} : noted_size(key, *at.entry), size_of(*entry));
  unit_->stats.changes.add(changes);
  if (changes > 0) key_changed(key);  // else the caller says what became of it
}

void Database::supersede(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes) {
  if (at.entry != nullptr) {
    entry->set_access(at.entry->access());
    if (at.entry->touched()) entry->mark_touched();
    // The reference lays the new text out beside the old expiry, and only then takes that away.
    const bool keeps_layout = at.entry->has_expiry() && !at.entry->expired(unit_->now_ms);
    const bool is_text = entry->type() == Type::kString && entry->form() != Entry::Form::kInteger;
    if (keeps_layout && is_text && !entry->embedded(true)) entry->mark_raw();
  }
  store(table, at, key, entry, changes);
  if (at.entry != nullptr) discard(at.entry);
}

void Database::set(const Key& key, std::string_view text, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = table.find(key);
  if (at.entry == nullptr) return store(table, at, key, Entry::create(key.text, text, expiry_ms));
  if (unit_->expires && at.entry->expired(unit_->now_ms)) {
    if (unit_->events != 0 && !unit_->sees_expired) {
      drop_expired(table, at, key);  // which is told
      return store(table, {}, key, Entry::create(key.text, text, expiry_ms));
    }
    count_expired();  // it is simply overwritten
  }
  capture(key, at);
  const size_t old_class = at.entry->type() == Type::kString ? text_class(*at.entry) : 0;
  if (at.entry->overwrite(text, expiry_ms)) {  // as many bytes as before
    text_class_changed(old_class, metrics::SizeClasses::class_of(text.size()));
    if (expiry_ms != Entry::kNoExpiry) table.note_due(at, due_of(key, expiry_ms));
    touch(*at.entry);
    unit_->stats.changes.add();
    key_changed(key);
    return;
  }
  supersede(table, at, key, Entry::create(key.text, text, expiry_ms));
}

void Database::set_raw(const Key& key, std::string_view text, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  supersede(table, at, key, Entry::create_raw(key.text, text, expiry_ms));
}

void Database::set_text(const Key& key, std::string_view text, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  supersede(table, at, key, Entry::create_text(key.text, text, expiry_ms));
}

void Database::set_integer(const Key& key, int64_t value, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry != nullptr && at.entry->form() == Entry::Form::kInteger && at.entry->expiry_ms() == expiry_ms) {
    capture(key, at);
    const size_t old_class = text_class(*at.entry);
    at.entry->set_integer(value);
    text_class_changed(old_class, text_class(*at.entry));
    touch(*at.entry);
    unit_->stats.changes.add();
    key_changed(key);
    return;
  }
  supersede(table, at, key, Entry::create_integer(key.text, value, expiry_ms));
}

char* Database::edit_text(const Key& key, size_t size, uint64_t changes) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  const Size before = at.entry == nullptr ? Size{} : size_of(*at.entry);
  if (at.entry != nullptr) capture(key, at);
  if (at.entry != nullptr && at.entry->resize_in_place(size)) {
    at.entry->mark_raw();
    size_changed(key, before, size_of(*at.entry));
    touch(*at.entry);
    unit_->stats.changes.add(changes);
    if (changes > 0) key_changed(key);
    return at.entry->mutable_text();
  }
  TextBuffer buffer;
  const std::string_view old = at.entry == nullptr ? std::string_view() : at.entry->text(buffer);
  Entry* entry = Entry::create_raw(key.text, old, at.entry == nullptr ? Entry::kNoExpiry : at.entry->expiry_ms(), size);
  supersede(table, at, key, entry, changes);
  return entry->mutable_text();
}

void Database::drop(Table& table, const Table::Position& at, const Key& key) {
  capture(key, at);
  if (at.entry->has_expiry()) table.count_expiring(-1);
  size_changed(key, noted_size(key, *at.entry), {});
  discard(table.erase(at));
  table.shrink(key.hash);
}

bool Database::erase(const Key& key, uint64_t changes) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry == nullptr) return false;
  drop(table, at, key);
  unit_->stats.changes.add(changes);
  key_changed(key);
  return true;
}

void Database::set_collection(const Key& key, values::Collection collection, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  supersede(table, at, key, Entry::create_collection(key.text, collection, expiry_ms));
}

bool Database::add_loaded(const Key& key, Entry* entry) {
  Table& table = table_of(key);
  if (table.find(key).entry != nullptr) return false;
  const uint32_t access = entry->access();
  store(table, {}, key, entry, 0);
  if (access != 0) entry->set_access(access);
  unit_->stats.changes.add();
  return true;
}

Entry* Database::add_collection(const Key& key, values::Collection collection) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  DCHECK(at.entry == nullptr);
  Entry* entry = Entry::create_collection(key.text, collection, Entry::kNoExpiry);
  store(table, at, key, entry, 0);
  return entry;
}

Size Database::noted_large(const Key& key, const Entry& entry) const {
  const LargeKeys* large = unit_->keyspace.large_keys(unit_->keyspace.shard_of(key), index_);
  const Size* noted = large == nullptr ? nullptr : large->noted(key.hash);
  DCHECK(noted != nullptr);
  return noted != nullptr ? *noted : size_of(entry);
}

void Database::erase_emptied(const Key& key) {
  Table& table = table_of(key);
  const Table::Position at = table.find(key);
  DCHECK(at.entry != nullptr);
  drop(table, at, key);
  notify(kGenericEvent, "del", key);
}

bool Database::set_expiry(const Key& key, int64_t expiry_ms) {
  Table& table = table_of(key);
  const Table::Position at = locate(table, key);
  if (at.entry == nullptr) return false;
  const bool wants = expiry_ms != Entry::kNoExpiry;
  if (!wants && !at.entry->has_expiry()) return false;
  capture(key, at);
  if (wants && at.entry->holds_expiry(expiry_ms)) {
    at.entry->move_expiry(expiry_ms);
    table.note_due(at, due_of(key, expiry_ms));
  } else {
    const bool had = at.entry->has_expiry();
    const Size before = noted_size(key, *at.entry);
    Entry* entry = Entry::move(at.entry, key.text, expiry_ms);
    size_changed(key, before, size_of(*entry));
    Table::Position place = at;
    place.entry = entry;
    table.replace(place, entry, due_of(key, expiry_ms));  // replace() sees no change of expiry in one entry,
    table.count_expiring(int{wants} - int{had});          // so it is counted here
  }
  unit_->stats.changes.add();
  key_changed_quietly(key);
  return true;
}

void Database::expire_now(const Key& key) {
  if (!erase(key)) return;
  count_expired();
  notify(kExpiredEvent, "expired", key);
}

void Database::move(const Key& from, const Key& to, Database& target) {
  Table& source = table_of(from);
  const Table::Position at = locate(source, from);
  CHECK(at.entry != nullptr);
  capture(from, at);
  if (at.entry->type() != Type::kString) before_change(from, *at.entry);  // a read would look for it in the old shard
  const int64_t expiry_ms = at.entry->expiry_ms();
  if (at.entry->has_expiry()) source.count_expiring(-1);
  size_changed(from, noted_size(from, *at.entry), {});
  Table& table = target.table_of(to);
  Entry* entry = Entry::move(source.erase(at), to.text, expiry_ms);
  source.shrink(from.hash);
  key_changed(from);
  const Table::Position there = target.locate(table, to);
  target.store(table, there, to, entry);
  if (there.entry != nullptr) target.notify(kNewEvent, "new", to);  // it takes another key's place
  target.start_access(*entry);
  if (there.entry != nullptr) discard(there.entry);
}

// A copy of a hash has the fields that are still there. Where none is, it keeps them all until they are freed: a key
// without elements would never end.
void Database::leave_out_expired_fields(Entry& copy) const {
  if (!copy.has_expiring_fields() || unit_->sees_expired) return;
  auto hash = collection<values::Hash>(copy);
  if (hash.live_size(unit_->now_ms) == 0) return;
  hash.erase_expired(unit_->now_ms);
  copy.set_word(hash.word());
}

void Database::copy(const Entry& entry, const Key& to, Database& target) {
  Table& table = target.table_of(to);
  Entry* made = Entry::copy(entry, to.text, entry.expiry_ms());
  leave_out_expired_fields(*made);
  const Table::Position there = target.locate(table, to);
  target.store(table, there, to, made);
  if (there.entry != nullptr) target.notify(kNewEvent, "new", to);
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
      const std::string name(at.entry->key());  // the entry ends before its key was told
      drop_expired(*table, at, unit_->keyspace.key(name));
    } else if (++hidden == kHiddenMax) {
      return at.entry;
    }
  }
  return nullptr;
}

}  // namespace keyspace
