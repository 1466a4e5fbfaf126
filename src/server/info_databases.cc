// INFO databases and keysizes: what the threads count of each database (metrics/database_stats.h).
#include <fmt/format.h>

#include <string>

#include "server/info.h"

namespace server {
namespace {

using metrics::DatabaseStats;
using metrics::SizeClasses;

// The sum over all workers of what get(stats) tells.
template <typename Get>
uint64_t sum_of(Server& server, uint32_t database, Get get) {
  uint64_t sum = 0;
  for (uint32_t at = 0; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    if (const DatabaseStats* stats = server.workers[at]->stats().existing_database(database)) sum += get(*stats);
  }
  return sum;
}

bool is_counted(Server& server, uint32_t database) {
  for (uint32_t at = 0; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    if (server.workers[at]->stats().existing_database(database) != nullptr) return true;
  }
  return false;
}

// 1, 512, 1K, 2M, ...
std::string label_of(uint64_t size) {
  constexpr std::string_view kUnits[] = {"", "K", "M", "G", "T", "P"};
  size_t unit = 0;
  for (; size >= 1024; size /= 1024) ++unit;
  return fmt::format("{}{}", size, kUnits[unit]);
}

std::string classes_of(Server& server, uint32_t database, size_t type) {
  std::string text;
  for (size_t at = 0; at < SizeClasses::kClasses; ++at) {
    const uint64_t keys =
        sum_of(server, database, [type, at](const DatabaseStats& stats) { return stats.sizes[type].keys[at].get(); });
    if (keys == 0) continue;
    if (!text.empty()) text += ',';
    text += fmt::format("{}={}", label_of(SizeClasses::least_of(at)), keys);
  }
  return text;
}

}  // namespace

void write_databases(Report& report) {
  Server& server = report.server;
  for (uint32_t database = 0; database < server.keyspace.database_count(); ++database) {
    const auto sum = [&](metrics::Counter DatabaseStats::*counter) {
      return sum_of(server, database, [counter](const DatabaseStats& stats) { return (stats.*counter).get(); });
    };
    const uint64_t bytes = sum(&DatabaseStats::bytes), hits = sum(&DatabaseStats::hits);
    const uint64_t misses = sum(&DatabaseStats::misses);
    int64_t limit = 0;
    for (const config::DatabaseLimit& one : report.settings.db_maxmemory) {
      if (one.database == database) limit = one.bytes;
    }
    if (bytes == 0 && hits == 0 && misses == 0 && limit == 0) continue;
    report.line("database_{}:used_memory={},maxmemory={},hits={},misses={},expired_keys={},evicted_keys={}", database,
                bytes, limit, hits, misses, sum(&DatabaseStats::expired_keys), sum(&DatabaseStats::evicted_keys));
  }
}

void write_key_sizes(Report& report) {
  constexpr std::string_view kNames[] = {"strings_sizes", "lists_items",  "sets_items",
                                         "zsets_items",   "hashes_items", "streams_items"};
  static_assert(std::size(kNames) == DatabaseStats::kTypes);
  for (uint32_t database = 0; database < report.server.keyspace.database_count(); ++database) {
    if (!is_counted(report.server, database)) continue;
    for (size_t type = 0; type < std::size(kNames); ++type) {
      const std::string classes = classes_of(report.server, database, type);
      if (!classes.empty()) report.line("db{}_distrib_{}:{}", database, kNames[type], classes);
    }
  }
}

}  // namespace server
