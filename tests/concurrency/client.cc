// See client.h.
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

std::string encode(const Command& command) {
  std::string bytes = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& argument : command) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

bool Client::connect() {
  close();
  received_.clear();
  consumed_ = 0;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  const timeval limit{20, 0};
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  state_ = State::kOpen;
  return true;
}

void Client::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  if (state_ == State::kOpen) state_ = State::kClosed;
}

void Client::reset() {
  const linger at_once{1, 0};
  if (socket_ >= 0) setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty() && state_ == State::kOpen) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EINTR) {
      state_ = errno == EAGAIN ? State::kHung : State::kClosed;
    }
  }
  return bytes.empty();
}

bool Client::fill() {
  char bytes[16384];
  while (state_ == State::kOpen) {
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count > 0) {
      received_.append(bytes, static_cast<size_t>(count));
      return true;
    }
    if (count < 0 && errno == EINTR) continue;
    state_ = count < 0 && errno == EAGAIN ? State::kHung : State::kClosed;
  }
  return false;
}

// Where the reply that starts at `start` ends; reads more as it needs it.
std::optional<size_t> Client::reply_end(size_t start, int depth) {
  size_t line_end = received_.find("\r\n", start);
  while (line_end == std::string::npos) {
    if (!fill()) return std::nullopt;
    line_end = received_.find("\r\n", start);
  }
  const char type = received_[start];
  if (std::string_view("+-:_,#(").find(type) != std::string_view::npos) return line_end + 2;
  const bool nests = type == '*' || type == '>' || type == '~' || type == '%';
  long long length = 0;
  const char* line = received_.data() + line_end;
  const auto parsed = std::from_chars(received_.data() + start + 1, line, length);
  if (parsed.ec != std::errc() || parsed.ptr != line || length < -1 || depth > 8 ||
      (type != '$' && type != '=' && !nests)) {
    state_ = State::kMalformed;
    return std::nullopt;
  }
  size_t end = line_end + 2;
  if (length < 0) return end;
  if (nests) {
    if (type == '%') length *= 2;
    for (long long i = 0; i < length; i++) {
      const std::optional<size_t> next = reply_end(end, depth + 1);
      if (!next) return std::nullopt;
      end = *next;
    }
    return end;
  }
  end += static_cast<size_t>(length) + 2;
  while (received_.size() < end) {
    if (!fill()) return std::nullopt;
  }
  if (received_.compare(end - 2, 2, "\r\n") != 0) {
    state_ = State::kMalformed;
    return std::nullopt;
  }
  return end;
}

std::optional<std::string> Client::read_reply() {
  if (consumed_ == received_.size()) {
    received_.clear();
    consumed_ = 0;
    if (!fill()) return std::nullopt;
  }
  const std::optional<size_t> end = reply_end(consumed_, 0);
  if (!end) return std::nullopt;
  std::string reply = received_.substr(consumed_, *end - consumed_);
  consumed_ = *end;
  return reply;
}

std::optional<std::string> Client::call(const Command& command) {
  if (!send(encode(command))) return std::nullopt;
  return read_reply();
}

std::optional<std::string> payload(std::string_view reply) {
  const size_t line_end = reply.find("\r\n");
  if (line_end == std::string_view::npos) return std::nullopt;
  if (reply[0] == '_') return std::nullopt;
  if (reply[0] != '$' && reply[0] != '=') return std::string(reply.substr(1, line_end - 1));
  if (reply[1] == '-') return std::nullopt;
  return std::string(reply.substr(line_end + 2, reply.size() - line_end - 4));
}

std::vector<std::string> elements(std::string_view reply) {
  std::vector<std::string> result;
  if (reply.empty() || (reply[0] != '*' && reply[0] != '>')) return result;
  size_t at = reply.find("\r\n") + 2;
  while (at < reply.size()) {
    size_t end = reply.find("\r\n", at) + 2;
    if ((reply[at] == '$' || reply[at] == '=') && reply[at + 1] != '-')
      end += std::strtoull(reply.data() + at + 1, nullptr, 10) + 2;
    result.emplace_back(reply.substr(at, end - at));
    at = end;
  }
  return result;
}
