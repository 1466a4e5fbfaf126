// Listener: one listening socket, whose connections go to the workers in turn.
//
// Threads  start(), on_ready() and the destructor belong to the loop's thread; pause() and resume() to whoever holds
// all
//          locks.
#pragma once

#include <atomic>

#include <string>

#include "net/socket.h"
#include "runtime/loop.h"

namespace server {

class Server;

class Listener final : public runtime::Watcher {
 public:
  // Where it listens: an address and port, or the path of a Unix socket.
  struct Place {
    std::string address;
    int64_t port = 0;
    std::string unix_path;
    bool tls = false;
    bool operator==(const Place&) const = default;
  };

  Listener(Server& server, runtime::Loop& loop, net::Descriptor socket, Place place);
  ~Listener() override;

  // Connections are accepted from now on; until then the kernel keeps them. No-op the second time.
  void start();
  // Connections are refused, at once; resume() takes that back if the address is still free.
  void pause();
  void resume(int backlog);

  void on_ready(uint32_t ready) override;

  const Place& place() const { return place_; }

 private:
  // Nothing can be accepted: there are no descriptors, or no memory. The kernel keeps who waits, and says at every turn
  // that somebody does; so nobody listens to it for a while.
  void rest(const std::string& error);

  Server& server_;
  runtime::Loop& loop_;
  net::Descriptor socket_;
  Place place_;
  bool started_ = false;
  bool fails_ = false;            // since the last one that was accepted
  runtime::Loop::Alarm resting_;  // until it rings the socket is not watched
  std::atomic<bool> paused_{false};
};

}  // namespace server
