#include "keyspace/expiry.h"

#include <algorithm>

namespace keyspace {

bool expire_shard(Unit& unit, uint32_t shard, int budget) {
  Keyspace& keyspace = unit.keyspace;
  const Tick passed = keyspace.tick(unit.now_ms) - 1;  // all of whose keys have expired
  Tick next = kNever;
  bool done = true;
  for (uint32_t database = 0; database < keyspace.database_count(); ++database) {
    Table* table = keyspace.existing_table(unit.locks, shard, database);
    if (table == nullptr) continue;
    done &= table->take_due(
        passed, budget,
        [&](const Entry& entry) -> Tick {
          if (!entry.has_expiry()) return kNever;
          return entry.expired(unit.now_ms) ? 0 : keyspace.due_tick(entry.expiry_ms(), unit.now_ms);
        },
        [&](Entry* dead) {
          unit.stats.expired_keys.add();
          unit.stats.changes.add();
          discard(dead, unit.garbage);
        });
    next = std::min(next, table->due());
  }
  keyspace.set_due_hint(shard, next);
  return done;
}

}  // namespace keyspace
