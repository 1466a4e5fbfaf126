#include "server/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "server/server.h"

namespace server {
namespace {

constexpr int64_t kRestMs = 100;

}  // namespace

Listener::Listener(Server& server, runtime::Loop& loop, net::Descriptor socket, Place place)
    : server_(server), loop_(loop), socket_(std::move(socket)), place_(std::move(place)) {}

Listener::~Listener() {
  if (resting_.valid()) {
    loop_.cancel(resting_);
  } else if (started_) {
    loop_.unwatch(socket_.get(), *this);
  }
  if (!place_.unix_path.empty()) {
    base::log_notice("Removing the unix socket file.");
    unlink(place_.unix_path.c_str());
  }
}

void Listener::start() {
  if (started_) return;
  started_ = true;
  loop_.watch(socket_.get(), runtime::kReadable, *this);
}

// On Linux a listening socket that is shut down frees its port at once and can listen again later, while the descriptor
// stays with its loop.
void Listener::pause() {
  paused_.store(true);
  ::shutdown(socket_.get(), SHUT_RD);
}

void Listener::resume(int backlog) {
  if (::listen(socket_.get(), backlog) != 0) {
    base::log_warning("Warning: Could not listen again at {}:{}: {}", place_.address, place_.port,
                      std::strerror(errno));
    return;
  }
  paused_.store(false);
}

void Listener::on_ready(uint32_t) {
  if (paused_.load()) return;
  const config::Snapshot settings = server_.settings.current();
  const int64_t most =
      place_.tls ? settings->max_new_tls_connections_per_cycle : settings->max_new_connections_per_cycle;
  for (int64_t count = 0; count < most; ++count) {
    std::string error;
    net::Accepted accepted = net::accept_connection(socket_.get(), place_.unix_path, &error);
    if (!accepted.socket.valid()) {
      if (!error.empty()) rest(error);
      return;
    }
    fails_ = false;
    server_.accept(std::move(accepted), place_.tls);
  }
}

void Listener::rest(const std::string& error) {
  if (!fails_) base::log_warning("Accepting client connection: {}", error);
  fails_ = true;
  loop_.unwatch(socket_.get(), *this);
  resting_ = loop_.after(kRestMs, [this] {
    resting_ = {};
    loop_.watch(socket_.get(), runtime::kReadable, *this);
  });
}

}  // namespace server
