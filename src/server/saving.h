// Saving: snapshots of all databases into the file `dbfilename`: SAVE, BGSAVE, the points of `save`, and the last one
// before the end. No process is forked: the cut takes all locks for an instant, then the workers capture the shards in
// slices between their turns (keyspace/snapshot.h), and a thread writes the file.
//
// Threads  begin(), try_begin(), cancel(): the thread of a worker; what ends a snapshot runs on the first worker. What
//          INFO reads is for any.
// Source   design.md section 5, docs/decisions/0008-snapshot.md
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "dispatch/context.h"
#include "persistence/capture_buffer.h"
#include "persistence/snapshot_file.h"

namespace server {

class Server;

class Saving {
 public:
  using Then = std::function<void(bool saved)>;  // on the first worker

  explicit Saving(Server& server);
  // A save that is under way is cancelled. REQUIRES: no worker runs any more.
  ~Saving();

  bool in_progress() const { return in_progress_.load(std::memory_order_acquire); }
  // The cut. REQUIRES: the worker holds all locks, and none is in progress.
  void begin(dispatch::Worker& worker, Then then);
  // The same where no locks are held. False: one is in progress, or the locks were not free.
  bool try_begin(dispatch::Worker& worker, Then then);
  // The next one begins when this one has ended (BGSAVE SCHEDULE).
  void schedule() { scheduled_.store(true); }
  // Ends what is in progress, or scheduled. False: there was nothing.
  bool cancel();
  // The worker is new, and takes part. REQUIRES: all locks are held.
  void admit(dispatch::Worker& worker);

  // On the first worker: points of `save` that are due.
  void on_cron(dispatch::Worker& worker);

  // For INFO and LASTSAVE; seconds are Unix time, or a number of seconds; -1: none yet.
  uint64_t changes() const;  // since the last one that succeeded
  int64_t last_save_s() const { return last_save_s_.load(); }
  bool last_failed() const { return last_failed_.load(); }
  int64_t last_duration_s() const { return last_duration_s_.load(); }
  int64_t current_duration_s() const;
  uint64_t saves() const { return saves_.load(); }
  uint64_t keys_captured() const;
  uint64_t keys_total() const { return keys_total_.load(); }
  // A data set was loaded, or the last save is to count as now.
  void count_as_saved();

 private:
  struct Job;
  std::string head_of(const config::Settings& settings, const keyspace::LockSet& locks) const;
  void write(const std::shared_ptr<Job>& job);
  void walk(dispatch::Worker& worker);
  void flush_all();
  void ended(const base::Result<base::Done, base::Failure>& written);
  void note_failure(bool failed);
  uint64_t total_changes() const;

  Server& server_;
  std::atomic<bool> in_progress_{false};
  std::atomic<bool> scheduled_{false};
  mutable std::mutex mutex_;  // guards job_, a leaf
  std::shared_ptr<Job> job_;
  std::atomic<uint64_t> changes_saved_{0};  // of total_changes()
  std::atomic<int64_t> last_save_s_;
  std::atomic<int64_t> last_attempt_s_{0};
  std::atomic<bool> last_failed_{false};
  std::atomic<int64_t> last_duration_s_{-1};
  std::atomic<uint64_t> saves_{0};
  std::atomic<uint64_t> keys_total_{0};
  std::unique_ptr<runtime::Background> writer_;
};

}  // namespace server
