// Tracking: what a client has asked with CLIENT TRACKING: to be told when keys change whose values it keeps.
//
// Threads  the client's own loop; the tracker is shared (keyspace/trackers.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "keyspace/trackers.h"

namespace session {

struct Tracking {
  bool on = false;
  bool broadcast = false;  // told by prefixes, whatever it has read
  bool opt_in = false;     // only what it reads behind CLIENT CACHING YES is tracked
  bool opt_out = false;    // not what it reads behind CLIENT CACHING NO
  bool no_loop = false;    // not told of what it changes itself
  bool caching = false;    // CLIENT CACHING was called: it counts for the next command or transaction
  bool broken = false;     // the client that was to get its messages has gone

  // Who gets its messages: a client's id, 0: itself.
  uint64_t redirection = 0;
  uint32_t target_worker = 0;
  uint64_t target = 0;  // slot and generation

  std::vector<std::string> prefixes;           // sorted
  size_t prefix_bytes = 0;                     // that these take
  std::shared_ptr<keyspace::Tracker> tracker;  // one for the connection's whole life
  std::string after_reply;                     // messages that wait for a reply that comes later

  // Whether the keys of a command that reads are noted.
  bool remembers() const { return on && !broadcast && (!opt_in || caching) && !(opt_out && caching); }

  size_t memory_bytes() const {
    return sizeof *this + sizeof(keyspace::Tracker) + after_reply.capacity() + prefix_bytes;
  }
};

}  // namespace session
