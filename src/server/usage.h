// Usage: where the process's memory goes: the data, its index, clients, and what the server needs for itself.
//
// Threads  measure() by any worker that holds all locks.
#pragma once

#include <cstdint>
#include <vector>

#include "keyspace/keyspace.h"

namespace server {

class Server;

struct DatabaseUsage {
  uint32_t database = 0;
  uint64_t keys = 0;
  uint64_t expiring = 0;
  uint64_t expiring_hashes = 0;  // with fields that expire
  uint64_t index_bytes = 0;
};

struct Usage {
  int64_t used = 0;  // all of it
  int64_t peak = 0;
  int64_t startup = 0;  // what the server took before the first key and client
  int64_t clients = 0;
  int64_t index = 0;  // tables of all databases
  int64_t command_logs = 0;
  uint64_t keys = 0;
  int64_t resident = 0;
  int64_t committed = 0;  // by the allocator; at least `used`
  int64_t allocator_resident = 0;
  std::vector<DatabaseUsage> databases;  // those with keys

  int64_t overhead() const { return startup + clients + index + command_logs; }
  int64_t dataset() const { return used > overhead() ? used - overhead() : 0; }
  // Percent of what is used beyond the start.
  double dataset_percent() const;
  double peak_percent() const;
};

// The databases that have keys, in order. REQUIRES: all shards are held.
std::vector<DatabaseUsage> measure_databases(keyspace::Keyspace& keyspace, const keyspace::LockSet& locks);
// REQUIRES: all shards are held.
Usage measure(Server& server, const keyspace::LockSet& locks);

// a / b, or 0.
double ratio(int64_t a, int64_t b);

}  // namespace server
