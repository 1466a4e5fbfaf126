#include "tls/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "tls/errors.h"

namespace tls {
namespace {

// A session is resumed only under the rule for certificates under which it began: what began without one would else
// come in later, when one is required, since no certificate is asked for when a session is resumed.
constexpr std::string_view kSessionNames[] = {"sigrun:none", "sigrun:required", "sigrun:optional"};
constexpr int kVerifyModes[] = {SSL_VERIFY_NONE, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, SSL_VERIFY_PEER};

}  // namespace

Stream::Stream(const Context& context, int socket, ClientCertificate wanted) : ssl_(SSL_new(context.server_)) {
  CHECK(ssl_ != nullptr);
  const auto at = static_cast<size_t>(wanted);
  const std::string_view name = kSessionNames[at];
  CHECK(SSL_set_session_id_context(ssl_, reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<unsigned>(name.size())) == 1);
  SSL_set_verify(ssl_, kVerifyModes[at], nullptr);
  CHECK(SSL_set_fd(ssl_, socket) == 1);
  SSL_set_accept_state(ssl_);
}

Stream::~Stream() { SSL_free(ssl_); }

Stream::Failed Stream::failed(int result) {
  const int system_error = errno;
  const int kind = SSL_get_error(ssl_, result);
  wants_write_ = kind == SSL_ERROR_WANT_WRITE;
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return Failed::kWaits;
  if (kind == SSL_ERROR_ZERO_RETURN) return Failed::kEnd;  // replies may still be sent
  broken_ = true;
  error_ = take_error(system_error == 0 ? "the connection was closed" : std::strerror(system_error));
  return Failed::kBroken;
}

ssize_t Stream::outcome(Failed failed) {
  if (failed == Failed::kEnd) return 0;
  errno = failed == Failed::kWaits ? EAGAIN : EPROTO;
  return -1;
}

Stream::Progress Stream::shake_hands() {
  errno = 0;
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    open_ = true;
    wants_write_ = false;
    return Progress::kDone;
  }
  return failed(result) == Failed::kWaits ? Progress::kWaits : Progress::kFailed;
}

// Several records at once, as long as they are here. What is wrong behind sound bytes is found by the next call.
ssize_t Stream::read(char* at, size_t room) {
  holds_input_ = false;
  if (broken_) return outcome(Failed::kBroken);
  size_t got = 0;
  while (got < room) {
    size_t count = 0;
    errno = 0;
    const int result = SSL_read_ex(ssl_, at + got, room - got, &count);
    if (result != 1) {
      const Failed why = failed(result);
      if (got == 0) return outcome(why);
      holds_input_ = why != Failed::kWaits;
      return static_cast<ssize_t>(got);
    }
    got += count;
    wants_write_ = false;
    if (SSL_has_pending(ssl_) == 0) return static_cast<ssize_t>(got);
  }
  holds_input_ = true;
  return static_cast<ssize_t>(got);
}

// A record of at most 16 KB is one system call, and may be all that the socket takes.
ssize_t Stream::write(std::string_view bytes) {
  if (!open_) return outcome(Failed::kWaits);
  if (broken_) return outcome(Failed::kBroken);
  size_t sent = 0;
  while (sent < bytes.size()) {
    size_t count = 0;
    errno = 0;
    const int result = SSL_write_ex(ssl_, bytes.data() + sent, bytes.size() - sent, &count);
    if (result != 1) {
      const bool reading_waits = wants_write_;
      const Failed why = failed(result);
      wants_write_ = reading_waits;  // who has bytes to write waits for that anyway
      if (sent == 0) return outcome(why == Failed::kEnd ? Failed::kBroken : why);
      break;
    }
    sent += count;
  }
  return static_cast<ssize_t>(sent);
}

void Stream::close() {
  if (!open_ || broken_) return;
  broken_ = true;
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

bool Stream::has_client_certificate() const {
  return SSL_get0_peer_certificate(ssl_) != nullptr && SSL_get_verify_result(ssl_) == X509_V_OK;
}

std::vector<std::string> Stream::client_common_name() const {
  return has_client_certificate() ? common_name(*SSL_get0_peer_certificate(ssl_)) : std::vector<std::string>{};
}

std::vector<std::string> Stream::client_uris() const {
  return has_client_certificate() ? uris(*SSL_get0_peer_certificate(ssl_)) : std::vector<std::string>{};
}

}  // namespace tls
