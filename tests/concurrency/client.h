// A blocking client for tests, in RESP2 or, after HELLO 3, RESP3: one socket, raw replies.
//
// Shape   send() writes commands, read_reply() returns one whole reply as its raw bytes, so that a test compares what
//         really came. Nothing is hidden: a closed connection or bytes that are no RESP are states of the client.
// Limits  A read waits for at most 20 s, after which the server counts as hung.
// Threads One thread a client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using Command = std::vector<std::string>;

std::string encode(const Command& command);

class Client {
 public:
  enum class State { kOpen, kClosed, kHung, kMalformed };

  explicit Client(uint16_t port) : port_(port) { connect(); }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connect();  // anew, after whatever was before
  void close();    // in order
  void reset();    // by RST, what is under way is lost
  bool send(std::string_view bytes);
  std::optional<std::string> read_reply();
  std::optional<std::string> call(const Command& command);
  State state() const { return state_; }

 private:
  bool fill();
  std::optional<size_t> reply_end(size_t start, int depth);

  uint16_t port_;
  int socket_ = -1;
  State state_ = State::kClosed;
  std::string received_;
  size_t consumed_ = 0;
};

// The payload of a raw reply: a bulk string's bytes, an integer's or a status's text; nothing for nil.
std::optional<std::string> payload(std::string_view reply);
// The elements of a raw array or push, each raw; those of an array within it stand behind its head, on the same level.
std::vector<std::string> elements(std::string_view reply);
