// Database: what a running unit does with the keys of one database, under the locks that it holds.
//
// This is the one door to keys: expiry on access, access bits, hit and miss counts, the time index, and the count of
// changes all happen here, so no handler can forget them.
//
// Threads  the unit's own; every key's shard must be held (checked in debug builds).
#pragma once

#include <vector>

#include "keyspace/keyspace.h"
#include "metrics/thread_stats.h"

namespace keyspace {

// What a unit's changes leave behind, to be freed after its locks are gone.
struct Garbage {
  std::vector<LongText*> texts;
  std::vector<Table> tables;
  bool empty() const { return texts.empty() && tables.empty(); }
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
};

class Database {
 public:
  Database(Unit& unit, uint32_t index) : unit_(&unit), index_(index) {}

  uint32_t index() const { return index_; }
  int64_t now_ms() const { return unit_->now_ms; }
  Unit& unit() const { return *unit_; }

  // A live entry or null. read() counts a hit or a miss and marks the use; look() only counts, find_to_change() only
  // marks, peek() does neither. A key that has expired is deleted on the way.
  Entry* read(const Key& key);
  Entry* look(const Key& key);
  Entry* find_to_change(const Key& key);
  Entry* peek(const Key& key);
  bool exists(const Key& key) { return peek(key) != nullptr; }

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

  // True if the key was there.
  bool erase(const Key& key);
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

  // Counts a change of the database that did not go through a method above (FLUSHALL).
  void count_changes(uint64_t count) { unit_->stats.changes.add(count); }

 private:
  Table& table_of(const Key& key) { return unit_->keyspace.table(unit_->locks, unit_->keyspace.shard_of(key), index_); }
  // The live entry's position, for writing.
  Table::Position locate(Table& table, const Key& key);
  void store(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes = 1);
  // Stores a new entry over what is there, whose history of use it takes over.
  void supersede(Table& table, const Table::Position& at, const Key& key, Entry* entry, uint64_t changes = 1);
  void drop(Table& table, const Table::Position& at, const Key& key);
  void discard(Entry* entry);
  Tick due_of(const Key& key, int64_t expiry_ms);
  void start_access(Entry& entry);

  Unit* unit_;
  uint32_t index_;
};

// Ends an entry that was taken out of its table, under the shard's lock; a large text becomes garbage.
void discard(Entry* entry, Garbage& garbage);

// Frees what a unit left; large things are worth another thread.
void free_garbage(Garbage& garbage);

}  // namespace keyspace
