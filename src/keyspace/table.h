// Table: the keys of one database in one shard: a structures::HashTable of keyspace::Entry.
//
// Threads  used under its shard's lock; size() by any.
// Source   docs/decisions/0002-key-table.md
#pragma once

#include "keyspace/entry.h"
#include "keyspace/key_hash.h"
#include "structures/hash_table.h"

namespace keyspace {

using structures::Bucket;
using structures::kNever;
using structures::ShortTick;
using structures::Tick;

// What the hash table knows of entries. `hash` outlives the table; a table without one may only be swapped.
struct KeyTraits {
  using Entry = keyspace::Entry;

  uint64_t hash_of(const Entry& entry) const { return (*hash)(entry.key()); }
  uint64_t path(uint64_t of) const { return hash->path(of); }
  static std::string_view text(const Entry& entry) { return entry.key(); }
  static bool expires(const Entry& entry) { return entry.has_expiry(); }
  static bool timed(const Entry& entry) { return entry.has_expiry() || entry.has_expiring_fields(); }
  // For expiring_hashes(); the shard counts its memory.
  static size_t weight(const Entry& entry) { return entry.has_expiring_fields() ? 1 : 0; }
  static void destroy(Entry* entry) { Entry::destroy(entry); }

  const KeyHash* hash = nullptr;
};

class Table : public structures::HashTable<KeyTraits> {
 public:
  explicit Table(const KeyHash* hash) : HashTable(KeyTraits{hash}) {}

  Position find(const Key& key) const { return HashTable::find(key.text, key.hash); }

  // Hashes some of whose fields expire. Whoever makes a hash in the table one of these, or the last of its fields lose
  // its expiry, counts it.
  uint64_t expiring_hashes() const { return weight(); }
  void count_expiring_hashes(int change) { count_weight(change); }
};

}  // namespace keyspace

extern template class structures::HashTable<keyspace::KeyTraits>;
