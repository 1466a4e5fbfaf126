// Connections of the tester. See link.h.
#include "link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace differential {

bool Link::fail(std::string why) {
  if (problem_.empty()) problem_ = std::move(why);
  return false;
}

bool Link::open(const std::string& host, int port) {
  close();
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return fail("not an IPv4 address: " + host);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail(std::string("cannot connect: ") + std::strerror(errno));
  }
  int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  timeval limit{kReplySeconds, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return true;
}

void Link::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  buffer_.clear();
  consumed_ = 0;
  problem_.clear();
}

bool Link::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written <= 0) return fail(std::string("the server closed the connection: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool Link::fill() {
  if (consumed_ > 0) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  char chunk[64 * 1024];
  ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
  if (got == 0) return fail("the server closed the connection");
  if (got < 0) {
    bool silent = errno == EAGAIN || errno == EWOULDBLOCK;
    return fail(silent ? "no reply" : std::string("the connection broke: ") + std::strerror(errno));
  }
  buffer_.append(chunk, static_cast<size_t>(got));
  return true;
}

bool Link::read(std::string_view* reply) {
  if (!problem_.empty()) return false;
  while (true) {
    size_t end = consumed_ < buffer_.size() ? value_end(buffer_, consumed_) : kIncomplete;
    if (end == kMalformed) return fail("not RESP: " + quoted(buffer_.substr(consumed_, 200)));
    if (end != kIncomplete) {
      *reply = std::string_view(buffer_).substr(consumed_, end - consumed_);
      consumed_ = end;
      return true;
    }
    if (!fill()) return false;
  }
}

Value Link::call(const std::vector<std::string>& arguments) {
  std::string bytes;
  append_command(&bytes, arguments);
  std::string_view reply;
  if (!send(bytes) || !read(&reply)) {
    Value broken;
    broken.kind = '-';
    broken.text = problem_;
    return broken;
  }
  size_t at = 0;
  return parse_value(reply, &at);
}

}  // namespace differential
