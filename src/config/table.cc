#include "config/table.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/glob.h"
#include "base/letters.h"
#include "config/special.h"
#include "config/text_checks.h"

namespace config {
namespace {

using S = Settings;

constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr int64_t kUnsignedMax = std::numeric_limits<uint32_t>::max();
constexpr int64_t kLongMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kLongMax = std::numeric_limits<int64_t>::max();

// Name, older name, kind with default and bounds, flags, documentation.
constexpr Row kRows[] = {
    {"acl-auto-reload-interval", "", Integer{&S::acl_auto_reload_interval, 0, 0, kIntMax}, 0,
     "Seconds between two looks at whether the aclfile has changed; 0 never."},
    {"acl-pubsub-default", "", choice<&S::acl_pubsub_default>(AclPubsubDefault::kResetchannels), 0,
     "Channels that a new user may use."},
    {"aclfile", "", Text{&S::aclfile, ""}, kImmutable, "File of users and their rules."},
    {"acllog-max-len", "", Integer{&S::acllog_max_len, 128, 0, kLongMax}, 0, "Entries kept by ACL LOG."},
    {"active-defrag-cycle-max", "", Integer{&S::active_defrag_cycle_max, 25, 1, 99}, 0,
     "Most processor percent for defragmentation."},
    {"active-defrag-cycle-min", "", Integer{&S::active_defrag_cycle_min, 1, 1, 99}, 0,
     "Least processor percent for defragmentation."},
    {"active-defrag-cycle-us", "", Integer{&S::active_defrag_cycle_us, 500, 0, 100000}, 0,
     "Microseconds of one slice of defragmentation."},
    {"active-defrag-ignore-bytes", "", Memory{&S::active_defrag_ignore_bytes, 104857600, 1, kLongMax}, 0,
     "Wasted bytes below which defragmentation rests."},
    {"active-defrag-max-scan-fields", "", Integer{&S::active_defrag_max_scan_fields, 1000, 1, kLongMax}, 0,
     "Largest collection that is defragmented in one piece."},
    {"active-defrag-threshold-lower", "", Integer{&S::active_defrag_threshold_lower, 10, 0, 1000}, 0,
     "Percent of waste at which defragmentation starts."},
    {"active-defrag-threshold-upper", "", Integer{&S::active_defrag_threshold_upper, 100, 0, 1000}, 0,
     "Percent of waste at which defragmentation works hardest."},
    {"active-expire-effort", "", Integer{&S::active_expire_effort, 1, 1, 10}, 0,
     "Effort put into removing expired keys."},
    {"activedefrag", "", Switch{&S::activedefrag, false}, 0, "Defragments memory while running."},
    {"activerehashing", "", Switch{&S::activerehashing, true}, 0,
     "Accepted for compatibility; the key table never rehashes as a whole."},
    {"always-show-logo", "", Switch{&S::always_show_logo, false}, kImmutable,
     "Accepted for compatibility; there is no logo."},
    {"aof-disable-auto-gc", "", Switch{&S::aof_disable_auto_gc, false}, kHidden,
     "Keeps append-only files that are no longer needed."},
    {"aof-load-truncated", "", Switch{&S::aof_load_truncated, true}, 0, "Loads a file whose end is cut off."},
    {"aof-rewrite-cpulist", "aof_rewrite_cpulist", Text{&S::aof_rewrite_cpulist, ""}, kImmutable,
     "Processors for rewriting the append-only file."},
    {"aof-rewrite-incremental-fsync", "", Switch{&S::aof_rewrite_incremental_fsync, true}, 0,
     "Syncs a rewritten file to disk while it is written."},
    {"aof-timestamp-enabled", "", Switch{&S::aof_timestamp_enabled, false}, 0,
     "Writes times into the append-only file."},
    {"aof-use-rdb-preamble", "", Switch{&S::aof_use_rdb_preamble, true}, 0, "Rewritten files begin with a snapshot."},
    {"appenddirname", "", Text{&S::appenddirname, "appendonlydir", check_appenddirname}, kImmutable,
     "Directory of the append-only files."},
    {"appendfilename", "", Text{&S::appendfilename, "appendonly.aof", check_appendfilename}, kImmutable,
     "Base name of the append-only files."},
    {"appendfsync", "", choice<&S::appendfsync>(Appendfsync::kEverysec), 0,
     "When the append-only file is synced to disk."},
    {"appendonly", "", Switch{&S::appendonly, false}, kDenyLoading, "Keeps an append-only file."},
    {"auto-aof-rewrite-min-size", "", Memory{&S::auto_aof_rewrite_min_size, 67108864, 0, kLongMax}, 0,
     "Smallest file that is rewritten by itself."},
    {"auto-aof-rewrite-percentage", "", Integer{&S::auto_aof_rewrite_percentage, 100, 0, kIntMax}, 0,
     "Growth in percent at which the file is rewritten; 0 never."},
    {"availability-zone", "", Text{&S::availability_zone, ""}, 0, "Zone reported to clients in HELLO and INFO."},
    {"bgsave-cpulist", "bgsave_cpulist", Text{&S::bgsave_cpulist, ""}, kImmutable, "Processors for saving snapshots."},
    {"bind", "", kBind, kMultiArg, "Addresses to listen on; a leading - makes one optional."},
    {"bind-source-addr", "", Text{&S::bind_source_addr, ""}, 0,
     "Local address for outgoing connections to primaries and cluster peers."},
    {"bio-cpulist", "bio_cpulist", Text{&S::bio_cpulist, ""}, kImmutable, "Processors for background threads."},
    {"busy-reply-threshold", "lua-time-limit", Integer{&S::busy_reply_threshold, 5000, 0, kLongMax}, 0,
     "Milliseconds after which a running script makes others get BUSY."},
    {"client-output-buffer-limit", "", kClientOutputBufferLimit, kMultiArg,
     "Hard limit, soft limit and its seconds, for each class of clients."},
    {"client-query-buffer-limit", "", Memory{&S::client_query_buffer_limit, 1073741824, 1048576, kLongMax}, 0,
     "Most bytes of one client's unread input."},
    {"cluster-allow-pubsubshard-when-down", "", Switch{&S::cluster_allow_pubsubshard_when_down, true}, 0,
     "Serves shard channels while the cluster is down."},
    {"cluster-allow-reads-when-down", "", Switch{&S::cluster_allow_reads_when_down, false}, 0,
     "Answers reads while the cluster is down."},
    {"cluster-allow-replica-migration", "", Switch{&S::cluster_allow_replica_migration, true}, 0,
     "Replicas move to primaries without one."},
    {"cluster-announce-bus-port", "", Integer{&S::cluster_announce_bus_port, 0, 0, 65535}, 0,
     "Bus port told to the cluster."},
    {"cluster-announce-client-ipv4", "", Text{&S::cluster_announce_client_ipv4, "", check_ipv4}, 0,
     "IPv4 address told to clients."},
    {"cluster-announce-client-ipv6", "", Text{&S::cluster_announce_client_ipv6, "", check_ipv6}, 0,
     "IPv6 address told to clients."},
    {"cluster-announce-client-port", "", Integer{&S::cluster_announce_client_port, 0, 0, 65535}, 0,
     "Client port told to clients."},
    {"cluster-announce-client-tls-port", "", Integer{&S::cluster_announce_client_tls_port, 0, 0, 65535}, 0,
     "TLS port told to clients."},
    {"cluster-announce-hostname", "", Text{&S::cluster_announce_hostname, "", check_hostname}, 0,
     "Host name told to the cluster."},
    {"cluster-announce-human-nodename", "", Text{&S::cluster_announce_human_nodename, "", check_nodename}, 0,
     "Name of the node for people."},
    {"cluster-announce-ip", "", Text{&S::cluster_announce_ip, "", check_announce_ip}, 0,
     "Address told to the cluster."},
    {"cluster-announce-port", "", Integer{&S::cluster_announce_port, 0, 0, 65535}, 0,
     "Client port told to the cluster."},
    {"cluster-announce-tls-port", "", Integer{&S::cluster_announce_tls_port, 0, 0, 65535}, 0,
     "TLS port told to the cluster."},
    {"cluster-blacklist-ttl", "", Integer{&S::cluster_blacklist_ttl, 60, kLongMin, kLongMax}, 0,
     "Seconds for which a forgotten node stays forgotten."},
    {"cluster-config-file", "", Text{&S::cluster_config_file, "nodes.conf", check_cluster_config_file}, kImmutable,
     "File that the node keeps its state in."},
    {"cluster-config-save-behavior", "", choice<&S::cluster_config_save_behavior>(ClusterConfigSaveBehavior::kSync), 0,
     "Whether a failure to save the state stops the node."},
    {"cluster-databases", "", Integer{&S::cluster_databases, 1, 1, kIntMax}, kImmutable,
     "Number of databases in cluster mode."},
    {"cluster-enabled", "", Switch{&S::cluster_enabled, false}, kImmutable, "Runs as a node of a cluster."},
    {"cluster-link-sendbuf-limit", "", Memory{&S::cluster_link_sendbuf_limit, 0, 0, kLongMax}, 0,
     "Most bytes waiting on one cluster link; 0 is no limit."},
    {"cluster-manual-failover-timeout", "", Integer{&S::cluster_manual_failover_timeout, 5000, 1, kIntMax}, 0,
     "Milliseconds for a manual failover."},
    {"cluster-message-gossip-perc", "", Integer{&S::cluster_message_gossip_perc, 10, 1, 100}, kHidden,
     "Percent of nodes mentioned in one message."},
    {"cluster-migration-barrier", "", Integer{&S::cluster_migration_barrier, 1, 0, kIntMax}, 0,
     "Replicas that a primary keeps before it gives one away."},
    {"cluster-node-timeout", "", Integer{&S::cluster_node_timeout, 15000, 0, kLongMax}, 0,
     "Milliseconds of silence after which a node is thought to have failed."},
    {"cluster-ping-interval", "", Integer{&S::cluster_ping_interval, 0, 0, kLongMax}, kHidden,
     "Milliseconds between pings of cluster nodes; 0 chooses."},
    {"cluster-port", "", Integer{&S::cluster_port, 0, 0, 65535}, kImmutable,
     "Port of the cluster bus; 0 is the client port plus 10000."},
    {"cluster-preferred-endpoint-type", "", choice<&S::cluster_preferred_endpoint_type>(EndpointType::kIp), 0,
     "Kind of address that redirections name."},
    {"cluster-replica-no-failover", "cluster-slave-no-failover", Switch{&S::cluster_replica_no_failover, false}, 0,
     "A replica never stands for election by itself."},
    {"cluster-replica-validity-factor", "cluster-slave-validity-factor",
     Integer{&S::cluster_replica_validity_factor, 10, 0, kIntMax}, 0,
     "Age of data beyond which a replica does not stand for election; 0 is no limit."},
    {"cluster-require-full-coverage", "", Switch{&S::cluster_require_full_coverage, true}, 0,
     "Refuses commands while any slot is not served."},
    {"cluster-slot-migration-log-max-len", "", Integer{&S::cluster_slot_migration_log_max_len, 1000, 0, kLongMax}, 0,
     "Finished slot migrations that are remembered."},
    {"cluster-slot-stats-enabled", "", Switch{&S::cluster_slot_stats_enabled, false}, 0,
     "Counts processor time and traffic of each slot."},
    {"commandlog-execution-slower-than", "slowlog-log-slower-than",
     Integer{&S::commandlog_execution_slower_than, 10000, -1, kLongMax}, 0,
     "Microseconds from which a command is slow; -1 logs none."},
    {"commandlog-large-reply-max-len", "", Integer{&S::commandlog_large_reply_max_len, 128, 0, kLongMax}, 0,
     "Large replies kept."},
    {"commandlog-large-request-max-len", "", Integer{&S::commandlog_large_request_max_len, 128, 0, kLongMax}, 0,
     "Large requests kept."},
    {"commandlog-reply-larger-than", "", Integer{&S::commandlog_reply_larger_than, 1048576, -1, kLongMax}, 0,
     "Bytes from which a reply is large; -1 logs none."},
    {"commandlog-request-larger-than", "", Integer{&S::commandlog_request_larger_than, 1048576, -1, kLongMax}, 0,
     "Bytes from which a request is large; -1 logs none."},
    {"commandlog-slow-execution-max-len", "slowlog-max-len",
     Integer{&S::commandlog_slow_execution_max_len, 128, 0, kLongMax}, 0, "Slow commands kept."},
    {"crash-log-enabled", "", Switch{&S::crash_log_enabled, true}, 0, "Writes a report when the server crashes."},
    {"crash-memcheck-enabled", "", Switch{&S::crash_memcheck_enabled, true}, 0, "Tests memory after a crash."},
    {"daemonize", "", Switch{&S::daemonize, false}, kImmutable, "Runs in the background."},
    {"databases", "", Integer{&S::databases, 16, 1, kIntMax}, kImmutable, "Number of databases without cluster mode."},
    {"db-maxmemory", "", kDbMaxmemory, kMultiArg, "Pairs of a database and the memory that its keys may take."},
    {"dbfilename", "", Text{&S::dbfilename, "dump.rdb", check_dbfilename}, kProtected, "Name of the snapshot file."},
    {"debug-context", "", Text{&S::debug_context, ""}, kHidden, "Text that appears in the crash report."},
    {"dir", "", kDir, kProtected, "Working directory, where the data files lie."},
    {"disable-thp", "", Switch{&S::disable_thp, true}, kImmutable,
     "Switches transparent huge pages off for this process."},
    {"dual-channel-replication-enabled", "", Switch{&S::dual_channel_replication_enabled, false}, 0,
     "Full sync over a second connection."},
    {"enable-debug-assert", "", Switch{&S::enable_debug_assert, false}, kImmutable | kHidden,
     "Enables costly internal checks."},
    {"enable-debug-command", "", choice<&S::enable_debug_command>(Access::kNo), kImmutable, "Who may use DEBUG."},
    {"enable-module-command", "", choice<&S::enable_module_command>(Access::kNo), kImmutable, "Who may use MODULE."},
    {"enable-protected-configs", "", choice<&S::enable_protected_configs>(Access::kNo), kImmutable,
     "Who may change protected settings at run time."},
    {"extended-redis-compatibility", "", Switch{&S::extended_redis_compatibility, false}, 0,
     "Names itself Redis where clients look for that name."},
    {"hash-max-listpack-entries", "hash-max-ziplist-entries", Integer{&S::hash_max_listpack_entries, 512, 0, kLongMax},
     0, "Most fields of a compact hash."},
    {"hash-max-listpack-value", "hash-max-ziplist-value", Memory{&S::hash_max_listpack_value, 64, 0, kLongMax}, 0,
     "Longest value of a compact hash."},
    {"hash-seed", "", Text{&S::hash_seed, "", check_hash_seed}, kImmutable,
     "Seed of the key hash; empty draws a random one."},
    {"hide-user-data-from-log", "", Switch{&S::hide_user_data_from_log, true}, 0,
     "Keeps keys and values out of the log and the crash report."},
    {"hll-sparse-max-bytes", "", Memory{&S::hll_sparse_max_bytes, 3000, 0, kLongMax}, 0, "Longest sparse HyperLogLog."},
    {"hotkeys-sampling-percentage", "", Integer{&S::hotkeys_sampling_percentage, 1, 1, 100}, 0,
     "Percent of the commands whose keys HOTKEYS counts."},
    {"hotkeys-top-k", "", Integer{&S::hotkeys_top_k, 16, 0, 1000}, 0, "Most keys that HOTKEYS tells; 0 counts none."},
    {"hotkeys-window-seconds", "", Integer{&S::hotkeys_window_seconds, 10, 1, 86400}, 0,
     "Length of the time that HOTKEYS tells of."},
    {"hz", "", kHz, 0, "Runs of background work per second, kept within 1 to 500."},
    {"ignore-warnings", "", Text{&S::ignore_warnings, ""}, 0,
     "Names of start-up warnings that do not stop the server."},
    {"import-mode", "", Switch{&S::import_mode, false}, 0, "Stops expiry and eviction while data is imported."},
    {"io-threads", "", kIoThreads, 0,
     "Event loops that run commands: a number, or auto for as many as there are processors."},
    {"io-threads-always-active", "", Switch{&S::io_threads_always_active, false}, kHidden,
     "Accepted for compatibility; every loop is always ready here."},
    {"jemalloc-bg-thread", "", Switch{&S::jemalloc_bg_thread, true}, 0,
     "Lets the allocator return memory in the background."},
    {"key-load-delay", "", Integer{&S::key_load_delay, 0, kIntMin, kIntMax}, kHidden,
     "Microseconds of delay per loaded key, for tests."},
    {"latency-monitor-threshold", "", Integer{&S::latency_monitor_threshold, 0, 0, kLongMax}, 0,
     "Milliseconds from which an event is recorded by LATENCY; 0 records none."},
    {"latency-tracking", "", Switch{&S::latency_tracking, true}, 0, "Measures latency of each command."},
    {"latency-tracking-info-percentiles", "", kLatencyTrackingInfoPercentiles, kMultiArg,
     "Percentiles shown in INFO latencystats."},
    {"lazyfree-lazy-eviction", "", Switch{&S::lazyfree_lazy_eviction, true}, 0,
     "Evicted values are freed in the background."},
    {"lazyfree-lazy-expire", "", Switch{&S::lazyfree_lazy_expire, true}, 0,
     "Expired values are freed in the background."},
    {"lazyfree-lazy-server-del", "", Switch{&S::lazyfree_lazy_server_del, true}, 0,
     "Overwritten values are freed in the background."},
    {"lazyfree-lazy-user-del", "", Switch{&S::lazyfree_lazy_user_del, true}, 0, "DEL frees in the background."},
    {"lazyfree-lazy-user-flush", "", Switch{&S::lazyfree_lazy_user_flush, true}, 0,
     "FLUSHALL and FLUSHDB free in the background."},
    {"lfu-decay-time", "", Integer{&S::lfu_decay_time, 1, 0, kIntMax}, 0,
     "Minutes after which the frequency counter falls by one."},
    {"lfu-log-factor", "", Integer{&S::lfu_log_factor, 10, 0, kIntMax}, 0,
     "Accesses that the frequency counter takes to saturate."},
    {"list-compress-depth", "", Integer{&S::list_compress_depth, 0, 0, kIntMax}, 0,
     "Nodes at each end of a list left uncompressed; 0 compresses none."},
    {"list-max-listpack-size", "list-max-ziplist-size", Integer{&S::list_max_listpack_size, -2, kIntMin, kIntMax}, 0,
     "Size of a list node: entries, or if negative a class of bytes."},
    {"loading-process-events-interval-bytes", "",
     Integer{&S::loading_process_events_interval_bytes, 2097152, 1024, kIntMax}, kHidden,
     "Bytes loaded between two looks at clients."},
    {"locale-collate", "", Text{&S::locale_collate, "", check_locale}, 0,
     "Locale by which SORT ALPHA compares; empty takes it from the environment."},
    {"log-format", "", choice<&S::log_format>(LogFormat::kLegacy), 0, "Form of a log line."},
    {"log-timestamp-format", "", choice<&S::log_timestamp_format>(LogTimestampFormat::kLegacy), 0,
     "Form of the time in a log line."},
    {"logfile", "", Text{&S::logfile, ""}, kImmutable, "Log file; empty logs to standard output."},
    {"loglevel", "", choice<&S::loglevel>(Loglevel::kNotice), 0, "Least important messages that are logged."},
    {"lua-enable-insecure-api", "lua-enable-deprecated-api", Switch{&S::lua_enable_insecure_api, false},
     kProtected | kHidden, "Brings back unsafe functions of the script language."},
    {"max-new-connections-per-cycle", "", Integer{&S::max_new_connections_per_cycle, 10, 1, 1000}, 0,
     "Connections accepted in one turn of the event loop."},
    {"max-new-tls-connections-per-cycle", "", Integer{&S::max_new_tls_connections_per_cycle, 1, 1, 1000}, 0,
     "TLS connections accepted in one turn of the event loop."},
    {"maxclients", "", Integer{&S::maxclients, 10000, 1, kUnsignedMax}, 0, "Most clients connected at once."},
    {"maxmemory", "", kMaxmemory, 0, "Memory limit: bytes, percent of the container's limit, or auto; 0 is no limit."},
    {"maxmemory-clients", "", kMaxmemoryClients, 0,
     "Memory for all clients together, in bytes or percent of maxmemory; 0 is no limit."},
    {"maxmemory-eviction-tenacity", "", Integer{&S::maxmemory_eviction_tenacity, 10, 0, 100}, 0,
     "How long eviction works on before it yields."},
    {"maxmemory-policy", "", choice<&S::maxmemory_policy>(MaxmemoryPolicy::kNoeviction), 0,
     "Which keys go when memory is full."},
    {"maxmemory-samples", "", Integer{&S::maxmemory_samples, 5, 1, 64}, 0, "Keys sampled to find one to evict."},
    {"metrics-port", "", Integer{&S::metrics_port, 0, 0, 65535}, kImmutable | kSigrunOnly,
     "Port of the HTTP endpoint for metrics and health; 0 opens none. Sigrun only."},
    {"min-io-threads-avoid-copy-reply", "", Integer{&S::min_io_threads_avoid_copy_reply, 7, 0, kIntMax}, kHidden,
     "Fewest I/O threads at which replies are sent without a copy."},
    {"min-replicas-max-lag", "min-slaves-max-lag", Integer{&S::min_replicas_max_lag, 10, 0, kIntMax}, 0,
     "Seconds of lag up to which a replica counts."},
    {"min-replicas-to-write", "min-slaves-to-write", Integer{&S::min_replicas_to_write, 0, 0, kIntMax}, 0,
     "Replicas without which writes are refused; 0 needs none."},
    {"min-string-size-avoid-copy-reply", "", Integer{&S::min_string_size_avoid_copy_reply, 16384, 0, kIntMax}, kHidden,
     "Shortest string that is sent without a copy, with one thread."},
    {"min-string-size-avoid-copy-reply-threaded", "",
     Integer{&S::min_string_size_avoid_copy_reply_threaded, 65536, 0, kIntMax}, kHidden,
     "Shortest string that is sent without a copy, with several threads."},
    {"mptcp", "", Switch{&S::mptcp, false}, kImmutable, "Accepts multipath TCP."},
    {"no-appendfsync-on-rewrite", "", Switch{&S::no_appendfsync_on_rewrite, false}, 0,
     "Does not sync while a rewrite or snapshot runs."},
    {"notify-keyspace-events", "", kNotifyKeyspaceEvents, 0, "Classes of keyspace events that are published."},
    {"oom-score-adj", "", choice<&S::oom_score_adj>(OomScoreAdj::kNo), 0,
     "How the kernel's out-of-memory score is adjusted by role."},
    {"oom-score-adj-values", "", kOomScoreAdjValues, kMultiArg,
     "Score adjustments for primary, replica and background child."},
    {"pidfile", "", Text{&S::pidfile, ""}, kImmutable, "File that holds the process id."},
    {"port", "", Integer{&S::port, 6379, 0, 65535}, 0, "TCP port for clients; 0 listens on none."},
    {"prefetch-batch-max-size", "", Integer{&S::prefetch_batch_max_size, 16, 0, 128}, 0,
     "Most keys prefetched for one batch of commands."},
    {"primaryauth", "masterauth", Text{&S::primaryauth, ""}, kSensitive, "Password for the primary."},
    {"primaryuser", "masteruser", Text{&S::primaryuser, ""}, kSensitive, "User name for the primary."},
    {"proc-title-template", "", Text{&S::proc_title_template, "{title} {listen-addr} {server-mode}", check_title}, 0,
     "Form of the process title."},
    {"propagation-error-behavior", "", choice<&S::propagation_error_behavior>(PropagationErrorBehavior::kIgnore), 0,
     "What a replicated command that fails does."},
    {"protected-mode", "", Switch{&S::protected_mode, true}, 0,
     "Refuses remote clients while the default user has no password."},
    {"proto-max-bulk-len", "", Memory{&S::proto_max_bulk_len, 536870912, 1048576, kLongMax}, 0,
     "Longest single argument."},
    {"rdb-del-sync-files", "", Switch{&S::rdb_del_sync_files, false}, 0,
     "Removes snapshot files that only served replication."},
    {"rdb-key-save-delay", "", Integer{&S::rdb_key_save_delay, 0, kIntMin, kIntMax}, kHidden,
     "Microseconds of delay per saved key, for tests."},
    {"rdb-save-incremental-fsync", "", Switch{&S::rdb_save_incremental_fsync, true}, 0,
     "Syncs a snapshot to disk while it is written."},
    {"rdb-version-check", "", choice<&S::rdb_version_check>(RdbVersionCheck::kStrict), 0,
     "Whether snapshots of unknown versions are refused."},
    {"rdbchecksum", "", Switch{&S::rdbchecksum, true}, kImmutable, "Ends snapshots with a checksum."},
    {"rdbcompression", "", Switch{&S::rdbcompression, true}, 0, "Compresses strings in snapshots."},
    {"rdma-bind", "", kRdmaBind, kMultiArg, "Accepted for compatibility; there is no RDMA here."},
    {"rdma-completion-vector", "", Integer{&S::rdma_completion_vector, -1, -1, 1024}, kImmutable,
     "Accepted for compatibility; there is no RDMA here."},
    {"rdma-port", "", Integer{&S::rdma_port, 0, 0, 65535}, 0, "Accepted for compatibility; there is no RDMA here."},
    {"rdma-rx-size", "", Integer{&S::rdma_rx_size, 1048576, 65536, 16777216}, kImmutable,
     "Accepted for compatibility; there is no RDMA here."},
    {"repl-backlog-size", "", kReplBacklogSize, 0, "Bytes kept for partial resynchronization."},
    {"repl-backlog-ttl", "", Integer{&S::repl_backlog_ttl, 3600, 0, kLongMax}, 0,
     "Seconds for which the backlog is kept without replicas; 0 for ever."},
    {"repl-disable-tcp-nodelay", "", Switch{&S::repl_disable_tcp_nodelay, false}, 0,
     "Sends fewer, larger packets to replicas."},
    {"repl-diskless-load", "", choice<&S::repl_diskless_load>(ReplDisklessLoad::kDisabled), 0,
     "When a replica loads straight from the socket."},
    {"repl-diskless-sync", "", Switch{&S::repl_diskless_sync, true}, 0, "Sends a full sync without a file."},
    {"repl-diskless-sync-delay", "", Integer{&S::repl_diskless_sync_delay, 5, 0, kIntMax}, 0,
     "Seconds to wait for more replicas before a full sync."},
    {"repl-diskless-sync-max-replicas", "", Integer{&S::repl_diskless_sync_max_replicas, 0, 0, kIntMax}, 0,
     "Replicas at which a full sync starts at once; 0 waits the delay."},
    {"repl-mptcp", "", Switch{&S::repl_mptcp, false}, kImmutable, "Links to the primary use multipath TCP."},
    {"repl-ping-replica-period", "repl-ping-slave-period", Integer{&S::repl_ping_replica_period, 10, 1, kIntMax}, 0,
     "Seconds between pings to replicas."},
    {"repl-timeout", "", Integer{&S::repl_timeout, 60, 1, kIntMax}, 0,
     "Seconds of silence after which a replication link is dropped."},
    {"replica-announce-ip", "slave-announce-ip", Text{&S::replica_announce_ip, ""}, 0, "Address told to the primary."},
    {"replica-announce-port", "slave-announce-port", Integer{&S::replica_announce_port, 0, 0, 65535}, 0,
     "Port told to the primary."},
    {"replica-announced", "", Switch{&S::replica_announced, true}, 0, "Sentinel shows this replica."},
    {"replica-ignore-disk-write-errors", "", Switch{&S::replica_ignore_disk_write_errors, false}, 0,
     "A replica goes on when its disk fails."},
    {"replica-ignore-maxmemory", "slave-ignore-maxmemory", Switch{&S::replica_ignore_maxmemory, true}, 0,
     "A replica leaves eviction to its primary."},
    {"replica-lazy-flush", "slave-lazy-flush", Switch{&S::replica_lazy_flush, true}, 0,
     "Old data is freed in the background before a full sync."},
    {"replica-priority", "slave-priority", Integer{&S::replica_priority, 100, 0, kIntMax}, 0,
     "Rank in Sentinel's choice of a new primary; 0 never."},
    {"replica-read-only", "slave-read-only", Switch{&S::replica_read_only, true}, 0, "A replica refuses writes."},
    {"replica-serve-stale-data", "slave-serve-stale-data", Switch{&S::replica_serve_stale_data, true}, 0,
     "Answers reads while the primary is out of reach."},
    {"replicaof", "slaveof", kReplicaof, kImmutable | kMultiArg, "Host and port of the primary."},
    {"requirepass", "", Text{&S::requirepass, ""}, kSensitive, "Password of the default user."},
    {"requirepass-file", "", Text{&S::requirepass_file, ""}, kImmutable,
     "File of passwords of the default user, one a line, read again when it changes."},
    {"requirepass-file-grace", "", Integer{&S::requirepass_file_grace, 60, 0, kIntMax}, 0,
     "Seconds that a password which has left requirepass-file is still valid."},
    {"save", "", kSave, kMultiArg, "Pairs of seconds and changes after which a snapshot is saved."},
    {"server-cpulist", "server_cpulist", Text{&S::server_cpulist, ""}, kImmutable, "Processors for the event loops."},
    {"set-max-intset-entries", "", Integer{&S::set_max_intset_entries, 512, 0, kLongMax}, 0,
     "Most members of a set of integers in compact form."},
    {"set-max-listpack-entries", "", Integer{&S::set_max_listpack_entries, 128, 0, kLongMax}, 0,
     "Most members of a compact set."},
    {"set-max-listpack-value", "", Integer{&S::set_max_listpack_value, 64, 0, kLongMax}, 0,
     "Longest member of a compact set."},
    {"set-proc-title", "", Switch{&S::set_proc_title, true}, kImmutable,
     "Shows role and address in the process title."},
    {"shards", "", kShards, kImmutable | kHidden | kSigrunOnly,
     "Parts of the keyspace, a power of two up to 1024; 0 chooses. Sigrun only, for tests."},
    {"shutdown-on-sigint", "", kShutdownOnSigint, kMultiArg,
     "What SIGINT does: default, save, nosave, now, force, safe, failover."},
    {"shutdown-on-sigterm", "", kShutdownOnSigterm, kMultiArg,
     "What SIGTERM does: default, save, nosave, now, force, safe, failover."},
    {"shutdown-timeout", "", Integer{&S::shutdown_timeout, 10, 0, kIntMax}, 0,
     "Seconds that a shutdown waits for replicas to catch up."},
    {"slot-migration-max-failover-repl-bytes", "", Memory{&S::slot_migration_max_failover_repl_bytes, 0, -1, kLongMax},
     0, "Bytes still to send at which a slot migration pauses writers; -1 is no limit."},
    {"socket-mark-id", "", Integer{&S::socket_mark_id, 0, 0, kUnsignedMax}, kImmutable,
     "Mark set on every socket (SO_MARK); 0 sets none."},
    {"stop-writes-on-bgsave-error", "", Switch{&S::stop_writes_on_bgsave_error, true}, 0,
     "Refuses writes after a failed snapshot."},
    {"stream-node-max-bytes", "", Memory{&S::stream_node_max_bytes, 4096, 0, kLongMax}, 0,
     "Most bytes of a stream node; 0 is no limit."},
    {"stream-node-max-entries", "", Integer{&S::stream_node_max_entries, 100, 0, kLongMax}, 0,
     "Most entries of a stream node; 0 is no limit."},
    {"supervised", "", choice<&S::supervised>(Supervised::kNo), kImmutable, "Process manager to notify when ready."},
    {"syslog-enabled", "", Switch{&S::syslog_enabled, false}, kImmutable, "Logs to the system log as well."},
    {"syslog-facility", "", choice<&S::syslog_facility>(SyslogFacility::kLocal0), kImmutable,
     "Facility in the system log."},
    {"syslog-ident", "", Text{&S::syslog_ident, "valkey"}, kImmutable, "Name in the system log."},
    {"tcp-backlog", "", Integer{&S::tcp_backlog, 511, 0, kIntMax}, kImmutable,
     "Length of the queue of connections not yet accepted."},
    {"tcp-keepalive", "", Integer{&S::tcp_keepalive, 300, 0, kIntMax}, 0,
     "Seconds between TCP keep-alive probes; 0 sends none."},
    {"timeout", "", Integer{&S::timeout, 0, 0, kIntMax}, 0,
     "Seconds after which an idle client is disconnected; 0 never."},
    {"tls-auth-clients", "", choice<&S::tls_auth_clients>(TlsAuthClients::kYes), 0,
     "Whether clients must show a certificate."},
    {"tls-auth-clients-user", "", choice<&S::tls_auth_clients_user>(TlsAuthClientsUser::kOff), 0,
     "Certificate field that names the client's user."},
    {"tls-auto-reload-interval", "", Integer{&S::tls_auto_reload_interval, 0, 0, kIntMax}, 0,
     "Seconds between reloads of certificates that changed; 0 never."},
    {"tls-ca-cert-dir", "", Text{&S::tls_ca_cert_dir, ""}, 0, "Directory of certificates of trusted authorities."},
    {"tls-ca-cert-file", "", Text{&S::tls_ca_cert_file, ""}, 0, "Certificates of trusted authorities."},
    {"tls-cert-file", "", Text{&S::tls_cert_file, ""}, 0, "Server certificate."},
    {"tls-ciphers", "", Text{&S::tls_ciphers, ""}, 0, "Ciphers up to TLS 1.2."},
    {"tls-ciphersuites", "", Text{&S::tls_ciphersuites, ""}, 0, "Cipher suites of TLS 1.3."},
    {"tls-client-cert-file", "", Text{&S::tls_client_cert_file, ""}, 0, "Certificate for outgoing connections."},
    {"tls-client-key-file", "", Text{&S::tls_client_key_file, ""}, 0, "Key for outgoing connections."},
    {"tls-client-key-file-pass", "", Text{&S::tls_client_key_file_pass, ""}, kSensitive,
     "Passphrase of the key for outgoing connections."},
    {"tls-cluster", "", Switch{&S::tls_cluster, false}, 0, "The cluster bus uses TLS."},
    {"tls-dh-params-file", "", Text{&S::tls_dh_params_file, ""}, 0, "Diffie-Hellman parameters."},
    {"tls-key-file", "", Text{&S::tls_key_file, ""}, 0, "Key of the server certificate."},
    {"tls-key-file-pass", "", Text{&S::tls_key_file_pass, ""}, kSensitive, "Passphrase of the key."},
    {"tls-port", "", Integer{&S::tls_port, 0, 0, 65535}, 0, "TLS port for clients; 0 listens on none."},
    {"tls-prefer-server-ciphers", "", Switch{&S::tls_prefer_server_ciphers, false}, 0,
     "The server's order of ciphers wins."},
    {"tls-protocols", "", Text{&S::tls_protocols, ""}, 0, "TLS versions that are offered."},
    {"tls-replication", "", Switch{&S::tls_replication, false}, 0, "Links to the primary use TLS."},
    {"tls-session-cache-size", "", Integer{&S::tls_session_cache_size, 20480, 0, kIntMax}, 0,
     "TLS sessions kept; 0 keeps all."},
    {"tls-session-cache-timeout", "", Integer{&S::tls_session_cache_timeout, 300, 0, kIntMax}, 0,
     "Seconds for which a TLS session is kept."},
    {"tls-session-caching", "", Switch{&S::tls_session_caching, true}, 0, "Lets clients resume TLS sessions."},
    {"tracking-table-max-keys", "", Integer{&S::tracking_table_max_keys, 1000000, 0, kLongMax}, 0,
     "Keys remembered for client-side caching; 0 is no limit."},
    {"unixsocket", "", Text{&S::unixsocket, ""}, kImmutable, "Path of the Unix socket to listen on."},
    {"unixsocketgroup", "", Text{&S::unixsocketgroup, ""}, kImmutable, "Group that owns the Unix socket."},
    {"unixsocketperm", "", Octal{&S::unixsocketperm, 0, 0, 0777}, kImmutable,
     "Mode of the Unix socket, in octal; 0 leaves it to the umask."},
    {"use-exit-on-panic", "", Switch{&S::use_exit_on_panic, false}, kHidden,
     "Exits rather than aborts on a failed check."},
    {"watchdog-period", "", kWatchdogPeriod, kHidden, "Milliseconds after which a stalled loop is logged; 0 never."},
    {"zset-max-listpack-entries", "zset-max-ziplist-entries", Integer{&S::zset_max_listpack_entries, 128, 0, kLongMax},
     0, "Most members of a compact sorted set."},
    {"zset-max-listpack-value", "zset-max-ziplist-value", Memory{&S::zset_max_listpack_value, 64, 0, kLongMax}, 0,
     "Longest member of a compact sorted set."},
};

template <typename Number>
constexpr bool is_between(const Number& number) {
  return number.min <= number.preset && number.preset <= number.max;
}

constexpr bool is_within_bounds(const Kind& kind) {
  if (const auto* number = std::get_if<Integer>(&kind)) return is_between(*number);
  if (const auto* number = std::get_if<Octal>(&kind)) return is_between(*number);
  if (const auto* number = std::get_if<Memory>(&kind)) return is_between(*number);
  if (const auto* word = std::get_if<Choice>(&kind)) return word->preset < word->words.size();
  return true;
}

constexpr bool is_plain_name(std::string_view name) {
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  }
  return true;
}

constexpr bool is_well_formed(const Row& row) {
  return !row.name.empty() && is_plain_name(row.name) && is_plain_name(row.alias) && is_within_bounds(row.kind) &&
         !row.documentation.empty() && row.documentation.back() == '.';
}

constexpr bool is_sorted_without_duplicates(std::span<const Row> table) {
  for (size_t i = 1; i < table.size(); ++i) {
    if (table[i - 1].name >= table[i].name) return false;
  }
  return true;
}

static_assert(std::all_of(std::begin(kRows), std::end(kRows), is_well_formed));
static_assert(is_sorted_without_duplicates(kRows));

// A name as it can be asked for: a row's own or its alias.
struct Name {
  std::string_view text;
  const Row* row;
};

constexpr size_t kNameCount = [] {
  size_t count = std::size(kRows);
  for (const Row& row : kRows) count += !row.alias.empty();
  return count;
}();

constexpr auto kNames = [] {
  std::array<Name, kNameCount> names{};
  size_t count = 0;
  for (const Row& row : kRows) {
    names[count++] = {row.name, &row};
    if (!row.alias.empty()) names[count++] = {row.alias, &row};
  }
  std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.text < b.text; });
  return names;
}();

