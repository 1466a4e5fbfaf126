#include "server/listener.h"

#include <unistd.h>

#include "base/log.h"
#include "server/server.h"

namespace server {

Listener::Listener(Server& server, runtime::Loop& loop, net::Descriptor socket, std::string unix_path)
    : server_(server), loop_(loop), socket_(std::move(socket)), unix_path_(std::move(unix_path)) {
  loop_.watch(socket_.get(), runtime::kReadable, *this);
}

Listener::~Listener() {
  loop_.unwatch(socket_.get(), *this);
  if (!unix_path_.empty()) {
    base::log_notice("Removing the unix socket file.");
    unlink(unix_path_.c_str());
  }
}

void Listener::on_ready(uint32_t) {
  const int64_t most = server_.settings.current()->max_new_connections_per_cycle;
  for (int64_t count = 0; count < most; ++count) {
    std::string error;
    net::Accepted accepted = net::accept_connection(socket_.get(), unix_path_, &error);
    if (!accepted.socket.valid()) {
      if (!error.empty()) base::log_warning("Accepting client connection: {}", error);
      return;
    }
    server_.accept(std::move(accepted));
  }
}

}  // namespace server
