// ThreadStats: what one I/O thread counts. INFO adds up all threads.
//
// One line a fact: the field's name is its name in INFO where it has one.
#pragma once

#include <memory>
#include <vector>

#include "metrics/counter.h"
#include "metrics/database_stats.h"
#include "metrics/histogram.h"

namespace metrics {

// What INFO commandstats and latencystats say of one command.
struct CommandStats {
  Counter calls;
  Counter nanoseconds;
  Counter rejected_calls;
  Counter failed_calls;
  std::atomic<Histogram*> latency{nullptr};  // made at the first call, kept for good
  // As if it had never run. Threads: the writer's.
  void reset() {
    for (Counter* counter : {&calls, &nanoseconds, &rejected_calls, &failed_calls}) counter->set(0);
    if (Histogram* made = latency.load(std::memory_order_relaxed)) made->reset();
  }
  ~CommandStats() { delete latency.load(); }
};

struct alignas(128) ThreadStats {
  ThreadStats(size_t command_count, size_t database_count) : commands(command_count), databases_(database_count) {}
  ~ThreadStats() {
    for (std::atomic<DatabaseStats*>& one : databases_) delete one.load();
  }
  ThreadStats(const ThreadStats&) = delete;
  ThreadStats& operator=(const ThreadStats&) = delete;

  // Made when something is first counted. Threads: the writer's; the second form any, null if it was not made.
  DatabaseStats& database(uint32_t index) {
    DatabaseStats* stats = databases_[index].load(std::memory_order_relaxed);
    if (stats == nullptr) {
      stats = new DatabaseStats;
      databases_[index].store(stats, std::memory_order_release);
    }
    return *stats;
  }
  const DatabaseStats* existing_database(uint32_t index) const {
    return databases_[index].load(std::memory_order_acquire);
  }

  // The data path.
  Counter total_commands_processed;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter changes;  // of keys; rdb_changes_since_last_save is made from it
  Counter total_net_input_bytes;
  Counter total_net_output_bytes;
  Counter total_reads_processed;
  Counter total_writes_processed;
  Counter total_error_replies;
  Counter unexpected_error_replies;

  // Keys that ended by themselves.
  Counter expired_keys;
  Counter expired_fields;
  Counter evicted_keys;
  Counter expire_cycle_ns;
  Counter expired_time_cap_reached;

  // Connections.
  Counter total_connections_received;
  Counter rejected_connections;
  Counter evicted_clients;
  Counter query_buffer_limit_disconnections;
  Counter output_buffer_limit_disconnections;
  Counter acl_access_denied_auth;
  Counter acl_access_denied_tls_cert;
  Counter acl_access_denied_cmd;
  Counter acl_access_denied_key;
  Counter acl_access_denied_channel;
  Counter acl_access_denied_db;

  // The loop.
  Counter eventloop_commands_ns;
  Counter lock_waits;  // commands that queued at a shard

  // Gauges on a line of their own, since other threads read them often. These are exact at any time:
  alignas(128) Counter client_memory_bytes;  // the clients' own and their buffers'
  Counter blocked_clients;                   // or paused
  Counter clients_in_timeout_table;          // blocked for a limited time
  Counter blocking_keys;                     // somebody waits for
  Counter blocking_keys_when_missing;        // or for their end
  // and these the loop's cron sets:
  Counter clients;
  Counter client_input_bytes;
  Counter client_output_bytes;
  Counter longest_input_bytes;
  Counter longest_output_bytes;

  std::vector<CommandStats> commands;  // by the command's index in the table

  // CONFIG RESETSTAT: all but the gauges and `changes`, which snapshots go by. Threads: the writer's.
  void reset() {
    for (Counter* counter : {&total_commands_processed,
                             &keyspace_hits,
                             &keyspace_misses,
                             &total_net_input_bytes,
                             &total_net_output_bytes,
                             &total_reads_processed,
                             &total_writes_processed,
                             &total_error_replies,
                             &unexpected_error_replies,
                             &expired_keys,
                             &expired_fields,
                             &evicted_keys,
                             &expire_cycle_ns,
                             &expired_time_cap_reached,
                             &total_connections_received,
                             &rejected_connections,
                             &evicted_clients,
                             &query_buffer_limit_disconnections,
                             &output_buffer_limit_disconnections,
                             &acl_access_denied_auth,
                             &acl_access_denied_tls_cert,
                             &acl_access_denied_cmd,
                             &acl_access_denied_key,
                             &acl_access_denied_channel,
                             &acl_access_denied_db,
                             &eventloop_commands_ns,
                             &lock_waits}) {
      counter->set(0);
    }
    for (CommandStats& command : commands) command.reset();
    for (std::atomic<DatabaseStats*>& one : databases_) {
      DatabaseStats* stats = one.load(std::memory_order_relaxed);
      if (stats == nullptr) continue;
      for (Counter* counter : {&stats->hits, &stats->misses, &stats->expired_keys, &stats->evicted_keys}) {
        counter->set(0);
      }
    }
  }

 private:
  std::vector<std::atomic<DatabaseStats*>> databases_;
};

}  // namespace metrics
