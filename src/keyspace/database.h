// Database: what a running unit does with the keys of one database, under the locks that it holds.
//
// This is the one door to keys: expiry on access, access bits, hit and miss counts, the time index, and the count of
// changes all happen here, so no handler can forget them.
//
// Threads  the unit's own; every key's shard must be held (checked in debug builds).
#pragma once

#include <optional>
#include <vector>

#include "keyspace/changes.h"
#include "keyspace/keyspace.h"
#include "metrics/thread_stats.h"

namespace keyspace {

// What a unit's changes leave behind, to be freed after its locks are gone.
struct Garbage {
  std::vector<LongText*> texts;
  std::vector<values::Collection> collections;
  std::vector<Table> tables;
  std::vector<std::unique_ptr<LargeKeys>> large_keys;  // what was noted of what lay in the tables
  bool empty() const { return texts.empty() && collections.empty() && tables.empty() && large_keys.empty(); }
};

// All that a unit carries to the keyspace.
struct Unit {
  Keyspace& keyspace;
  LockSet& locks;
  metrics::ThreadStats& stats;
  base::Random& random;
  Garbage& garbage;
  int64_t now_ms = 0;  // read once, after the locks
  bool lfu = false;    // which meaning the access bits have
  LfuSettings lfu_settings;
  bool touches = true;        // false for CLIENT NO-TOUCH
  bool expires = true;        // false where expired keys are only hidden: import-mode, replicas
  bool sees_expired = false;  // the import source: expired keys are as alive
  uint32_t events = 0;        // the classes of events (keyspace::Event) that somebody wants; then there is a sink
  ChangeSink* sink = nullptr;
  std::vector<ReadyKey> ready;              // that somebody waits for; to be served before the locks go (waiters.h)
  const Tracker* actor = nullptr;           // the client for which it runs, if that tracks or did (trackers.h)
  std::vector<Invalidation> invalidations;  // to be told before the locks go
  uint64_t size_debt = 0;                   // bytes that changes took which were not measured (sizes.h)
  CaptureSink* captures = nullptr;          // where a snapshot's entries go; there whenever there is a snapshot
};

// An entry is about to change or to go: a snapshot that has not got to it captures it. Under the shard's lock.
inline void capture(Unit& unit, uint32_t shard, uint32_t database, uint64_t hash, const Entry& entry) {
  ShardSnapshot* const snapshot = unit.keyspace.snapshot(shard);
  if (snapshot != nullptr) snapshot->before_change(database, hash, entry, *unit.captures);
}

class Database {
 public:
  Database(Unit& unit, uint32_t index) : unit_(&unit), index_(index) {}

  uint32_t index() const { return index_; }
  int64_t now_ms() const { return unit_->now_ms; }
  Unit& unit() const { return *unit_; }

  // A live entry or null. read() counts a hit or a miss and marks the use; look() only counts, find_to_change() only
  // marks, peek() does neither. A key that has expired is deleted on the way.
  Entry* read(const Key& key);
  Entry* look(const Key& key, bool tells_misses = true);
  Entry* find_to_change(const Key& key);
  Entry* peek(const Key& key);
  bool exists(const Key& key) { return peek(key) != nullptr; }
  // The entry even if its time is up: WATCH must know which it is. Nothing is deleted or counted.
  const Entry* find_as_it_is(const Key& key) { return table_of(key).find(key).entry; }

  // Marks the use of an entry, as a read does.
  void touch(Entry& entry);

  // Stores a string, over whatever the key held. Entry::kNoExpiry takes an expiry away.
  void set(const Key& key, std::string_view text, int64_t expiry_ms);
  // The same for a text that must stay raw, for one that is no integer whatever it reads as, and for an integer.
  void set_raw(const Key& key, std::string_view text, int64_t expiry_ms);
  void set_text(const Key& key, std::string_view text, int64_t expiry_ms);
  void set_integer(const Key& key, int64_t value, int64_t expiry_ms);

