// A blocking connection to one server: bytes out, whole replies in.
//
// Errors: a server that closes the connection, stays silent for kReplySeconds or sends what is no RESP leaves the
//   link broken; every later read returns false and problem() says why.
#pragma once

#include <string>
#include <string_view>

#include "value.h"

namespace differential {

inline constexpr int kReplySeconds = 20;

class Link {
 public:
  Link() = default;
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool open(const std::string& host, int port);
  void close();

  bool send(std::string_view bytes);
  // The bytes of the next reply; valid until the next read or send.
  bool read(std::string_view* reply);
  // Sends one command and returns the tree of its reply; an error value if the link broke.
  Value call(const std::vector<std::string>& arguments);

  const std::string& problem() const { return problem_; }

 private:
  bool fail(std::string why);
  bool fill();

  int socket_ = -1;
  std::string buffer_;
  size_t consumed_ = 0;
  std::string problem_;
};

}  // namespace differential
