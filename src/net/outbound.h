// Outbound: a connection that this process opens, for a thread that may wait: every call takes a time at most.
//
// Threads  one at a time; never an event loop's.
// Errors   false, and the connection is of no use any more.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/socket.h"

namespace net {

class Outbound {
 public:
  // `gives_up` ends every wait soon after it has become true.
  explicit Outbound(const std::atomic<bool>& gives_up) : gives_up_(gives_up) {}

  // Resolves the name, and tries its addresses in turn. kUnreachable: there is none, or none answered in time.
  enum class Connected : uint8_t { kYes, kRefused, kUnreachable };
  Connected connect(const std::string& host, int port, int64_t timeout_ms);
  bool write(std::string_view bytes, int64_t timeout_ms);
  // A line without its CRLF, of kLineBytesMax at most.
  bool read_line(std::string& line, int64_t timeout_ms);

 private:
  static constexpr size_t kLineBytesMax = 64 * 1024;

  bool wait(short events, int64_t deadline_ms) const;
  Connected connect_to(int64_t deadline_ms, const void* address, uint32_t address_bytes) const;

  const std::atomic<bool>& gives_up_;
  Descriptor socket_;
  std::string received_;
};

}  // namespace net
