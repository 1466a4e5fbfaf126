// Context: what all workers share. The server derives from it and adds the rest.
//
// Threads  the keyspace and the settings have their own rules; `workers` only grows, under all locks; the atomics are
// for
//          anyone. The virtual functions are called by workers without locks.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "acl/log.h"
#include "acl/users.h"
#include "command/table.h"
#include "config/store.h"
#include "keyspace/keyspace.h"
#include "runtime/background.h"
#include "scripting/engine.h"
#include "session/session.h"

namespace dispatch {

class Client;
class Worker;

// A client by where it is: it may be gone when a message arrives.
struct ClientHandle {
  uint32_t worker = 0;
  uint64_t slot_and_generation = 0;
};

// What MONITOR and the command log are told about a command that ran.
struct Ran {
  const command::Spec& spec;
  std::span<const std::string_view> words;
  const session::Session& session;
  int64_t started_us = 0;  // Unix time
  int64_t duration_us = 0;
  size_t request_bytes = 0;
  size_t reply_bytes = 0;
  bool by_script = false;
};

// What LATENCY tells apart.
enum class LatencyEvent : uint8_t { kCommand, kFastCommand, kExpireCycle, kEvictionCycle };
constexpr size_t kLatencyEvents = 4;

enum class PauseMode : uint8_t { kNone, kWrites, kAll };

class Context : public keyspace::Waker {
 public:
  static constexpr size_t kMaxWorkers = 256;

  Context(config::Settings settings, std::span<const std::span<const command::Spec>> families,
          const keyspace::Keyspace::Options& options);
  ~Context() override;

  // A waiter is a connection: `loop` is its worker, `connection` its slot and generation.
  void wake(const keyspace::Waiter& waiter, uint32_t shard) override;

  // A command took longer, or was larger, than the command log's settings allow.
  virtual void log_command(const Ran& ran) = 0;
  // An event took latency-monitor-threshold or longer. Called only while that is not 0, by any worker, whatever it
  // holds.
  virtual void note_latency(LatencyEvent event, base::WallTime now, int64_t ms) = 0;
  // Feeds MONITOR. Called while `monitors` is not 0, after the command ran and under its locks, so that what MONITOR
  // shows of a key is in the order in which it happened.
  virtual void feed_monitors(Worker& worker, const Ran& ran) = 0;
  // A monitor's connection ends.
  virtual void forget_monitor(Worker& worker, uint64_t client) = 0;
  // The connection of a client that listens to channels ends.
  virtual void forget_listener(Worker& worker, uint64_t client) = 0;
  // The client's command was not allowed to its user, or its password was wrong. On its worker. What `entry` says of
  // times, context and client is filled in.
  virtual void log_denied(const Client& client, acl::Log::Entry entry) = 0;
  // The client's command was to run again (Call::run_again_later) and will not: it was refused, or its connection ends.
  virtual void abandon_command(Worker& worker, const session::Session& session) = 0;
  // The client's command has published to clients of this worker (Worker::deliver_after_command), and its reply is
  // complete.
  virtual void deliver_published(Worker& worker, Client& client) = 0;
  // What a unit's changes mean to clients that track (keyspace/trackers.h). Called under its locks.
  virtual void tell_trackers(Worker& worker, std::vector<keyspace::Invalidation>& invalidations) = 0;
  // What the client's command, or the checks before it, have invalidated for the client itself.
  virtual void deliver_own_invalidations(Worker& worker) = 0;
  // What has been gathered for the worker's clients that listen to prefixes.
  virtual void deliver_prefix_messages(Worker& worker) = 0;
  // The connection of a client that tracks, or did, ends.
  virtual void forget_tracker(Worker& worker, Client& client) = 0;
  // A key changed, under its shard's lock: the event goes to the channels that notify-keyspace-events names.
  virtual void publish_event(Worker& worker, std::string_view name, uint32_t database, std::string_view key) = 0;
  // The memory that counts against maxmemory, in bytes.
  virtual int64_t used_memory() const = 0;
  // The first thing on each thread that a worker starts.
  virtual void on_worker_start() = 0;
  // Once in 100 ms on each worker.
  virtual void on_cron(Worker& worker) = 0;

  void count_error(std::string_view reply_line);
  // The connection with this id, if it is there. Any thread.
  std::optional<ClientHandle> find_client(uint64_t id) const;
  // What all clients and their buffers take, in bytes.
  uint64_t client_memory() const;

  // Ends a pause whose time is over. Any thread, without locks.
  void end_pause_if_due(int64_t now_ms);

  config::SettingsStore settings;
  command::Table commands;
  acl::Registry users;
  keyspace::Keyspace keyspace;
  runtime::Background background;
  scripting::Engine scripts;
  // A script has run for longer than busy-reply-threshold, and these shards are its: a bit each.
  std::atomic<bool> script_is_busy{false};
  std::array<std::atomic<uint64_t>, 16> script_shards{};
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<uint32_t> worker_count{0};  // for who looks at `workers` without all locks

  // What a command's checks depend on and class 3 commands change, each change raising the epoch.
  std::atomic<uint64_t> epoch{1};
  std::atomic<PauseMode> pause_mode{PauseMode::kNone};
  std::atomic<int64_t> pause_until_ms{0};  // Unix time
  std::mutex pause_mutex;                  // held by who changes the two
  std::atomic<int64_t> maxmemory{0};       // resolved, in bytes; 0 is none

  std::atomic<uint64_t> next_client_id{1};
  std::atomic<uint64_t> clients{0};
  std::atomic<uint64_t> monitors{0};
  std::atomic<uint64_t> mailed_bytes{0};  // on their way to clients in mailboxes, counted for each receiver
  std::atomic<uint64_t> lazy_free_pending{0};
  std::atomic<uint64_t> lazy_freed{0};
  std::atomic<bool> shutting_down{false};
  // Why some commands are refused, a bit each.
  enum Restriction : uint32_t {
    kIsLoading = 1U << 0,       // the data set is being loaded
    kLastSaveFailed = 1U << 1,  // the last snapshot could not be saved
  };
  std::atomic<uint32_t> restrictions{0};
  bool is_loading() const { return (restrictions.load(std::memory_order_relaxed) & kIsLoading) != 0; }
  void restrict(Restriction why, bool holds) {
    holds ? restrictions.fetch_or(why) : restrictions.fetch_and(~uint32_t{why});
  }
  std::atomic<bool> active_expire{true};  // DEBUG SET-ACTIVE-EXPIRE

  // INFO errorstats: by the first word of the reply.
  std::mutex error_counts_mutex;
  std::map<std::string, uint64_t, std::less<>> error_counts;
};

}  // namespace dispatch
