// Sockets and epoll, as far as a load generator needs them.
#include "load/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace load {
namespace {

constexpr size_t kReceiveBytes = 128 * 1024;  // at most so much of one connection before the others have their turn
constexpr size_t kEvents = 256;

std::string& shared_buffer() {
  static std::string buffer;
  return buffer;
}

}  // namespace

void give_up(std::string_view text) {
  std::fprintf(stderr, "sigrun-benchmark: %.*s\n", static_cast<int>(text.size()), text.data());
  std::exit(1);
}

void give_up_on_reply(std::string_view received) {
  std::string shown;
  for (const char byte : received.substr(0, 120)) shown += byte >= ' ' && byte <= '~' ? byte : '.';
  give_up("wrong reply: " + shown);
}

Connection::Connection(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) give_up(host + " is no IPv4 address");
  descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) give_up("no socket: " + std::string(std::strerror(errno)));
  if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    give_up("cannot connect to " + host + ":" + std::to_string(port) + ": " + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

Connection::~Connection() {
  if (descriptor_ >= 0) close(descriptor_);
}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), partial_(std::move(other.partial_)) {}

void Connection::send(std::string_view bytes, size_t& sent) {
  while (sent < bytes.size()) {
    const ssize_t count = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) give_up("connection broke while sending: " + std::string(std::strerror(errno)));
    sent += static_cast<size_t>(count);
  }
}

std::string_view Connection::receive() {
  std::string& buffer = shared_buffer();
  const size_t held = partial_.size();
  if (buffer.size() < held + kReceiveBytes) buffer.resize(held + kReceiveBytes);
  std::memcpy(buffer.data(), partial_.data(), held);
  partial_.clear();
  ssize_t count = 0;
  do {
    count = recv(descriptor_, buffer.data() + held, kReceiveBytes, 0);
  } while (count < 0 && errno == EINTR);
  if (count == 0) give_up("the server closed the connection");
  if (count < 0 && errno != EAGAIN) give_up("connection broke: " + std::string(std::strerror(errno)));
  return {buffer.data(), held + static_cast<size_t>(count < 0 ? 0 : count)};
}

Poller::Poller() : descriptor_(epoll_create1(EPOLL_CLOEXEC)), events_(kEvents) {
  if (descriptor_ < 0) give_up("no epoll: " + std::string(std::strerror(errno)));
}

Poller::~Poller() { close(descriptor_); }

void Poller::add(const Connection& connection, size_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  if (epoll_ctl(descriptor_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) give_up("epoll_ctl failed");
}

void Poller::watch_writable(const Connection& connection, size_t index, bool on) {
  epoll_event event{};
  event.events = on ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = index;
  if (epoll_ctl(descriptor_, EPOLL_CTL_MOD, connection.descriptor(), &event) != 0) give_up("epoll_ctl failed");
}

std::span<const Poller::Ready> Poller::wait(int milliseconds) {
  ready_.clear();
  const int count = epoll_wait(descriptor_, events_.data(), kEvents, milliseconds);
  if (count < 0 && errno != EINTR) give_up("epoll_wait failed");
  for (int index = 0; index < count; ++index) {
    const epoll_event& event = events_[static_cast<size_t>(index)];
    const bool readable = (event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
    ready_.push_back({event.data.u64, readable, (event.events & EPOLLOUT) != 0});
  }
  return ready_;
}

}  // namespace load
