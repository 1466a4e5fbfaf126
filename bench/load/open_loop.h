// The open loop: requests leave at their times, whatever the replies do.
//
// A request's latency counts from the time when it was due, so a stall of the server is seen by all that would
// have asked during it, not by one alone (no coordinated omission).
#pragma once

#include "load/closed_loop.h"

namespace load {

// options.rate requests a second, evenly spaced, the clients in turn, over uniformly random keys. It looks for
// replies without ever sleeping, so it needs a processor of its own.
Tally run_open_loop(const Options& options, const Workload& workload);

}  // namespace load
