// The listening sockets of a server: opened at the start, exchanged when CONFIG SET changes port or bind.
#include <algorithm>
#include <array>

#include "base/log.h"
#include "server/listener.h"
#include "server/server.h"

namespace server {
namespace {

using Listeners = std::vector<std::unique_ptr<Listener>>;

bool listens_at(const Listeners& listeners, const Listener::Place& place) {
  return std::any_of(listeners.begin(), listeners.end(), [&](const auto& one) { return one->place() == place; });
}

// A port that is open at all addresses, plain or for TLS.
struct Door {
  int64_t port;
  bool tls;
};
std::array<Door, 2> doors_of(const config::Settings& settings) {
  return {Door{settings.port, false}, Door{settings.tls_port, true}};
}

// An address with a '-' before it may be missing.
Listener::Place place_of(std::string_view address, const Door& door) {
  if (address.starts_with('-')) address.remove_prefix(1);
  return {std::string(address), door.port, "", door.tls};
}

bool wants(const config::Settings& settings, const Listener::Place& place) {
  if (!place.unix_path.empty()) return true;
  const Door door = doors_of(settings)[place.tls ? 1 : 0];
  return door.port != 0 && std::any_of(settings.bind.begin(), settings.bind.end(),
                                       [&](const std::string& address) { return place_of(address, door) == place; });
}

}  // namespace

// Opens what is not open yet. False: an address that must be there could not be had.
bool Server::open_tcp(const config::Settings& wanted, bool tls_port, Listeners& opened, bool may_log) {
  const Door door = doors_of(wanted)[tls_port ? 1 : 0];
  if (door.port == 0) return true;
  for (const std::string& address : wanted.bind) {
    if (address.empty()) continue;
    const Listener::Place place = place_of(address, door);
    if (listens_at(listeners_, place) || listens_at(opened, place)) continue;
    auto socket = net::listen_tcp(place.address, static_cast<int>(place.port), static_cast<int>(wanted.tcp_backlog));
    if (socket) {
      opened.push_back(std::make_unique<Listener>(*this, workers[0]->loop(), std::move(*socket), place));
      continue;
    }
    if (address.starts_with('-')) continue;
    if (may_log) {
      base::log_warning("Warning: Could not create server TCP listening socket {}:{}: {}", place.address, place.port,
                        socket.error().text());
    }
    return false;
  }
  return true;
}

base::Result<base::Done, base::Failure> Server::listen() {
  const config::Snapshot snapshot = settings.current();
  Listeners opened;
  for (const Door& door : doors_of(*snapshot)) {
    if (open_tcp(*snapshot, door.tls, opened, true)) continue;
    return base::Failure(
        fmt::format("Failed listening on port {} ({}), aborting.", door.port, door.tls ? "tls" : "tcp"));
  }
  if (!snapshot->unixsocket.empty()) {
    auto socket = net::listen_unix(snapshot->unixsocket, static_cast<unsigned>(snapshot->unixsocketperm),
                                   snapshot->unixsocketgroup, static_cast<int>(snapshot->tcp_backlog));
    if (!socket) return base::Failure(fmt::format("Failed opening Unix socket: bind: {}", socket.error().text()));
    opened.push_back(std::make_unique<Listener>(*this, workers[0]->loop(), std::move(*socket),
                                                Listener::Place{"", 0, snapshot->unixsocket}));
  }
  if (opened.empty()) return base::Failure("Configured to not listen anywhere, exiting.");
  const std::lock_guard hold(listeners_mutex_);
  listeners_ = std::move(opened);
  for (const auto& listener : listeners_) listener->start();
  return base::Done{};
}

bool Server::relisten(const config::Settings& wanted) {
  {
    const std::lock_guard hold(listeners_mutex_);
    Listeners opened;
    // A wildcard and one of its addresses cannot both have a port: the second try has the old sockets out of the way.
    const bool at_once = open_tcp(wanted, false, opened, false) && open_tcp(wanted, true, opened, false);
    for (const auto& listener : listeners_) {
      if (!wants(wanted, listener->place())) listener->pause();
    }
    if (!at_once && !(open_tcp(wanted, false, opened, true) && open_tcp(wanted, true, opened, true))) {
      opened.clear();
      for (const auto& listener : listeners_) {
        if (!wants(wanted, listener->place())) listener->resume(static_cast<int>(wanted.tcp_backlog));
      }
      return false;
    }
    for (auto& listener : listeners_) {
      (wants(wanted, listener->place()) ? opened : retired_listeners_).push_back(std::move(listener));
    }
    listeners_ = std::move(opened);
  }
  workers[0]->loop().mailbox().post([this] { settle_listeners(); });
  return true;
}

void Server::settle_listeners() {
  const std::lock_guard hold(listeners_mutex_);
  retired_listeners_.clear();
  for (const auto& listener : listeners_) listener->start();
}

}  // namespace server
