#include "net/outbound.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

namespace net {
namespace {

// Waits are cut into pieces, so that whoever gives up is heard.
constexpr int64_t kPieceMs = 100;
constexpr size_t kReadBytes = 4096;

int64_t now_ms() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch()).count();
}

bool is_transient(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

bool Outbound::wait(short events, int64_t deadline_ms) const {
  while (!gives_up_.load(std::memory_order_relaxed)) {
    const int64_t left_ms = deadline_ms - now_ms();
    if (left_ms <= 0) return false;
    pollfd one{socket_.get(), events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::min(left_ms, kPieceMs)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

Outbound::Connected Outbound::connect_to(int64_t deadline_ms, const void* address, uint32_t address_bytes) const {
  if (::connect(socket_.get(), static_cast<const sockaddr*>(address), address_bytes) == 0) return Connected::kYes;
  if (errno != EINPROGRESS) return Connected::kRefused;
  if (!wait(POLLOUT, deadline_ms)) return Connected::kUnreachable;
  int error = 0;
  socklen_t size = sizeof error;
  const bool asked = getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0;
  return asked && error == 0 ? Connected::kYes : Connected::kRefused;
}

Outbound::Connected Outbound::connect(const std::string& host, int port, int64_t timeout_ms) {
  const int64_t deadline_ms = now_ms() + timeout_ms;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return Connected::kUnreachable;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, freeaddrinfo);
  Connected outcome = Connected::kUnreachable;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    socket_ = Descriptor(socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
    if (!socket_.valid()) continue;
    outcome = connect_to(deadline_ms, one->ai_addr, one->ai_addrlen);
    if (outcome == Connected::kYes) {
      tune_tcp(socket_.get(), 0);
      break;
    }
  }
  return outcome;
}

bool Outbound::write(std::string_view bytes, int64_t timeout_ms) {
  const int64_t deadline_ms = now_ms() + timeout_ms;
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (!is_transient(errno) || !wait(POLLOUT, deadline_ms)) {
      return false;
    }
  }
  return true;
}

bool Outbound::read_line(std::string& line, int64_t timeout_ms) {
  const int64_t deadline_ms = now_ms() + timeout_ms;
  for (;;) {
    const size_t end = received_.find("\r\n");
    if (end != received_.npos) {
      line.assign(received_, 0, end);
      received_.erase(0, end + 2);
      return true;
    }
    if (received_.size() > kLineBytesMax) return false;
    char buffer[kReadBytes];
    const ssize_t got = recv(socket_.get(), buffer, sizeof buffer, 0);
    if (got > 0) {
      received_.append(buffer, static_cast<size_t>(got));
    } else if (got == 0 || !is_transient(errno) || !wait(POLLIN, deadline_ms)) {
      return false;
    }
  }
}

}  // namespace net
