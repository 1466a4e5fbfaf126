// Shutdown: the way to the end: SIGTERM, SIGINT and SHUTDOWN. Where a snapshot is wanted first, writes wait from its
// cut on, so that nothing that was answered is missing in it.
//
// Threads  the first worker's; ask() any worker's.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "dispatch/worker.h"

namespace server {

class Server;

struct ShutdownWish {
  enum class Save : uint8_t { kAsConfigured, kYes, kNo };
  Save save = Save::kAsConfigured;
  bool force = false;  // also if the save fails
};

class Shutdown {
 public:
  explicit Shutdown(Server& server) : server_(server) {}

  // `failed` is told, on the first worker, if the server goes on because the save failed, or was aborted. Who asks
  // while it is under way waits for the same end.
  void ask(ShutdownWish wish, std::function<void()> failed);
  bool in_progress() const { return in_progress_.load(); }
  // False: there is none that could be.
  bool abort();

 private:
  void begin(ShutdownWish wish);
  void save(ShutdownWish wish);
  void give_up();

  Server& server_;
  std::atomic<bool> in_progress_{false};
  std::atomic<bool> aborted_{false};
  std::vector<std::function<void()>> waiting_;  // to be told if it fails
};

}  // namespace server
