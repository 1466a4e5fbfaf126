// The closed loop: each client sends a pipeline of requests, waits for all its replies, sends the next.
//
// It finds what the server can do at most. Its latencies are those at saturation, and leave out the requests
// that were not sent while the server was slow; open_loop.h measures those.
#pragma once

#include <cstdint>

#include "load/histogram.h"
#include "load/options.h"
#include "load/usage.h"
#include "load/workload.h"

namespace load {

struct Tally {
  uint64_t requests = 0;
  uint64_t missing = 0;  // replies that lacked a key
  Histogram latency;
  Usage usage;
};

// Uniformly random keys for options.seconds, after options.warm_up that does not count.
Tally run_closed_loop(const Options& options, const Workload& workload);

// Every key from 0 to options.keys - 1 once.
Tally fill(const Options& options, const Workload& workload);

}  // namespace load
