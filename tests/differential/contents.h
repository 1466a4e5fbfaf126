// Compares what two servers hold: keys of all databases, types, values, times to live, encodings.
#pragma once

#include <set>
#include <string>

#include "link.h"
#include "replay.h"

namespace differential {

// The keys that a whole SCAN iteration with these options returns. False with the server's reply in `*problem` if it
// refuses, repeats no end or breaks.
bool sweep(Link* link, const Words& options, std::set<std::string>* keys, Value* problem);

struct Contents {
  size_t index;     // Of a difference: the length of the stream.
  bool of_scripts;  // Some of them may be.
};

// Adds to `outcome->compared` and sets its difference. Leaves the links in another database.
void compare_contents(Link* ours, Link* reference, const Contents& contents, Outcome* outcome);

}  // namespace differential
