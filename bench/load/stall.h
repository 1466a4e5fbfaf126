// The stall finder: how long is a client kept waiting while the keyspace grows?
//
// One connection inserts keys 0 to N-1 in pipelines. A second asks for key 0 a thousand times a second, by the
// clock; each reply's delay counts from when its request was due.
#pragma once

#include <cstdint>

#include "load/histogram.h"
#include "load/options.h"
#include "load/usage.h"
#include "load/workload.h"

namespace load {

struct Stall {
  uint64_t keys = 0;
  Histogram probes;         // every probe
  uint64_t longest = 0;     // ns; of the probes that are the server's own: see spoiled
  uint64_t spoiled = 0;     // probes of over 0.5 ms during which this program paused for over 0.3 ms, or the
                            // server was kept from running for over a quarter of the time
  uint64_t longest_at = 0;  // how many keys were there then
  uint64_t own_pause = 0;   // ns; the longest time between two looks of this program at its sockets
  Usage usage;
};

Stall find_stall(const Options& options, const Workload& setter, const Workload& getter);

}  // namespace load
