// Histogram: how often a duration fell in which range, for percentiles within 7%.
//
// Shape    16 ranges for each power of two of nanoseconds, up to 18 minutes; longer ones count in the last.
// Cost     one addition; 5 KB.
// Threads  one writer, any reader (see Counter).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "metrics/counter.h"

namespace metrics {

class Histogram {
 public:
  static constexpr size_t kSubBits = 4;
  static constexpr size_t kRanges = (41 - kSubBits) << kSubBits;

  void record(uint64_t ns) { counts_[range_of(ns)].add(); }
  uint64_t count(size_t range) const { return counts_[range].get(); }
  void reset() {
    for (Counter& count : counts_) count.set(0);
  }

  // The largest duration of a range, in nanoseconds.
  static uint64_t upper_bound(size_t range) {
    const size_t power = range >> kSubBits;
    const uint64_t sub = range & ((1U << kSubBits) - 1);
    if (power == 0) return sub;
    return ((uint64_t{1} << kSubBits) + sub + 1) * (uint64_t{1} << (power - 1)) - 1;
  }

  static size_t range_of(uint64_t ns) {
    if (ns < (1U << kSubBits)) return static_cast<size_t>(ns);
    const auto top = static_cast<size_t>(std::bit_width(ns)) - 1;
    const size_t power = top - kSubBits + 1;
    const size_t range = (power << kSubBits) + ((ns >> (power - 1)) & ((1U << kSubBits) - 1));
    return range < kRanges ? range : kRanges - 1;
  }

 private:
  std::array<Counter, kRanges> counts_;
};

}  // namespace metrics
