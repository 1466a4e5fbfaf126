// Settings with a form of their own: lists, pairs, flags, and numbers that may be words.
//
// Source   valkey-server 9.1.2's forms and error texts, pinned by tests/unit/config/special_test.cc.
#pragma once

#include <string>
#include <vector>

#include "config/row.h"

namespace config {

// Names the functions of the setting `name`, which special.cc, special_lists.cc and special_limits.cc define.
#define CONFIG_SPECIAL(name)                  \
  std::string read_##name(const Settings& s); \
  Outcome write_##name(Settings& s, Arguments arguments, Source source)

CONFIG_SPECIAL(bind);
CONFIG_SPECIAL(client_output_buffer_limit);
CONFIG_SPECIAL(db_maxmemory);
CONFIG_SPECIAL(dir);
CONFIG_SPECIAL(hz);
CONFIG_SPECIAL(io_threads);
CONFIG_SPECIAL(latency_tracking_info_percentiles);
CONFIG_SPECIAL(maxmemory);
CONFIG_SPECIAL(maxmemory_clients);
CONFIG_SPECIAL(notify_keyspace_events);
CONFIG_SPECIAL(oom_score_adj_values);
CONFIG_SPECIAL(rdma_bind);
CONFIG_SPECIAL(repl_backlog_size);
CONFIG_SPECIAL(replicaof);
CONFIG_SPECIAL(save);
CONFIG_SPECIAL(shards);
CONFIG_SPECIAL(shutdown_on_sigint);
CONFIG_SPECIAL(shutdown_on_sigterm);
CONFIG_SPECIAL(watchdog_period);
#undef CONFIG_SPECIAL

// Values for CONFIG REWRITE where they differ from what CONFIG GET shows.
std::vector<std::string> lines_bind(const Settings& s);
std::vector<std::string> lines_client_output_buffer_limit(const Settings& s);
std::vector<std::string> lines_db_maxmemory(const Settings& s);
std::vector<std::string> lines_dir(const Settings& s);
std::vector<std::string> lines_latency_tracking_info_percentiles(const Settings& s);
std::vector<std::string> lines_maxmemory(const Settings& s);
std::vector<std::string> lines_maxmemory_clients(const Settings& s);
std::vector<std::string> lines_notify_keyspace_events(const Settings& s);
std::vector<std::string> lines_rdma_bind(const Settings& s);
std::vector<std::string> lines_repl_backlog_size(const Settings& s);
std::vector<std::string> lines_replicaof(const Settings& s);
std::vector<std::string> lines_save(const Settings& s);

inline constexpr Special kBind{read_bind, write_bind, "* -::*", lines_bind};
inline constexpr Special kClientOutputBufferLimit{read_client_output_buffer_limit, write_client_output_buffer_limit,
                                                  "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
                                                  lines_client_output_buffer_limit};
inline constexpr Special kDbMaxmemory{read_db_maxmemory, write_db_maxmemory, "", lines_db_maxmemory};
inline constexpr Special kDir{read_dir, write_dir, "", lines_dir};
inline constexpr Special kHz{read_hz, write_hz, "10"};
inline constexpr Special kIoThreads{read_io_threads, write_io_threads, "auto"};
inline constexpr Special kLatencyTrackingInfoPercentiles{read_latency_tracking_info_percentiles,
                                                         write_latency_tracking_info_percentiles, "50 99 99.9",
                                                         lines_latency_tracking_info_percentiles};
inline constexpr Special kMaxmemory{read_maxmemory, write_maxmemory, "0", lines_maxmemory};
inline constexpr Special kMaxmemoryClients{read_maxmemory_clients, write_maxmemory_clients, "0",
                                           lines_maxmemory_clients};
inline constexpr Special kNotifyKeyspaceEvents{read_notify_keyspace_events, write_notify_keyspace_events, "",
                                               lines_notify_keyspace_events};
inline constexpr Special kOomScoreAdjValues{read_oom_score_adj_values, write_oom_score_adj_values, "0 200 800"};
inline constexpr Special kRdmaBind{read_rdma_bind, write_rdma_bind, "", lines_rdma_bind};
inline constexpr Special kReplBacklogSize{read_repl_backlog_size, write_repl_backlog_size, "10485760",
                                          lines_repl_backlog_size};
inline constexpr Special kReplicaof{read_replicaof, write_replicaof, "", lines_replicaof};
inline constexpr Special kSave{read_save, write_save, "3600 1 300 100 60 10000", lines_save};
inline constexpr Special kShards{read_shards, write_shards, "0"};
inline constexpr Special kShutdownOnSigint{read_shutdown_on_sigint, write_shutdown_on_sigint, "default"};
inline constexpr Special kShutdownOnSigterm{read_shutdown_on_sigterm, write_shutdown_on_sigterm, "default"};
inline constexpr Special kWatchdogPeriod{read_watchdog_period, write_watchdog_period, "0"};

}  // namespace config
