// systemd and upstart: who waits for this process to be ready, and how it is told.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/log.h"
#include "server/process.h"

namespace server {
namespace {

Supervision found = Supervision::kNo;

bool answer_upstart() {
  if (std::getenv("UPSTART_JOB") == nullptr) {
    base::log_warning("upstart supervision requested, but UPSTART_JOB not found!");
    return false;
  }
  base::log_notice("supervised by upstart, will stop to signal readiness.");
  ::raise(SIGSTOP);  // upstart takes the stop for "ready" and continues the process
  ::unsetenv("UPSTART_JOB");
  return true;
}

bool answer_systemd() {
  if (std::getenv("NOTIFY_SOCKET") == nullptr) {
    base::log_warning("systemd supervision error: NOTIFY_SOCKET not found!");
    return false;
  }
  base::log_notice(
      "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in "
      "your service unit.");
  return true;
}

// One datagram to a socket named by a path or, with '@' in front, in the abstract space. False with errno set.
bool send_datagram(std::string_view name, std::string_view message) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@')) {
    errno = EINVAL;
    return false;
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const ssize_t count = ::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL,
                                 reinterpret_cast<const sockaddr*>(&address), length);
  const int failure = errno;
  ::close(descriptor);
  errno = failure;
  return count == static_cast<ssize_t>(message.size());
}

}  // namespace

Supervision supervise(Supervision mode) {
  if (mode == Supervision::kAuto) {
    if (std::getenv("UPSTART_JOB") != nullptr) {
      mode = Supervision::kUpstart;
    } else if (std::getenv("NOTIFY_SOCKET") != nullptr) {
      mode = Supervision::kSystemd;
    } else {
      mode = Supervision::kNo;
    }
  }
  found = mode;
  if (mode == Supervision::kUpstart) return answer_upstart() ? mode : Supervision::kNo;
  if (mode == Supervision::kSystemd) return answer_systemd() ? mode : Supervision::kNo;
  return Supervision::kNo;
}

void notify_supervisor(std::string_view message) {
  if (found != Supervision::kSystemd) return;
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr) return base::log_warning("systemd supervision error: NOTIFY_SOCKET not found!");
  if (!send_datagram(name, message)) {
    base::log_warning("systemd supervision error: unable to send to {}: {}", name, std::strerror(errno));
  }
}

void notify_loading() { notify_supervisor("STATUS=Sigrun is loading...\n"); }

void notify_ready() {
  notify_supervisor("STATUS=Ready to accept connections\n");
  notify_supervisor("READY=1\n");
}

void notify_stopping() { notify_supervisor("STOPPING=1\n"); }

}  // namespace server
