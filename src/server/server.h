// Server: builds the parts, connects them, listens, and ends in order.
//
// Threads  made and run by main. Commands of this folder reach it through server_of(call); what they may touch is said
// at
//          each member.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "dispatch/context.h"
#include "dispatch/worker.h"
#include "net/socket.h"
#include "server/command_log.h"
#include "server/latency.h"
#include "server/loading.h"
#include "server/memory_return.h"
#include "server/migration.h"
#include "server/monitor.h"
#include "server/pubsub.h"
#include "server/saving.h"
#include "server/shutdown.h"
#include "server/tls.h"
#include "server/tracking.h"
#include "server/user_files.h"
#include "server/vitals.h"

namespace server {

// What the process was started with.
struct StartOptions {
  config::Settings settings;
  std::string config_file;  // absolute, or empty
  std::string executable;
};

class Listener;

class Server final : public dispatch::Context {
 public:
  Server(StartOptions options, uint32_t workers, const keyspace::Keyspace::Options& keyspace_options);
  ~Server() override;

  // Opens the listening sockets. On failure nothing listens; the texts are the log's.
  base::Result<base::Done, base::Failure> listen();
  // Moves the TCP sockets to what `settings` say, new ones first. On failure, which it logs, the old ones stay.
  // REQUIRES: all locks are held.
  bool relisten(const config::Settings& settings);
  // Serves until a signal or SHUTDOWN; returns the exit code.
  int run();
  // Any thread. The loops end after their present turn.
  void stop(int exit_code);
  Shutdown shutdown{*this};

  // Writes wait, until end_pause(). REQUIRES: all locks are held.
  void pause_writes();
  // Any pause ends, and who waited goes on.
  void end_pause();

  // Grows the number of workers (never shrinks: a connection keeps its loop for life). False if there can be no more
  // threads: then as many serve as before. REQUIRES: all locks are held.
  [[nodiscard]] bool grow_workers(uint32_t count);
  // New connections go to this many workers.
  std::atomic<uint32_t> active_workers;

  void log_command(const dispatch::Ran& ran) override;
  void feed_monitors(dispatch::Worker& worker, const dispatch::Ran& ran) override { monitoring.feed(worker, ran); }
  void forget_monitor(dispatch::Worker& worker, uint64_t client) override { monitoring.remove(worker, client); }
  void forget_listener(dispatch::Worker& worker, uint64_t client) override { pubsub.forget(worker, client); }
  void abandon_command(dispatch::Worker& worker, const session::Session& session) override {
    migrations.abandon(worker, session.id);
    tls.drop(session.id);
  }
  void deliver_published(dispatch::Worker& worker, dispatch::Client& client) override {
    pubsub.deliver_after(worker, client);
  }
  void publish_event(dispatch::Worker& worker, std::string_view name, uint32_t database, std::string_view key) override;
  void tell_trackers(dispatch::Worker& worker, std::vector<keyspace::Invalidation>& invalidations) override {
    tracking.tell(worker, invalidations);
  }
  void deliver_own_invalidations(dispatch::Worker& worker) override { tracking.deliver_own(worker); }
  void deliver_prefix_messages(dispatch::Worker& worker) override { tracking.deliver_by_prefix(worker); }
  void forget_tracker(dispatch::Worker& worker, dispatch::Client& client) override { tracking.disable(worker, client); }
  void log_denied(const dispatch::Client& client, acl::Log::Entry entry) override;
  acl::Log acl_log;
  Monitors monitoring;
  PubSub pubsub;
  Tracking tracking;
  CommandLog command_log;

  void note_latency(dispatch::LatencyEvent event, base::WallTime now, int64_t ms) override {
    latency.add(event, now.seconds(), ms);
  }
  LatencyMonitor latency;

  Loading data_load{*this};
  // Snapshots; there until the workers end.
  Saving& saving() { return *saving_; }

  Migrations migrations{shutting_down};
  Tls tls;
  UserFiles user_files;

  int64_t used_memory() const override;
  void on_worker_start() override;
  void on_cron(dispatch::Worker& worker) override;

  // Each worker gives the pages that are free in its heap back to the operating system, when it comes to it.
  void return_memory();

  // What `maxmemory` says in bytes, with auto and percent resolved. REQUIRES: all locks are held, or no worker runs
  // yet.
  void resolve_memory_limits(const config::Settings& settings);

  // Constant after the start.
  const std::string& config_file() const { return config_file_; }
  const std::string& executable() const { return executable_; }
  const std::string& run_id() const { return run_id_; }
  const std::string& replication_id() const { return replication_id_; }
  base::WallTime start_time() const { return start_time_; }
  uint64_t system_memory() const { return system_memory_; }
  // What the server took before the first key and client.
  int64_t startup_memory() const { return startup_memory_; }

  Vitals& vitals() { return vitals_; }
  // For disk_work.h. Any thread.
  runtime::Background& disk() { return *disk_; }

 private:
  friend class Listener;
  void accept(net::Accepted accepted, bool is_tls);
  bool open_tcp(const config::Settings& settings, bool tls_port, std::vector<std::unique_ptr<Listener>>& opened,
                bool may_log);
  void settle_listeners();
  void tell_ready();

  std::string config_file_;
  std::string executable_;
  std::string run_id_;
  std::string replication_id_;
  base::WallTime start_time_;
  uint64_t system_memory_;
  // The first worker starts and ends them; who holds all locks may exchange them meanwhile.
  std::mutex listeners_mutex_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Listener>> retired_listeners_;
  uint32_t next_worker_ = 0;
  int64_t startup_memory_ = 0;
  Vitals vitals_;
  MemoryReturn memory_return_;
  uint32_t cron_count_ = 0;  // of the first worker
  std::atomic<int> exit_code_{0};
  std::unique_ptr<runtime::Watcher> signals_;
  std::unique_ptr<Saving> saving_;
  std::unique_ptr<runtime::Background> disk_ = std::make_unique<runtime::Background>();  // it tells the workers
};

// The server, the worker and the client of a call.
inline dispatch::Worker& worker_of(command::Call& call) { return static_cast<dispatch::Worker&>(call.host()); }
inline dispatch::Client& client_of(command::Call& call) {
  dispatch::Worker& worker = worker_of(call);
  return *worker.find(worker.locks().owner().connection);
}
inline Server& server_of(command::Call& call) { return static_cast<Server&>(worker_of(call).context()); }

}  // namespace server
