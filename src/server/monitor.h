// Monitors: the clients that watch every command (MONITOR), and how the lines reach them.
//
// A line is handed, as one letter, to each loop that has monitors. The publication lock is held meanwhile, so all
// monitors see one order; and the command's locks are held too, so that order is the one in which keys changed.
//
// Threads  any. The mutex is a leaf: nothing is locked under it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
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
  using Handles = std::vector<uint64_t>;

  std::mutex mutex_;
  // By worker's index; null where there is none. A letter keeps the list that was in force when it was written.
  std::vector<std::shared_ptr<const Handles>> clients_;
};

}  // namespace server