  // The bytes of a string that is `size` long afterwards, kept as far as they go, new ones zero; the key is made if it
  // is not there, and keeps its expiry. Counts so many changes. REQUIRES: the key holds a string or nothing.
  char* edit_text(const Key& key, size_t size, uint64_t changes = 1);

  // The collection of class T at a key that holds one.
  template <typename T>
  static T collection(const Entry& entry) {
    DCHECK(entry.type() == T::kType);
    return T::from_word(entry.word());
  }
  // Puts a collection in the place of whatever the key held, or at a new key, and counts one change.
  void set_collection(const Key& key, values::Collection collection, int64_t expiry_ms);
  // For Edit (edit.h): the collection of an entry is about to change in place.
  void before_change(const Key& key, const Entry& entry) const {
    unit_->keyspace.large_reads().before_change(entry.word());
    keyspace::capture(*unit_, unit_->keyspace.shard_of(key), index_, key.hash, entry);
  }
  // Puts an entry that the caller has made at its key, which is its own then; false, and it is still the caller's, if
  // the key is there already. For data that is loaded: nobody is told.
  bool add_loaded(const Key& key, Entry* entry);
  // For Edit: a new key with a collection, not yet counted as a change.
  Entry* add_collection(const Key& key, values::Collection collection);
  // For Edit: fields of the hash at a key expire from then on.
  void note_expiring_fields(const Key& key, int64_t due_ms);
  // For Edit: the hash at a key became one with fields that expire (1) or ceased to be one (-1).
  void count_expiring_hashes(const Key& key, int change) { table_of(key).count_expiring_hashes(change); }
  // For Edit: a collection has become empty, which was counted as a change. Tells "del".
  void erase_emptied(const Key& key);

  // True if the key was there. Tells nothing: the handler says what became of the key. Counts so many changes.
  bool erase(const Key& key, uint64_t changes = 1);
  // Gives a live key an expiry, or takes it (kNoExpiry). False: no such key, or no expiry to take.
  bool set_expiry(const Key& key, int64_t expiry_ms);

  // A live key whose time is up at once, as EXPIRE can ask: erased, and counted as one that expired.
  void expire_now(const Key& key);
  // True if a key is to be treated as gone: its time is up, and this client does not see such keys.
  bool hides(const Entry& entry) const { return entry.expired(unit_->now_ms) && !unit_->sees_expired; }

  // Moves or copies a live entry to another key or database, over what is there. The new key counts as used just now
  // and never before.
  void move(const Key& from, const Key& to, Database& target);
  void copy(const Entry& entry, const Key& to, Database& target);

  // A random live key, or null if the shard has none; expired ones that it meets are deleted. Where those are only
  // hidden and nothing else turns up soon, it is one of them. REQUIRES: the shard is held.
  Entry* random_entry(uint32_t shard);

  // A value changed in place, and its size with it, without a method above; `before` is what was noted.
  Size noted_size(const Key& key, const Entry& entry) const {
    return keyspace::noted_size(*unit_, index_, key.hash, entry);
  }
  // Of a collection that was measured seldom, whatever it has become.
  Size noted_large(const Key& key, const Entry& entry) const;
  void size_changed(const Key& key, const Size& before, const Size& after) {
    note_size(*unit_, index_, key.hash, key.text, before, after);
  }
  // Counts a change of the database that did not go through a method above (FLUSHALL).
  void count_changes(uint64_t count) { unit_->stats.changes.add(count); }
  // A key was changed, came or went: who watches it is told, and it is noted if somebody waits for it or keeps its
  // value. The methods above do this.
  void key_changed(const Key& key) {
    Observers* const observers = unit_->keyspace.observers(unit_->keyspace.shard_of(key));
    if (observers != nullptr || unit_->keyspace.has_prefix_trackers()) tell(observers, key);
  }
  // Not for who waits: the change is none that could serve them (an expiry came; entries of a stream went).
  void key_changed_quietly(const Key& key) {
    Observers* const observers = unit_->keyspace.observers(unit_->keyspace.shard_of(key));
    if (observers != nullptr || unit_->keyspace.has_prefix_trackers()) tell_quietly(observers, key);
  }
  // Only for who waits: what changed is nothing that WATCH looks at (a stream's consumer group went).
  void key_ready(const Key& key);
  // Tells an event to those who listen to its class. The keyspace itself tells "expired", "evicted", "new" and misses.
  void notify(Event event, std::string_view name, const Key& key) const {
    if ((unit_->events & event) != 0) unit_->sink->on_event(event, name, index_, key.text);
  }

