#include "server/usage.h"

#include <algorithm>

#include "server/server.h"
#include "structures/memory.h"
#include "structures/window.h"

namespace server {

double ratio(int64_t a, int64_t b) { return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b); }

double Usage::dataset_percent() const { return used > startup ? ratio(dataset(), used - startup) * 100 : 0; }

double Usage::peak_percent() const { return ratio(used, peak) * 100; }

std::vector<DatabaseUsage> measure_databases(keyspace::Keyspace& keyspace, const keyspace::LockSet& locks) {
  std::vector<DatabaseUsage> found;
  for (uint32_t database = 0; database < keyspace.database_count(); ++database) {
    DatabaseUsage usage{.database = database};
    for (uint32_t shard = 0; shard < keyspace.shard_count(); ++shard) {
      const keyspace::Table* table = keyspace.existing_table(locks, shard, database);
      if (table == nullptr) continue;
      usage.keys += table->size();
      usage.expiring += table->expiring();
      usage.expiring_hashes += table->expiring_hashes();
      usage.index_bytes += table->index_bytes();
    }
    if (usage.keys != 0) found.push_back(usage);
  }
  return found;
}

Usage measure(Server& server, const keyspace::LockSet& locks) {
  structures::flush_memory_count();
  Usage usage;
  usage.databases = measure_databases(server.keyspace, locks);
  for (const DatabaseUsage& database : usage.databases) {
    usage.keys += database.keys;
    usage.index += static_cast<int64_t>(database.index_bytes);
  }
  usage.used = server.used_memory();
  usage.peak = std::max(usage.used, server.vitals().peak_memory.load());
  usage.startup = server.startup_memory();
  usage.clients = static_cast<int64_t>(server.client_memory());
  usage.resident = static_cast<int64_t>(resident_bytes());
  // The allocator counts pages that it reserved and nobody touched yet, and does not know of the pages of small
  // entries.
  const uint64_t asked_for = structures::allocator_committed_bytes() + structures::region_bytes();
  usage.committed = std::max(usage.used, std::min(static_cast<int64_t>(asked_for), usage.resident));
  usage.allocator_resident = std::min(usage.committed, usage.resident);
  return usage;
}

}  // namespace server
