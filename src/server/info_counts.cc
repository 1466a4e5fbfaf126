// INFO's sections that count: Memory, Stats, Commandstats, Errorstats, Latencystats, Keyspace.
#include <algorithm>
#include <vector>

#include "server/command_latency.h"
#include "server/info.h"
#include "server/usage.h"
#include "structures/memory.h"

namespace server {
namespace {

using metrics::ThreadStats;

void write_allocator(Report& report, const Usage& usage) {
  report.line("allocator_frag_ratio:{:.2f}", ratio(usage.committed, usage.used));
  report.field("allocator_frag_bytes", usage.committed - usage.used);
  report.line("allocator_rss_ratio:{:.2f}", ratio(usage.allocator_resident, usage.committed));
  report.field("allocator_rss_bytes", usage.allocator_resident - usage.committed);
  report.line("rss_overhead_ratio:{:.2f}", ratio(usage.resident, usage.allocator_resident));
  report.field("rss_overhead_bytes", usage.resident - usage.allocator_resident);
  report.line("mem_fragmentation_ratio:{:.2f}", ratio(usage.resident, usage.used));
  report.field("mem_fragmentation_bytes", usage.resident - usage.used);
}

void write_scripts(Report& report) {
  const scripting::Engine::Counts& counts = report.server.scripts.counts();
  const uint64_t interpreter = counts.interpreter_bytes.load(std::memory_order_relaxed);
  const uint64_t scripts = counts.script_bytes.load(std::memory_order_relaxed);
  const uint64_t functions_interpreter = counts.functions_interpreter_bytes.load(std::memory_order_relaxed);
  const uint64_t libraries = counts.library_bytes.load(std::memory_order_relaxed);
  report.field("used_memory_lua", interpreter);
  report.field("used_memory_vm_eval", interpreter);
  report.line("used_memory_lua_human:{}", base::human_bytes(interpreter));
  report.field("used_memory_scripts_eval", scripts);
  report.field("number_of_cached_scripts", counts.scripts.load(std::memory_order_relaxed));
  report.field("number_of_functions", counts.functions.load(std::memory_order_relaxed));
  report.field("number_of_libraries", counts.libraries.load(std::memory_order_relaxed));
  report.field("used_memory_vm_functions", functions_interpreter);
  report.bytes("used_memory_vm_total", interpreter + functions_interpreter);
  report.field("used_memory_functions", libraries);
  report.bytes("used_memory_scripts", scripts + libraries);
}

// The mean time that is left to a database's expiring keys, in ms, estimated from a few of them.
int64_t mean_time_left(Report& report, uint32_t database) {
  constexpr uint32_t kShardsSampled = 16, kPerShard = 4;
  dispatch::Worker& worker = worker_of(report.call);
  keyspace::Keyspace& keyspace = report.server.keyspace;
  std::vector<keyspace::Table::Position> found;
  const auto first = static_cast<uint32_t>(worker.random().next());
  uint32_t sampled = 0;
  for (uint32_t step = 0; step < keyspace.shard_count() && sampled < kShardsSampled; ++step) {
    const keyspace::Table* table =
        keyspace.existing_table(worker.locks(), (first + step) % keyspace.shard_count(), database);
    if (table == nullptr || table->expiring() == 0) continue;
    table->sample_expiring(worker.random().next(), kPerShard, found);
    ++sampled;
  }
  int64_t sum_ms = 0, count = 0;
  for (const keyspace::Table::Position& at : found) {
    if (at.entry == nullptr || !at.entry->has_expiry()) continue;
    sum_ms += std::max<int64_t>(0, at.entry->expiry_ms() - report.call.now_ms());
    ++count;
  }
  return count == 0 ? 0 : sum_ms / count;
}

// A count of one command over all workers.
uint64_t sum_of_command(Server& server, uint32_t index, metrics::Counter metrics::CommandStats::*counter) {
  uint64_t sum = 0;
  for (uint32_t at = 0; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    sum += (server.workers[at]->stats().commands[index].*counter).get();
  }
  return sum;
}

}  // namespace

void write_memory(Report& report) {
  const Usage usage = measure(report.server, worker_of(report.call).locks());
  const auto positive = [](int64_t bytes) { return static_cast<uint64_t>(std::max<int64_t>(0, bytes)); };
  report.bytes("used_memory", positive(usage.used));
  report.bytes("used_memory_rss", positive(usage.resident));
  report.bytes("used_memory_peak", positive(usage.peak));
  report.line("used_memory_peak_perc:{:.2f}%", usage.peak_percent());
  report.field("used_memory_overhead", usage.overhead());
  report.field("used_memory_startup", usage.startup);
  report.field("used_memory_dataset", usage.dataset());
  report.line("used_memory_dataset_perc:{:.2f}%", usage.dataset_percent());
  report.field("allocator_allocated", usage.used);
  report.field("allocator_active", usage.committed);
  report.field("allocator_resident", usage.allocator_resident);
  report.field("allocator_muzzy", 0);
  report.bytes("total_system_memory", report.server.system_memory());
  write_scripts(report);
  report.bytes("maxmemory", positive(report.server.maxmemory.load()));
  report.field("maxmemory_policy",
               config::words_of<config::MaxmemoryPolicy>[static_cast<size_t>(report.settings.maxmemory_policy)]);
  write_allocator(report, usage);
  report.zeros({"mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers",
                "mem_replicas_repl_buffer", "mem_clients_slaves"});
  report.field("mem_clients_normal", usage.clients);
  report.zeros({"mem_cluster_links", "mem_cluster_slot_import", "mem_cluster_slot_export", "mem_aof_buffer"});
  report.field("mem_allocator", structures::allocator_name());
  report.zeros({"mem_overhead_db_hashtable_rehashing", "active_defrag_running"});
  report.field("lazyfree_pending_objects", report.server.lazy_free_pending.load());
  report.field("lazyfreed_objects", report.server.lazy_freed.load());
}

namespace {

void write_traffic(Report& report) {
  const Vitals& vitals = report.server.vitals();
  report.field("total_connections_received", report.sum(&ThreadStats::total_connections_received));
  report.field("total_commands_processed", report.sum(&ThreadStats::total_commands_processed));
  report.field("instantaneous_ops_per_sec", vitals.commands.mean());
  report.field("total_net_input_bytes", report.sum(&ThreadStats::total_net_input_bytes));
  report.field("total_net_output_bytes", report.sum(&ThreadStats::total_net_output_bytes));
  report.zeros({"total_net_repl_input_bytes", "total_net_repl_output_bytes", "total_net_cluster_slot_import_bytes",
                "total_net_cluster_slot_export_bytes"});
  report.line("instantaneous_input_kbps:{:.2f}", static_cast<double>(vitals.input_bytes.mean()) / 1024);
  report.line("instantaneous_output_kbps:{:.2f}", static_cast<double>(vitals.output_bytes.mean()) / 1024);
  report.field("instantaneous_input_repl_kbps", "0.00");
  report.field("instantaneous_output_repl_kbps", "0.00");
  report.field("rejected_connections", report.sum(&ThreadStats::rejected_connections));
  report.zeros({"sync_full", "sync_partial_ok", "sync_partial_err"});
}

// The time index leaves no expired key unseen, so the shares of stale ones are zero.
void write_ended_keys(Report& report) {
  report.field("expired_keys", report.sum(&ThreadStats::expired_keys));
  report.field("expired_fields", report.sum(&ThreadStats::expired_fields));
  report.field("expired_stale_perc", "0.00");
  report.field("expired_keys_with_volatile_items_stale_perc", "0.00");
  report.field("expired_time_cap_reached_count", report.sum(&ThreadStats::expired_time_cap_reached));
  report.field("expire_cycle_cpu_milliseconds", report.sum(&ThreadStats::expire_cycle_ns) / 1'000'000);
  report.field("evicted_keys", report.sum(&ThreadStats::evicted_keys));
  report.field("evicted_clients", report.sum(&ThreadStats::evicted_clients));
  report.field("evicted_scripts", report.server.scripts.counts().evicted.load(std::memory_order_relaxed));
  report.zeros({"total_eviction_exceeded_time", "current_eviction_exceeded_time"});
}

void write_io(Report& report) {
  report.field("total_reads_processed", report.sum(&ThreadStats::total_reads_processed));
  report.field("total_writes_processed", report.sum(&ThreadStats::total_writes_processed));
  report.field("io_threaded_reads_processed", report.sum_of_others(&ThreadStats::total_reads_processed));
  report.field("io_threaded_writes_processed", report.sum_of_others(&ThreadStats::total_writes_processed));
  report.zeros({"io_threaded_freed_objects", "io_threaded_accept_processed", "io_threaded_poll_processed",
                "io_threaded_total_prefetch_batches", "io_threaded_total_prefetch_entries"});
  report.field("client_query_buffer_limit_disconnections", report.sum(&ThreadStats::query_buffer_limit_disconnections));
  report.field("client_output_buffer_limit_disconnections",
               report.sum(&ThreadStats::output_buffer_limit_disconnections));
  report.zeros({"reply_buffer_shrinks", "reply_buffer_expands"});
}

void write_loops(Report& report) {
  uint64_t turns = 0, busy_ns = 0;
  for (uint32_t at = 0; at < report.server.worker_count.load(std::memory_order_acquire); ++at) {
    turns += report.server.workers[at]->loop().turns().get();
    busy_ns += report.server.workers[at]->loop().busy_ns().get();
  }
  report.field("eventloop_cycles", turns);
  report.field("eventloop_duration_sum", busy_ns / 1000);
  report.field("eventloop_duration_cmd_sum", report.sum(&ThreadStats::eventloop_commands_ns) / 1000);
  report.field("instantaneous_eventloop_cycles_per_sec", report.server.vitals().cycles.mean());
  report.field("instantaneous_eventloop_duration_usec", report.server.vitals().cycle_us.mean());
}

}  // namespace

void write_stats(Report& report) {
  write_traffic(report);
  write_ended_keys(report);
  report.field("keyspace_hits", report.sum(&ThreadStats::keyspace_hits));
  report.field("keyspace_misses", report.sum(&ThreadStats::keyspace_misses));
  report.field("pubsub_channels", report.server.pubsub.hub.count(pubsub::Kind::kChannel));
  report.field("pubsub_patterns", report.server.pubsub.hub.count(pubsub::Kind::kPattern));
  report.field("pubsubshard_channels", report.server.pubsub.hub.count(pubsub::Kind::kShardChannel));
  report.zeros({"latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
                "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
                "total_active_defrag_time", "current_active_defrag_time"});
  report.field("tracking_total_keys", report.server.keyspace.tracked.keys.load());
  report.field("tracking_total_items", report.server.keyspace.tracked.readers.load());
  report.field("tracking_total_prefixes", report.server.tracking.prefix_count());
  report.field("unexpected_error_replies", report.sum(&ThreadStats::unexpected_error_replies));
  report.field("total_error_replies", report.sum(&ThreadStats::total_error_replies));
  report.field("dump_payload_sanitizations", 0);
  write_io(report);
  write_loops(report);
  report.field("acl_access_denied_auth", report.sum(&ThreadStats::acl_access_denied_auth));
  report.field("acl_access_denied_cmd", report.sum(&ThreadStats::acl_access_denied_cmd));
  report.field("acl_access_denied_key", report.sum(&ThreadStats::acl_access_denied_key));
  report.field("acl_access_denied_channel", report.sum(&ThreadStats::acl_access_denied_channel));
  report.field("acl_access_denied_tls_cert", report.sum(&ThreadStats::acl_access_denied_tls_cert));
  report.field("acl_access_denied_db", report.sum(&ThreadStats::acl_access_denied_db));
}

void write_commandstats(Report& report) {
  using Stats = metrics::CommandStats;
  for (const command::Command& command : report.server.commands.all()) {
    const auto sum = [&](metrics::Counter Stats::*counter) {
      return sum_of_command(report.server, command.index, counter);
    };
    const uint64_t calls = sum(&Stats::calls), rejected = sum(&Stats::rejected_calls),
                   failed = sum(&Stats::failed_calls);
    if (calls == 0 && rejected == 0 && failed == 0) continue;
    const uint64_t us = sum(&Stats::nanoseconds) / 1000;
    const double us_per_call = calls == 0 ? 0 : static_cast<double>(us) / static_cast<double>(calls);
    report.line("cmdstat_{}:calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
                command.spec->name, calls, us, us_per_call, rejected, failed);
  }
}

void write_errorstats(Report& report) {
  const std::lock_guard hold(report.server.error_counts_mutex);
  for (const auto& [code, count] : report.server.error_counts) report.line("errorstat_{}:count={}", code, count);
}

void write_latencystats(Report& report) {
  for (const command::Command& command : report.server.commands.all()) {
    const CommandLatency latency(report.server, command);
    if (latency.calls() == 0) continue;
    std::string percentiles;
    for (const double percent : report.settings.latency_tracking_info_percentiles) {
      if (!percentiles.empty()) percentiles += ',';
      percentiles +=
          fmt::format("p{:.12g}={:.3f}", percent, static_cast<double>(latency.percentile_ns(percent)) / 1000);
    }
    report.line("latency_percentiles_usec_{}:{}", command.spec->name, percentiles);
  }
}

void write_keyspace(Report& report) {
  for (const DatabaseUsage& usage : measure_databases(report.server.keyspace, worker_of(report.call).locks())) {
    report.line("db{}:keys={},expires={},avg_ttl={},keys_with_volatile_items={}", usage.database, usage.keys,
                usage.expiring, mean_time_left(report, usage.database), usage.expiring_hashes);
  }
}

}  // namespace server
