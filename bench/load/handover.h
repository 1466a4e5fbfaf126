// The hand-over: how long after a push was sent is the client answered that waited for it?
//
// One connection asks BLPOP and waits; when a PING on the other has been answered, so that it waits for certain, the
// other sends RPUSH. The time counts from there to the reply of BLPOP. Again and again, for --seconds.
#pragma once

#include "load/histogram.h"
#include "load/options.h"
#include "load/usage.h"

namespace load {

struct Handover {
  Histogram latency;
  Usage usage;
};

Handover find_handover(const Options& options);

}  // namespace load
