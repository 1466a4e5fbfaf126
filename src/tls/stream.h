// Stream: TLS over one connected, non-blocking socket, for the side that accepted it.
//
// Shape    shake_hands() until it is done; then read() and write() stand for recv() and send(), with their results:
//          0 at the end of the stream, -1 with EAGAIN in errno when it has to wait, -1 with another errno when it is
//          broken. What to wait for: wants_write() ? the socket to be writable : as with a plain socket.
//          After a read() that filled its room, bytes may be left of which the socket knows nothing: holds_input().
// Limits   a write() that had to wait is repeated with the same bytes at its start. No renegotiation.
// Threads  one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tls/context.h"

struct ssl_st;

namespace tls {

class Stream {
 public:
  // The socket stays the caller's, and outlives the last call but the destructor.
  Stream(const Context& context, int socket, ClientCertificate wanted);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  enum class Progress : uint8_t { kDone, kWaits, kFailed };
  Progress shake_hands();
  bool open() const { return open_; }
  // Why it failed.
  const std::string& error() const { return error_; }

  ssize_t read(char* at, size_t room);
  ssize_t write(std::string_view bytes);
  bool wants_write() const { return wants_write_; }
  bool holds_input() const { return holds_input_; }

  // Says goodbye if the socket takes it at once.
  void close();

  // Names in the certificate that the client showed, if it showed one, and it was verified.
  std::vector<std::string> client_common_name() const;
  std::vector<std::string> client_uris() const;
  bool has_client_certificate() const;

 private:
  // What an operation that did not succeed means for its caller; kEnd: the client has said goodbye.
  enum class Failed : uint8_t { kWaits, kEnd, kBroken };
  Failed failed(int result);
  static ssize_t outcome(Failed failed);

  ssl_st* ssl_;
  bool open_ = false;
  bool broken_ = false;
  bool wants_write_ = false;
  bool holds_input_ = false;
  std::string error_;
};

}  // namespace tls
