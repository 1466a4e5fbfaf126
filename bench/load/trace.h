// The cache trace: what share of a skewed stream of requests does the server's memory answer?
//
// Each request is a GET of a key by a Zipf law; after a miss the key is SET, as an application fills its cache.
// With options.scan_every, every so manieth request is for a key that is never asked for again, as a batch job
// that walks over everything does; those count for nothing, but a good eviction policy keeps them from driving
// out the rest.
#pragma once

#include <cstdint>

#include "load/options.h"
#include "load/usage.h"
#include "load/workload.h"

namespace load {

struct Trace {
  uint64_t requests = 0;  // by the Zipf law
  uint64_t hits = 0;      // of them
  uint64_t scanned = 0;   // requests of one-time keys
  Usage usage;
};

// Runs for options.seconds after options.warm_up, at options.rate requests a second, or as fast as it can if 0.
Trace run_trace(const Options& options, const Workload& getter, const Workload& setter);

}  // namespace load
