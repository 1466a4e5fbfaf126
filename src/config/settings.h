// Settings: the value of every setting, as plain typed members. A member is named as its setting, with _ for -.
//
// What a setting is (type, bounds, default, documentation) stands in its row (table.cc) and nowhere else; the
// constructor fills in the defaults from there.
//
// Threads  a Settings is changed by its one owner and then published as a snapshot that nobody changes (store.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/choices.h"
#include "config/values.h"

namespace config {

struct Settings {
  // All defaults. Cost: one pass over the table, some 20 us.
  Settings();

  // Network and process.
  std::vector<std::string> bind{};
  std::string bind_source_addr{};
  int64_t port{};
  int64_t tcp_backlog{};
  int64_t tcp_keepalive{};
  int64_t timeout{};
  int64_t maxclients{};
  int64_t max_new_connections_per_cycle{};
  int64_t max_new_tls_connections_per_cycle{};
  std::string unixsocket{};
  std::string unixsocketgroup{};
  int64_t unixsocketperm{};
  int64_t socket_mark_id{};
  bool mptcp{};
  bool protected_mode{};
  int64_t io_threads{};  // 0 is auto
  bool io_threads_always_active{};
  int64_t prefetch_batch_max_size{};
  int64_t min_io_threads_avoid_copy_reply{};
  int64_t min_string_size_avoid_copy_reply{};
  int64_t min_string_size_avoid_copy_reply_threaded{};
  int64_t metrics_port{};
  int64_t shards{};
  bool daemonize{};
  Supervised supervised{};
  std::string pidfile{};
  std::string dir{};
  int64_t databases{};
  int64_t hz{};
  std::string server_cpulist{};
  std::string bio_cpulist{};
  std::string aof_rewrite_cpulist{};
  std::string bgsave_cpulist{};
  bool disable_thp{};
  OomScoreAdj oom_score_adj{};
  std::array<int32_t, 3> oom_score_adj_values{};
  bool set_proc_title{};
  std::string proc_title_template{};
  std::string locale_collate{};
  std::string availability_zone{};
  bool extended_redis_compatibility{};
  Access enable_protected_configs{};
  Access enable_debug_command{};
  Access enable_module_command{};
  bool enable_debug_assert{};
  std::string hash_seed{};
  int64_t shutdown_timeout{};
  uint32_t shutdown_on_sigint{};   // ShutdownFlags
  uint32_t shutdown_on_sigterm{};  // ShutdownFlags
  std::string ignore_warnings{};

  // Log and crash report.
  Loglevel loglevel{};
  std::string logfile{};
  LogFormat log_format{};
  LogTimestampFormat log_timestamp_format{};
  bool syslog_enabled{};
  std::string syslog_ident{};
  SyslogFacility syslog_facility{};
  bool always_show_logo{};
  bool crash_log_enabled{};
  bool crash_memcheck_enabled{};
  bool use_exit_on_panic{};
  bool hide_user_data_from_log{};
  int64_t watchdog_period{};
  std::string debug_context{};

  // Access.
  std::vector<DatabaseLimit> db_maxmemory{};
  int64_t hotkeys_top_k{};
  int64_t hotkeys_sampling_percentage{};
  int64_t hotkeys_window_seconds{};
  std::string requirepass{};
  std::string requirepass_file{};
  int64_t requirepass_file_grace{};
  int64_t acl_auto_reload_interval{};
  std::string aclfile{};
  AclPubsubDefault acl_pubsub_default{};
  int64_t acllog_max_len{};

  // TLS.
  int64_t tls_port{};
  std::string tls_cert_file{};
  std::string tls_key_file{};
  std::string tls_key_file_pass{};
  std::string tls_client_cert_file{};
  std::string tls_client_key_file{};
  std::string tls_client_key_file_pass{};
  std::string tls_ca_cert_file{};
  std::string tls_ca_cert_dir{};
  std::string tls_dh_params_file{};
  std::string tls_protocols{};
  std::string tls_ciphers{};
  std::string tls_ciphersuites{};
  bool tls_prefer_server_ciphers{};
  TlsAuthClients tls_auth_clients{};
  TlsAuthClientsUser tls_auth_clients_user{};
  int64_t tls_auto_reload_interval{};
  bool tls_cluster{};
  bool tls_replication{};
  bool tls_session_caching{};
  int64_t tls_session_cache_size{};
  int64_t tls_session_cache_timeout{};

  // RDMA, accepted for compatibility.
  int64_t rdma_port{};
  std::string rdma_bind{};
  int64_t rdma_rx_size{};
  int64_t rdma_completion_vector{};

  // Clients.
  OutputBufferLimits client_output_buffer_limit{};
  int64_t client_query_buffer_limit{};
  int64_t proto_max_bulk_len{};
  MemoryLimit maxmemory_clients{};
  int64_t tracking_table_max_keys{};
  uint32_t notify_keyspace_events{};  // KeyspaceEvents

  // Memory and eviction.
  MemoryLimit maxmemory{};
  MaxmemoryPolicy maxmemory_policy{};
  int64_t maxmemory_samples{};
  int64_t maxmemory_eviction_tenacity{};
  int64_t lfu_log_factor{};
  int64_t lfu_decay_time{};
  int64_t active_expire_effort{};
  bool activerehashing{};
  bool activedefrag{};
  int64_t active_defrag_ignore_bytes{};
  int64_t active_defrag_threshold_lower{};
  int64_t active_defrag_threshold_upper{};
  int64_t active_defrag_cycle_min{};
  int64_t active_defrag_cycle_max{};
  int64_t active_defrag_cycle_us{};
  int64_t active_defrag_max_scan_fields{};
  bool jemalloc_bg_thread{};
  bool lazyfree_lazy_eviction{};
  bool lazyfree_lazy_expire{};
  bool lazyfree_lazy_server_del{};
  bool lazyfree_lazy_user_del{};
  bool lazyfree_lazy_user_flush{};
  bool import_mode{};

