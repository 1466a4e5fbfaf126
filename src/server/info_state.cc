// INFO's sections of what the server is and how it is set up: Server, TLS, Clients, Persistence, Replication, CPU,
// engines.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "base/siphash.h"
#include "base/version.h"
#include "server/info.h"

namespace server {
namespace {

std::string system_name() {
  utsname name{};
  if (uname(&name) != 0) return "";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::string clock_name() {
  const double steps = base::counter_steps_per_us();
  return steps == 0 ? "POSIX clock_gettime" : fmt::format("X86 TSC @ {:.2f} ticks/us", steps);
}

// The same for all binaries of one version from one compiler.
uint64_t build_id() { return base::siphash_1_3({1, 2}, std::string(base::kSigrunVersion) + __VERSION__); }

void write_listeners(Report& report) {
  const config::Settings& settings = report.settings;
  std::string binds;
  for (const std::string& address : settings.bind) binds += "bind=" + address + ",";
  if (settings.port != 0) report.line("listener0:name=tcp,{}port={}", binds, settings.port);
  if (!settings.unixsocket.empty()) report.line("listener1:name=unix,bind={}", settings.unixsocket);
  if (settings.tls_port != 0) report.line("listener2:name=tls,{}port={}", binds, settings.tls_port);
}

std::string seconds_of(int64_t us) { return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000); }
int64_t microseconds(const timeval& time) { return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

}  // namespace

void write_server(Report& report) {
  const Server& server = report.server;
  const int64_t uptime_s = report.call.now().seconds() - server.start_time().seconds();
  report.field("redis_version", base::kRedisVersion);
  report.field("server_name", "valkey");
  report.field("valkey_version", base::kValkeyVersion);
  report.field("sigrun_version", base::kSigrunVersion);
  report.field("valkey_release_stage", "ga");
  report.field("redis_git_sha1", "00000000");
  report.field("redis_git_dirty", 0);
  report.line("redis_build_id:{:x}", build_id());
  report.field(report.settings.extended_redis_compatibility ? "redis_mode" : "server_mode", "standalone");
  report.field("os", system_name());
  report.field("arch_bits", sizeof(void*) * 8);
  report.field("monotonic_clock", clock_name());
  report.field("multiplexing_api", "epoll");
  report.line("gcc_version:{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
  report.field("process_id", getpid());
  report.field("process_supervised",
               config::words_of<config::Supervised>[static_cast<size_t>(report.settings.supervised)]);
  report.field("run_id", server.run_id());
  report.field("tcp_port", report.settings.port != 0 ? report.settings.port : report.settings.tls_port);
  report.field("server_time_usec", report.call.now().us);
  report.field("uptime_in_seconds", uptime_s);
  report.field("uptime_in_days", uptime_s / (24 * 3600));
  report.field("hz", report.settings.hz);
  report.field("configured_hz", report.settings.hz);
  report.field("clients_hz", report.settings.hz);
  report.field("lru_clock", report.call.now().seconds() & 0xffffff);
  report.field("executable", server.executable());
  report.field("config_file", server.config_file());
  report.field("io_threads_active", server.worker_count.load() > 1 ? 1 : 0);
  report.field("availability_zone", report.settings.availability_zone);
  write_listeners(report);
}

void write_tls(Report& report) {
  const auto write = [&](std::string_view what, const tls::CertificateFacts& facts) {
    const int64_t left_s = facts.expires_s == 0 ? 0 : facts.expires_s - report.call.now().seconds();
    report.line("tls_{}_serial:{}", what, facts.serial);
    report.line("tls_{}_expires_in_seconds:{}", what, std::max<int64_t>(left_s, 0));
  };
  const Tls::Snapshot context = report.server.tls.current();
  write("server_cert", context == nullptr ? tls::CertificateFacts{} : context->own());
  write("client_cert", context == nullptr ? tls::CertificateFacts{} : context->as_client());
  write("ca_cert", context == nullptr ? tls::CertificateFacts{} : context->authority());
}

void write_clients(Report& report) {
  const auto largest = [&](metrics::Counter metrics::ThreadStats::*gauge) {
    uint64_t most = 0;
    for (uint32_t at = 0; at < report.server.worker_count.load(std::memory_order_acquire); ++at) {
      most = std::max(most, (report.server.workers[at]->stats().*gauge).get());
    }
    return most;
  };
  report.field("connected_clients", report.server.clients.load());
  report.field("cluster_connections", 0);
  report.field("maxclients", report.settings.maxclients);
  report.field("client_recent_max_input_buffer", largest(&metrics::ThreadStats::longest_input_bytes));
  report.field("client_recent_max_output_buffer", largest(&metrics::ThreadStats::longest_output_bytes));
  report.field("blocked_clients", report.sum(&metrics::ThreadStats::blocked_clients));
  report.field("tracking_clients", report.server.keyspace.tracked.clients.load());
  report.field("pubsub_clients", report.server.pubsub.clients());
  report.field("watching_clients", 0);
  report.field("clients_in_timeout_table", report.sum(&metrics::ThreadStats::clients_in_timeout_table));
  report.zeros({"total_watched_keys"});
  report.field("total_blocking_keys", report.sum(&metrics::ThreadStats::blocking_keys));
  report.field("total_blocking_keys_on_nokey", report.sum(&metrics::ThreadStats::blocking_keys_when_missing));
  const dispatch::PauseMode mode = report.server.pause_mode.load();
  const int64_t left_ms = report.server.pause_until_ms.load() - report.call.now_ms();
  const bool paused = mode != dispatch::PauseMode::kNone && left_ms > 0;
  report.field("paused_reason", paused ? "client_pause" : "none");
  report.field("paused_actions", !paused ? "none" : mode == dispatch::PauseMode::kAll ? "all" : "write");
  report.field("paused_timeout_milliseconds", paused ? left_ms : 0);
}

// Where the data set is being loaded: how far it is.
void write_loading(Report& report, const Loading& loading) {
  const uint64_t total = loading.total_bytes();
  const uint64_t done = std::min(loading.done_bytes(), total);
  const int64_t elapsed_s = std::max<int64_t>(report.call.now().seconds() - loading.started_s(), 0);
  const double share = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
  report.field("loading_start_time", loading.started_s());
  report.field("loading_total_bytes", total);
  report.field("loading_rdb_used_mem", 0);
  report.field("loading_loaded_bytes", done);
  report.field("loading_loaded_perc", fmt::format("{:.2f}", share * 100));
  report.field("loading_eta_seconds",
               share == 0 ? 1 : static_cast<int64_t>(static_cast<double>(elapsed_s) * (1 - share) / share));
}

void write_persistence(Report& report) {
  const Saving& saving = report.server.saving();
  const Loading& loading = report.server.data_load;
  report.field("loading", report.server.is_loading() ? 1 : 0);
  report.zeros({"async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"});
  report.field("current_fork_perc", "0.00");
  report.field("current_save_keys_processed", saving.keys_captured());
  report.field("current_save_keys_total", saving.in_progress() ? saving.keys_total() : 0);
  report.field("rdb_changes_since_last_save", saving.changes());
  report.field("rdb_bgsave_in_progress", saving.in_progress() ? 1 : 0);
  report.field("rdb_last_save_time", saving.last_save_s());
  report.field("rdb_last_bgsave_status", saving.last_failed() ? "err" : "ok");
  report.field("rdb_last_bgsave_time_sec", saving.last_duration_s());
  report.field("rdb_current_bgsave_time_sec", saving.current_duration_s());
  report.field("rdb_saves", saving.saves());
  report.zeros({"rdb_last_cow_size"});
  report.field("rdb_last_load_keys_expired", loading.expired());
  report.field("rdb_last_load_keys_loaded", loading.loaded());
  report.zeros({"aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"});
  report.field("aof_last_rewrite_time_sec", -1);
  report.field("aof_current_rewrite_time_sec", -1);
  report.field("aof_last_bgrewrite_status", "ok");
  report.zeros({"aof_rewrites", "aof_rewrites_consecutive_failures"});
  report.field("aof_last_write_status", "ok");
  report.zeros(
      {"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size", "slot_migration_fork_in_progress"});
  if (report.server.is_loading()) write_loading(report, loading);
}

void write_replication(Report& report) {
  report.field("role", "master");
  report.zeros({"connected_slaves", "replicas_waiting_psync"});
  report.field("master_failover_state", "no-failover");
  report.field("master_replid", report.server.replication_id());
  report.field("master_replid2", std::string(40, '0'));
  report.field("master_repl_offset", 0);
  report.field("second_repl_offset", -1);
  report.field("repl_backlog_active", 0);
  report.field("repl_backlog_size", report.settings.repl_backlog_size);
  report.zeros({"repl_backlog_first_byte_offset", "repl_backlog_histlen"});
}

void write_cpu(Report& report) {
  rusage self{}, children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  const Vitals& vitals = report.server.vitals();
  report.field("used_cpu_sys", seconds_of(microseconds(self.ru_stime)));
  report.field("used_cpu_user", seconds_of(microseconds(self.ru_utime)));
  report.field("used_cpu_sys_children", seconds_of(microseconds(children.ru_stime)));
  report.field("used_cpu_user_children", seconds_of(microseconds(children.ru_utime)));
  report.field("used_cpu_sys_main_thread", seconds_of(vitals.main_thread_system_us.load()));
  report.field("used_cpu_user_main_thread", seconds_of(vitals.main_thread_user_us.load()));
  for (uint32_t at = 0; at < report.server.worker_count.load(std::memory_order_acquire); ++at) {
    const auto active_us = static_cast<int64_t>(report.server.workers[at]->loop().busy_ns().get() / 1000);
    const std::string thread = at == 0 ? "main_thread" : fmt::format("io_thread_{}", at);
    report.line("used_active_time_{}:{}", thread, seconds_of(active_us));
  }
}

void write_info_modules(Report& report) {
  report.line(
      "module:name=lua,ver=1,api=1,filters=0,usedby=[],using=[],options=[handle-repl-async-load|"
      "handle-atomic-slot-migration]");
}

void write_engines(Report& report) {
  const scripting::Engine::Counts& counts = report.server.scripts.counts();
  const uint64_t bytes = counts.interpreter_bytes.load(std::memory_order_relaxed) +
                         counts.functions_interpreter_bytes.load(std::memory_order_relaxed);
  const uint64_t overhead =
      counts.script_bytes.load(std::memory_order_relaxed) + counts.library_bytes.load(std::memory_order_relaxed);
  report.field("engines_count", 1);
  report.field("engines_total_used_memory", bytes);
  report.field("engines_total_memory_overhead", overhead);
  report.line("engine_0:name=LUA,module=lua,abi_version=4,used_memory={},memory_overhead={}", bytes, overhead);
}

}  // namespace server
