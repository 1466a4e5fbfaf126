// Makes a stream that shows a difference as short as it gets: first fewer commands, then simpler arguments.
#pragma once

#include <vector>

#include "replay.h"

namespace differential {

struct Shrunk {
  bool stable = false;  // The difference showed again on replay.
  std::vector<Item> items;
  Difference difference;
};

// `items` ends where the difference was seen. A shorter stream counts if the same command differs in it.
Shrunk shrink(const Servers& servers, std::vector<Item> items, const Difference& seen, ReplayOptions options);

}  // namespace differential
