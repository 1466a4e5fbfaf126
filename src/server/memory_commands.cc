// MEMORY: what a key takes, and where the process's memory goes.
#include <algorithm>
#include <array>

#include "command/call.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/memory_advice.h"
#include "server/memory_top.h"
#include "server/server.h"
#include "server/usage.h"
#include "structures/memory.h"

namespace server {
namespace {

using command::Call;
using command::Spec;

// The entry, and its share of the index. All of a text counts, so that no samples are taken.
void memory_usage(Call& call) {
  command::Args args = call.args();
  args.skip();
  while (args.more()) {
    if (!args.accept("SAMPLES")) {
      args.fail(command::kSyntaxError);
    } else if (args.integer() < 0) {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.failed()) return call.fail(args.error());
  const keyspace::Key& key = call.key(0);
  const keyspace::Entry* entry = call.db().look(key);
  if (entry == nullptr) return call.reply().null();
  keyspace::Keyspace& all = server_of(call).keyspace;
  const keyspace::Table* table = all.existing_table(worker_of(call).locks(), all.shard_of(key), call.db().index());
  // A table of few keys has more room than it needs: that is not theirs.
  constexpr uint64_t kIndexShareMost = 16;
  const uint64_t index_share =
      table == nullptr || table->size() == 0 ? 0 : std::min(table->index_bytes() / table->size(), kIndexShareMost);
  call.reply().integer(static_cast<int64_t>(entry->total_bytes() + index_share));
}

void write_database(resp::Writer& reply, const DatabaseUsage& database) {
  reply.bulk("db." + std::to_string(database.database));
  reply.map(2);
  reply.bulk("overhead.hashtable.main");
  reply.integer(static_cast<int64_t>(database.index_bytes));
  reply.bulk("overhead.hashtable.expires");
  reply.integer(0);  // times to live stand in the entries
}

void stats(Call& call) {
  const Usage usage = measure(server_of(call), worker_of(call).locks());
  resp::Writer& reply = call.reply();
  const auto whole = [&](std::string_view name, int64_t value) { reply.bulk(name), reply.integer(value); };
  const auto real = [&](std::string_view name, double value) { reply.bulk(name), reply.real(value); };
  const auto keys = static_cast<int64_t>(usage.keys);
  reply.map(34 + usage.databases.size());
  whole("peak.allocated", usage.peak);
  whole("total.allocated", usage.used);
  whole("startup.allocated", usage.startup);
  whole("replication.backlog", 0);
  whole("replicas.repl.buffer", 0);
  whole("clients.slaves", 0);
  whole("clients.normal", usage.clients);
  for (const std::string_view name : {"cluster.links", "cluster.slot_import", "cluster.slot_export", "aof.buffer"}) {
    whole(name, 0);
  }
  const scripting::Engine::Counts& scripts = server_of(call).scripts.counts();
  whole("lua.caches", static_cast<int64_t>(scripts.script_bytes.load(std::memory_order_relaxed)));
  whole("functions.caches", static_cast<int64_t>(scripts.library_bytes.load(std::memory_order_relaxed)));
  for (const DatabaseUsage& database : usage.databases) write_database(reply, database);
  whole("overhead.db.hashtable.lut", usage.index);
  whole("overhead.db.hashtable.rehashing", 0);
  whole("overhead.total", usage.overhead());
  whole("db.dict.rehashing.count", 0);
  whole("keys.count", keys);
  whole("keys.bytes-per-key", keys == 0 ? 0 : std::max(usage.used - usage.startup, int64_t{0}) / keys);
  whole("dataset.bytes", usage.dataset());
  real("dataset.percentage", usage.dataset_percent());
  real("peak.percentage", usage.peak_percent());
  whole("allocator.allocated", usage.used);
  whole("allocator.active", usage.committed);
  whole("allocator.resident", usage.allocator_resident);
  whole("allocator.muzzy", 0);
  real("allocator-fragmentation.ratio", ratio(usage.committed, usage.used));
  whole("allocator-fragmentation.bytes", usage.committed - usage.used);
  real("allocator-rss.ratio", ratio(usage.allocator_resident, usage.committed));
  whole("allocator-rss.bytes", usage.allocator_resident - usage.committed);
  real("rss-overhead.ratio", ratio(usage.resident, usage.allocator_resident));
  whole("rss-overhead.bytes", usage.resident - usage.allocator_resident);
  real("fragmentation", ratio(usage.resident, usage.used));
  whole("fragmentation.bytes", usage.resident - usage.used);
}

MemoryFacts facts_of(Call& call) {
  Server& server = server_of(call);
  const Usage usage = measure(server, worker_of(call).locks());
  const scripting::Engine::Counts& scripts = server.scripts.counts();
  MemoryFacts facts{.used = usage.used,
                    .peak = usage.peak,
                    .resident = usage.resident,
                    .committed = usage.committed,
                    .dataset = usage.dataset(),
                    .clients = usage.clients,
                    .client_count = static_cast<int64_t>(server.clients.load()),
                    .scripts = static_cast<int64_t>(scripts.interpreter_bytes.load() + scripts.script_bytes.load()),
                    .script_count = static_cast<int64_t>(scripts.scripts.load()),
                    .limit = server.maxmemory.load(),
                    .system = static_cast<int64_t>(server.system_memory()),
                    .policy = call.settings().maxmemory_policy,
                    .keys = usage.keys};
  for (const DatabaseUsage& database : usage.databases) facts.expiring_keys += database.expiring;
  for (const LargestKey& largest : largest_keys(server, keyspace::LargeBy::kBytes, 1)) {
    facts.largest_key = static_cast<int64_t>(largest.key->size.bytes);
    facts.largest_key_name = largest.key->key;
    facts.largest_key_database = largest.database;
  }
  return facts;
}

void doctor(Call& call) { call.reply().verbatim("txt", memory_advice(facts_of(call))); }

void purge(Call& call) {
  server_of(call).return_memory();
  call.reply().ok();
}

void malloc_stats(Call& call) { call.reply().verbatim("txt", structures::allocator_report()); }

void help(Call& call) {
  constexpr std::array<std::string_view, 13> kLines{
      "DOCTOR",
      "    What looks wrong with the memory.",
      "MALLOC-STATS",
      "    The allocator's report of itself.",
      "PURGE",
      "    Gives unused pages back to the system.",
      "STATS",
      "    Where the memory goes.",
      "TOP <count> [BY (BYTES|ELEMENTS)]",
      "    The largest keys, of those that have 8 KB or 128 elements at least.",
      "USAGE <key> [SAMPLES <count>]",
      "    The bytes that <key> and its value take, with their part of the index.",
      "    Everything is counted, whatever <count> says."};
  write_help(call.reply(), "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

constexpr auto kServer = command::Group::kServer;
constexpr auto kNoLocks = keyspace::LockClass::kNone;
constexpr uint32_t kReportTips =
    command::kNondeterministicOutput | command::kRequestAllShards | command::kResponseSpecial;

constexpr Spec kMemory[] = {
    {.name = "memory",
     .arity = -2,
     .locks = kNoLocks,
     .group = kServer,
     .since = "4.0.0",
     .summary = "Holds the commands that tell of memory.",
     .complexity = "Depends on subcommand."},
    {.name = "memory|doctor",
     .arity = 2,
     .handler = doctor,
     .group = kServer,
     .tips = kReportTips,
     .since = "4.0.0",
     .summary = "Tells what looks wrong with the memory.",
     .complexity = "O(1)"},
    {.name = "memory|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = kNoLocks,
     .handler = help,
     .group = kServer,
     .since = "4.0.0",
     .summary = "Tells what the subcommands do.",
     .complexity = "O(1)"},
    {.name = "memory|malloc-stats",
     .arity = 2,
     .flags = command::kLoading,
     .locks = kNoLocks,
     .handler = malloc_stats,
     .group = kServer,
     .tips = kReportTips,
     .since = "4.0.0",
     .summary = "Shows the allocator's report of itself.",
     .complexity = "Depends on the allocator."},
    {.name = "memory|purge",
     .arity = 2,
     .flags = command::kLoading,
     .locks = kNoLocks,
     .handler = purge,
     .group = kServer,
     .tips = command::kRequestAllShards | command::kResponseAllSucceeded,
     .since = "4.0.0",
     .summary = "Gives unused memory back to the system.",
     .complexity = "Depends on the allocator."},
    {.name = "memory|stats",
     .arity = 2,
     .handler = stats,
     .group = kServer,
     .tips = kReportTips,
     .since = "4.0.0",
     .summary = "Tells where the memory goes.",
     .complexity = "O(1)"},
    {.name = "memory|top",
     .arity = -3,
     .flags = command::kAdmin,  // it tells the names of all keys
     .handler = memory_top,
     .group = kServer,
     .tips = command::kNondeterministicOutput,
     .since = "0.1.0",
     .summary = "The largest keys.",
     .complexity = "O(N log N) for N large keys.",
     .syntax = "count:i BY=order(BYTES|ELEMENTS)?"},
    {.name = "memory|usage",
     .arity = -3,
     .flags = command::kReadOnly,
     .keys = {command::key_at(2, command::kRO)},
     .locks = keyspace::LockClass::kKeys,
     .handler = memory_usage,
     .group = kServer,
     .since = "4.0.0",
     .summary = "Tells how many bytes a key and its value take.",
     .complexity = "O(1)",
     .syntax = "key:k0 SAMPLES=count:i?"},
};
static_assert(command::well_formed(kMemory));

}  // namespace

std::span<const Spec> memory_commands() { return kMemory; }

}  // namespace server