static_assert(std::adjacent_find(kNames.begin(), kNames.end(),
                                 [](const Name& a, const Name& b) { return a.text == b.text; }) == kNames.end());

constexpr std::array<std::string_view, 7> kIgnoredNames{
    "io-threads-do-reads",    "dynamic-hz",           "lua-replicate-commands", "list-max-ziplist-entries",
    "list-max-ziplist-value", "events-per-io-thread", "sanitize-dump-payload"};

}  // namespace

std::span<const Row> rows() { return kRows; }

const Row* find(std::string_view name) {
  const std::string wanted = base::lower_case(name);
  const auto at = std::lower_bound(kNames.begin(), kNames.end(), wanted,
                                   [](const Name& have, const std::string& want) { return have.text < want; });
  return at != kNames.end() && at->text == wanted ? at->row : nullptr;
}

bool is_ignored_name(std::string_view name) {
  return std::find(kIgnoredNames.begin(), kIgnoredNames.end(), base::lower_case(name)) != kIgnoredNames.end();
}

std::vector<Shown> match(std::span<const std::string_view> patterns) {
  std::vector<Shown> shown;
  for (const std::string_view pattern : patterns) {
    if (pattern.find_first_of("[*?") == pattern.npos) {
      if (const Row* row = find(pattern)) shown.push_back({std::string(pattern), row});
      continue;
    }
    for (const Name& name : kNames) {
      if (!name.row->has(kHidden) && base::glob_match(pattern, name.text, true)) {
        shown.push_back({std::string(name.text), name.row});
      }
    }
  }
  std::sort(shown.begin(), shown.end(), [](const Shown& a, const Shown& b) { return a.name < b.name; });
  const auto same = [](const Shown& a, const Shown& b) { return a.name == b.name; };
  shown.erase(std::unique(shown.begin(), shown.end(), same), shown.end());
  return shown;
}

}  // namespace config
