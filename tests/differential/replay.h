// Runs a stream against both servers from an empty keyspace and finds the first difference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "generator.h"
#include "link.h"

namespace differential {

struct Address {
  std::string host;
  int port = 0;
};

struct Servers {
  Address ours;
  Address reference;
};

struct Difference {
  size_t index = 0;     // Of the item in the stream; its length if only the contents differ.
  std::string name;     // Of the command that was answered differently.
  std::string command;  // As it was sent.
  std::string ours;
  std::string reference;
};

// How the reference answered the calls of one command.
struct Tally {
  uint64_t calls = 0;
  uint64_t errors = 0;
  uint64_t wrong_types = 0;  // Of the errors.
};

struct Outcome {
  size_t compared = 0;  // Replies compared, the differing one too.
  size_t accepted = 0;  // Of these, differences that policy.h accepts.
  std::map<std::string, Tally> tallies;
  std::optional<Difference> difference;
  std::string trouble;  // A server cannot be reached: nothing was learned.
};

struct ReplayOptions {
  bool resp3 = false;
  bool compare_contents = true;
};

Outcome replay(const Servers& servers, const std::vector<Item>& items, ReplayOptions options);

std::string shown(const Words& words);

}  // namespace differential
