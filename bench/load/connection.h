// Connection: a non-blocking TCP connection with what is still to be sent, and Poller: the epoll over them.
//
// Errors   a connection that cannot be made, breaks or is closed ends the program with a message: a load
//          generator that lost a connection has no result.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct epoll_event;

namespace load {

// Prints "sigrun-benchmark: text" and exits with 1.
[[noreturn]] void give_up(std::string_view text);

// Gives up with the first bytes of a reply that is not what it must be.
[[noreturn]] void give_up_on_reply(std::string_view received);

class Connection {
 public:
  Connection(const std::string& host, int port);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection& operator=(Connection&&) = delete;

  int descriptor() const { return descriptor_; }

  // Sends what it can of bytes[sent...] and moves `sent` on.
  void send(std::string_view bytes, size_t& sent);

  // What was left by keep(), then what has arrived now. The bytes live in a buffer that all connections share,
  // until the next receive().
  std::string_view receive();

  // Saves the start of a reply whose end has not arrived.
  void keep(std::string_view rest) { partial_.assign(rest); }

 private:
  int descriptor_ = -1;
  std::string partial_;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  struct Ready {
    size_t index;  // what add() was given
    bool readable;
    bool writable;
  };

  void add(const Connection& connection, size_t index);
  // Whether to report that the connection can be written to; off at first.
  void watch_writable(const Connection& connection, size_t index, bool on);
  // Waits up to `milliseconds` (0: looks only).
  std::span<const Ready> wait(int milliseconds);

 private:
  int descriptor_ = -1;
  std::vector<epoll_event> events_;
  std::vector<Ready> ready_;
};

}  // namespace load
