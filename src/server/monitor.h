// Monitors: the clients that watch every command (MONITOR), and how the lines reach them.
//
// Lines are queued, as text, for each loop that has monitors, and a letter makes the loop fetch them. The publication
// lock is held meanwhile, so all monitors see one order; and the command's locks are held too, so that order is the one
// in which keys changed.
//
// What is queued counts as the output buffer of its receivers. A monitor that is over client-output-buffer-limit gets
// no more, whatever its thread is busy with, and is closed when that has time.
//
// Threads  any. The mutex is a leaf: nothing is locked under it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dispatch/context.h"
#include "dispatch/worker.h"

namespace server {

class Monitors {
 public:
  // Raise and lower context.monitors.
  void add(dispatch::Worker& worker, uint64_t client);
  void remove(dispatch::Worker& worker, uint64_t client);

  // Tells all monitors of a command that ran on `worker`.
  void feed(dispatch::Worker& worker, const dispatch::Ran& ran);

 private:
  struct Receiver {
    uint64_t client;
    std::shared_ptr<session::Mail> mail;
    session::OutputLimit limit;
  };
  using Receivers = std::vector<std::shared_ptr<Receiver>>;
  // Lines for those who were monitors when they were written.
  struct Text {
    std::shared_ptr<const Receivers> receivers;
    std::string lines;
  };
  struct OfWorker {
    std::shared_ptr<const Receivers> receivers = std::make_shared<const Receivers>();
    std::vector<Text> queue;
  };

  // Takes those away who are over the limit, and has them closed.
  void drop_stalled(dispatch::Worker& worker, uint32_t receiver, int64_t now_ms);
  void queue_line(dispatch::Worker& worker, uint32_t receiver, const std::string& line);
  // The receiver's side.
  void deliver(dispatch::Worker& worker);

  std::mutex mutex_;
  std::vector<OfWorker> workers_;  // by index
};

}  // namespace server
