#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace net {
namespace {

using base::Failure;
using base::Result;

Failure system_failure(int error) { return Failure(std::strerror(error)); }
Failure system_failure(std::string_view call, int error) {
  return Failure(fmt::format("{}: {}", call, std::strerror(error)));
}

void set_option(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

std::string describe(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  if (address.ss_family != AF_INET6) return false;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

Result<Descriptor, Failure> listen_at(const addrinfo& at, int backlog) {
  Descriptor fd(socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
  if (!fd.valid()) return system_failure(errno);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (at.ai_family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (bind(fd.get(), at.ai_addr, at.ai_addrlen) != 0) return system_failure("bind", errno);
  if (listen(fd.get(), backlog) != 0) return system_failure("listen", errno);
  return fd;
}

}  // namespace

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Result<Descriptor, Failure> listen_tcp(const std::string& address, int port, int backlog) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  const char* host = address.c_str();
  if (address == "*") {
    hints.ai_family = AF_INET;
    host = nullptr;
  } else if (address == "::*") {
    hints.ai_family = AF_INET6;
    host = nullptr;
  }
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host, std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Failure(gai_strerror(error));
  Result<Descriptor, Failure> result = Failure("no address");
  for (const addrinfo* at = found; at != nullptr && !result; at = at->ai_next) result = listen_at(*at, backlog);
  freeaddrinfo(found);
  return result;
}

Result<Descriptor, Failure> listen_unix(const std::string& path, unsigned mode, const std::string& group, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Failure("the path is too long for a Unix socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  unlink(path.c_str());
  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_failure(errno);
  // The mode of the descriptor becomes that of the file that bind() makes, so it is never wider than asked for.
  if (mode != 0 && fchmod(fd.get(), mode) != 0) return system_failure(errno);
  const mode_t old_mask = mode != 0 ? umask(0777 & ~mode) : 0;
  const int bound = bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  const int bind_error = errno;
  if (mode != 0) umask(old_mask);
  if (bound != 0) return system_failure(bind_error);
  if (!group.empty()) {
    const ::group* entry = getgrnam(group.c_str());
    if (entry == nullptr) return Failure("no group " + group);
    if (chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0) return system_failure(errno);
  }
  if (listen(fd.get(), backlog) != 0) return system_failure(errno);
  return fd;
}

Accepted accept_connection(int listener, const std::string& unix_path, std::string* error) {
  Accepted accepted;
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  int fd = -1;
  do {
    fd = accept4(listener, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (fd < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) *error = std::strerror(errno);
    return accepted;
  }
  accepted.socket = Descriptor(fd);
  if (!unix_path.empty()) {
    accepted.is_unix = true;
    accepted.peer = accepted.local = unix_path + ":0";
    return accepted;
  }
  accepted.peer = describe(peer);
  accepted.is_loopback = is_loopback(peer);
  sockaddr_storage local{};
  length = sizeof local;
  getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length);
  accepted.local = describe(local);
  return accepted;
}

void tune_tcp(int fd, int keepalive_seconds) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keepalive_seconds <= 0) return;
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_seconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_seconds / 3 > 0 ? keepalive_seconds / 3 : 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace net