 private:
  void text_class_changed(size_t before, size_t after) {
    if (before == after) return;
    metrics::SizeClasses& sizes = unit_->stats.database(index_).sizes[static_cast<size_t>(Type::kString)];
    sizes.keys[before].add(~uint64_t{0});
    sizes.keys[after].add();
  }
  // Of a key of the database: keyspace::capture(). `at.entry` may be null: then one is born there.
  void capture(const Key& key, const Table::Position& at) const {
    ShardSnapshot* const snapshot = unit_->keyspace.snapshot(unit_->keyspace.shard_of(key));
    if (snapshot == nullptr) return;
    if (at.entry == nullptr) return snapshot->born(index_, key.hash);
    snapshot->before_change(index_, key.hash, *at.entry, *unit_->captures);
  }
  void count_hit() {
    unit_->stats.keyspace_hits.add();
    unit_->stats.database(index_).hits.add();
  }
  void count_miss() {
    unit_->stats.keyspace_misses.add();
    unit_->stats.database(index_).misses.add();
  }
  void count_expired() {
    unit_->stats.expired_keys.add();
    unit_->stats.database(index_).expired_keys.add();
  }
  Table& table_of(const Key& key) { return unit_->keyspace.table(unit_->locks, unit_->keyspace.shard_of(key), index_); }
  // The live entry's position, for writing.
  Table::Position locate(Table& table, const Key& key) {
    const Table::Position at = table.find(key);
    if (at.entry == nullptr || !at.entry->expired(unit_->now_ms)) return at;
    return locate_expired(table, at, key);
  }
  Table::Position locate_expired(Table& table, const Table::Position& at, const Key& key);
  void store(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes = 1);
  // Stores a new entry over what is there, whose history of use it takes over.
  void supersede(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes = 1);
  void drop(Table& table, const Table::Position& at, const Key& key);
  void drop_hidden(Table& table, const Key& key);
  // Deletes an entry whose time is up.
  void drop_expired(Table& table, const Table::Position& at, const Key& key);
  void miss(const Key& key);
  void tell(Observers* observers, const Key& key);
  void tell_quietly(Observers* observers, const Key& key);
  void discard(Entry* entry);
  Tick due_of(const Key& key, int64_t expiry_ms);
  // Of the entry or the first of its fields.
  Tick due_of(const Key& key, const Entry& entry);
  void leave_out_expired_fields(Entry& copy) const;
  void start_access(Entry& entry);

  Unit* unit_;
  uint32_t index_;
};

// Ends an entry that was taken out of its table, under the shard's lock; what is large becomes garbage.
void discard(Unit& unit, Entry* entry);

// A key left its table because its time was up (kExpiredEvent), or that of its last field (kGenericEvent), or for want
// of memory (kEvictedEvent): who watches it and who listens is told.
void tell_gone(Unit& unit, uint32_t shard, uint32_t database, std::string_view key, Event event);
// Part of that: who keeps the key's value is told. Also where fields of a hash went whose time was up.
void tell_trackers(Unit& unit, uint32_t shard, std::string_view key);

// Frees what a unit left; large things are worth another thread.
void free_garbage(Garbage& garbage);

}  // namespace keyspace