  // Encodings.
  int64_t hash_max_listpack_entries{};
  int64_t hash_max_listpack_value{};
  int64_t list_max_listpack_size{};
  int64_t list_compress_depth{};
  int64_t set_max_intset_entries{};
  int64_t set_max_listpack_entries{};
  int64_t set_max_listpack_value{};
  int64_t zset_max_listpack_entries{};
  int64_t zset_max_listpack_value{};
  int64_t hll_sparse_max_bytes{};
  int64_t stream_node_max_bytes{};
  int64_t stream_node_max_entries{};

  // Scripts and observation.
  int64_t busy_reply_threshold{};
  bool lua_enable_insecure_api{};
  bool latency_tracking{};
  std::vector<double> latency_tracking_info_percentiles{};
  int64_t latency_monitor_threshold{};
  int64_t commandlog_execution_slower_than{};
  int64_t commandlog_slow_execution_max_len{};
  int64_t commandlog_request_larger_than{};
  int64_t commandlog_large_request_max_len{};
  int64_t commandlog_reply_larger_than{};
  int64_t commandlog_large_reply_max_len{};

  // Snapshots.
  std::vector<SavePoint> save{};
  std::string dbfilename{};
  bool rdbcompression{};
  bool rdbchecksum{};
  RdbVersionCheck rdb_version_check{};
  bool rdb_del_sync_files{};
  bool rdb_save_incremental_fsync{};
  int64_t rdb_key_save_delay{};
  int64_t key_load_delay{};
  int64_t loading_process_events_interval_bytes{};
  bool stop_writes_on_bgsave_error{};

  // Append-only file.
  bool appendonly{};
  Appendfsync appendfsync{};
  std::string appendfilename{};
  std::string appenddirname{};
  bool no_appendfsync_on_rewrite{};
  int64_t auto_aof_rewrite_percentage{};
  int64_t auto_aof_rewrite_min_size{};
  bool aof_load_truncated{};
  bool aof_use_rdb_preamble{};
  bool aof_timestamp_enabled{};
  bool aof_rewrite_incremental_fsync{};
  bool aof_disable_auto_gc{};

  // Replication.
  Primary replicaof{};
  std::string primaryauth{};
  std::string primaryuser{};
  bool replica_serve_stale_data{};
  bool replica_read_only{};
  bool replica_lazy_flush{};
  bool replica_ignore_maxmemory{};
  bool replica_ignore_disk_write_errors{};
  int64_t replica_priority{};
  bool replica_announced{};
  std::string replica_announce_ip{};
  int64_t replica_announce_port{};
  int64_t repl_backlog_size{};
  int64_t repl_backlog_ttl{};
  bool repl_disable_tcp_nodelay{};
  bool repl_diskless_sync{};
  int64_t repl_diskless_sync_delay{};
  int64_t repl_diskless_sync_max_replicas{};
  ReplDisklessLoad repl_diskless_load{};
  bool dual_channel_replication_enabled{};
  int64_t repl_ping_replica_period{};
  int64_t repl_timeout{};
  bool repl_mptcp{};
  int64_t min_replicas_to_write{};
  int64_t min_replicas_max_lag{};
  PropagationErrorBehavior propagation_error_behavior{};

  // Cluster.
  bool cluster_enabled{};
  std::string cluster_config_file{};
  ClusterConfigSaveBehavior cluster_config_save_behavior{};
  int64_t cluster_port{};
  int64_t cluster_databases{};
  int64_t cluster_node_timeout{};
  int64_t cluster_ping_interval{};
  int64_t cluster_message_gossip_perc{};
  int64_t cluster_migration_barrier{};
  bool cluster_allow_replica_migration{};
  int64_t cluster_replica_validity_factor{};
  bool cluster_replica_no_failover{};
  bool cluster_require_full_coverage{};
  bool cluster_allow_reads_when_down{};
  bool cluster_allow_pubsubshard_when_down{};
  int64_t cluster_link_sendbuf_limit{};
  int64_t cluster_manual_failover_timeout{};
  int64_t cluster_blacklist_ttl{};
  bool cluster_slot_stats_enabled{};
  int64_t cluster_slot_migration_log_max_len{};
  int64_t slot_migration_max_failover_repl_bytes{};
  EndpointType cluster_preferred_endpoint_type{};
  std::string cluster_announce_ip{};
  int64_t cluster_announce_port{};
  int64_t cluster_announce_tls_port{};
  int64_t cluster_announce_bus_port{};
  std::string cluster_announce_hostname{};
  std::string cluster_announce_human_nodename{};
  std::string cluster_announce_client_ipv4{};
  std::string cluster_announce_client_ipv6{};
  int64_t cluster_announce_client_port{};
  int64_t cluster_announce_client_tls_port{};

  // Lines of the file that are no settings. The server acts on them once, at start.
  std::vector<Directive> users;             // user <name> <rule>...
  std::vector<Directive> modules;           // loadmodule <path> <argument>...
  std::vector<Directive> renamed_commands;  // rename-command <old> <new>; an empty new name removes it
  std::string config_file;                  // absolute path of the file that was read; empty if there is none
  bool save_was_given = false;              // the first `save` of a start replaces the default, later ones add
};

}  // namespace config
