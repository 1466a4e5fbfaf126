// Sockets: listening and accepting, TCP and Unix, without blocking.
//
// Errors   operating errors come back as Failure with the system's words; callers put the address before them.
// Threads  all functions are free of state.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace net {

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = other.release();
    return *this;
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset();

 private:
  int fd_ = -1;
};

// Listens on one address ("127.0.0.1", "::1", "*" and "::*" for all of a family) and port. IPv6 sockets are IPv6 only.
base::Result<Descriptor, base::Failure> listen_tcp(const std::string& address, int port, int backlog);

// Listens on a path; the socket file has `mode` (0: the default of the process) from its first moment on.
base::Result<Descriptor, base::Failure> listen_unix(const std::string& path, unsigned mode, const std::string& group,
                                                    int backlog);

struct Accepted {
  Descriptor socket;
  std::string peer;  // "127.0.0.1:50000", "[::1]:50000", or "path:0" for a Unix socket
  std::string local;
  bool is_unix = false;
  bool is_loopback = false;
};

// The next connection, or an invalid socket when there is none; `error` is set when there are none left to be had.
Accepted accept_connection(int listener, const std::string& unix_path, std::string* error);

// TCP_NODELAY, and keep-alive probes after `keepalive_seconds` (0: none).
void tune_tcp(int fd, int keepalive_seconds);

}  // namespace net
