#include "keyspace/expiry.h"

#include <algorithm>

namespace keyspace {
namespace {

// What happens to the entries of one table whose bound has come.
class Expiry {
 public:
  Expiry(Unit& unit, Table& table, uint32_t shard, uint32_t database)
      : unit_(unit), table_(table), shard_(shard), database_(database) {}

  // The entry's next tick; 0: it is to go.
  Tick visit(Entry& entry) {
    if (entry.expired(unit_.now_ms)) return 0;
    const Keyspace& keyspace = unit_.keyspace;
    Tick next = entry.has_expiry() ? keyspace.due_tick(entry.expiry_ms(), unit_.now_ms) : kNever;
    if (!entry.has_expiring_fields()) return next;
    values::Hash hash = Database::collection<values::Hash>(entry);
    reclaim_fields(entry, hash);
    if (hash.empty()) return 0;
    if (hash.has_expiries()) next = std::min(next, keyspace.due_tick(hash.next_due_ms(), unit_.now_ms));
    return next;
  }

  void end(Entry* dead) {
    const bool emptied = !dead->expired(unit_.now_ms);
    unit_.stats.changes.add();
    if (!emptied) {
      unit_.stats.expired_keys.add();
      unit_.stats.database(database_).expired_keys.add();
    }
    const uint64_t hash = unit_.keyspace.hash()(dead->key());
    capture(unit_, shard_, database_, hash, *dead);
    note_size(unit_, database_, hash, dead->key(), noted_size(unit_, database_, hash, *dead), {});
    tell_gone(unit_, shard_, database_, dead->key(), emptied ? kGenericEvent : kExpiredEvent);
    discard(unit_, dead);
  }

 private:
  // In batches, so that one event tells of some fields and not of thousands; what is left over is due at once again.
  void reclaim_fields(Entry& entry, values::Hash& hash) {
    constexpr int kBatch = 80, kMostBatches = 10;
    unit_.keyspace.large_reads().before_change(entry.word());
    const uint64_t key_hash = unit_.keyspace.hash()(entry.key());
    capture(unit_, shard_, database_, key_hash, entry);
    const Size before = noted_size(unit_, database_, key_hash, entry);
    for (int batch = 0; batch < kMostBatches && hash.has_expiries() && hash.next_due_ms() <= unit_.now_ms; ++batch) {
      const uint64_t removed = hash.reclaim(unit_.now_ms, kBatch);
      entry.set_word(hash.word());
      if (!hash.has_expiries()) table_.count_expiring_hashes(-1);
      if (removed == 0) continue;
      unit_.stats.expired_fields.add(removed);
      unit_.stats.changes.add(removed);
      tell_trackers(unit_, shard_, entry.key());
      if ((unit_.events & kHashEvent) != 0) unit_.sink->on_event(kHashEvent, "hexpired", database_, entry.key());
    }
    note_size(unit_, database_, key_hash, entry.key(), before, size_of(entry));
  }

  Unit& unit_;
  Table& table_;
  uint32_t shard_;
  uint32_t database_;
};

}  // namespace

bool expire_shard(Unit& unit, uint32_t shard, int budget) {
  Keyspace& keyspace = unit.keyspace;
  const Tick passed = keyspace.tick(unit.now_ms) - 1;  // all of whose keys have expired
  Tick next = kNever;
  bool done = true;
  for (uint32_t database = 0; database < keyspace.database_count(); ++database) {
    Table* table = keyspace.existing_table(unit.locks, shard, database);
    if (table == nullptr) continue;
    Expiry expiry(unit, *table, shard, database);
    done &= table->take_due(
        passed, budget, [&](Entry& entry) { return expiry.visit(entry); }, [&](Entry* dead) { expiry.end(dead); });
    next = std::min(next, table->due());
  }
  keyspace.set_due_hint(shard, next);
  return done;
}

}  // namespace keyspace
