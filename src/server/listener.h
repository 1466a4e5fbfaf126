// Listener: one listening socket, whose connections go to the workers in turn.
#pragma once

#include <string>

#include "net/socket.h"
#include "runtime/loop.h"

namespace server {

class Server;

class Listener final : public runtime::Watcher {
 public:
  // `unix_path` is empty for TCP.
  Listener(Server& server, runtime::Loop& loop, net::Descriptor socket, std::string unix_path);
  ~Listener() override;

  void on_ready(uint32_t ready) override;

  const std::string& unix_path() const { return unix_path_; }

 private:
  Server& server_;
  runtime::Loop& loop_;
  net::Descriptor socket_;
  std::string unix_path_;
};

}  // namespace server
