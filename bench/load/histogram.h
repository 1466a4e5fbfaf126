// Histogram: counts of durations, in buckets that grow with the value, so that any percentile is known to 1.6%.
//
// Shape    64 buckets for each power of two: below 64 ns each value has its own, above that a bucket is 1/64 of
//          its power wide.
// Cost     record() is a shift and an increment; 18 KB.
// Limits   durations up to 2^42 ns (73 minutes); longer ones count as that.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace load {

class Histogram {
 public:
  void record(uint64_t nanoseconds, uint64_t times = 1) {
    const uint64_t value = std::min(nanoseconds, kLongest);
    counts_[bucket_of(value)] += times;
    count_ += times;
    sum_ += value * times;
    max_ = std::max(max_, value);
  }

  void clear() { *this = Histogram(); }
  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

  // The least recorded duration that `fraction` of all are at or below, to the width of a bucket.
  uint64_t percentile(double fraction) const {
    const auto wanted = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted && seen > 0) return std::min(upper_end(bucket), max_);
    }
    return max_;
  }

  // The buckets tile the range, and none is wider than 1/64 of its values.
  static constexpr bool well_formed() {
    for (size_t bucket = 0; bucket + 1 < kBuckets; ++bucket) {
      const uint64_t end = upper_end(bucket);
      if (bucket_of(end) != bucket || bucket_of(end + 1) != bucket + 1) return false;
      if (bucket >= 64 && (end - upper_end(bucket - 1)) * 64 > end + 1) return false;
    }
    return bucket_of(kLongest) == kBuckets - 1;
  }

 private:
  static constexpr int kBits = 6;
  static constexpr uint64_t kLongest = (uint64_t{1} << 42) - 1;
  static constexpr size_t kBuckets = size_t{64} * (42 - kBits + 1);

  static constexpr size_t bucket_of(uint64_t value) {
    if (value < 64) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
    return static_cast<size_t>((shift + 1) * 64) + ((value >> shift) & 63);
  }
  static constexpr uint64_t upper_end(size_t bucket) {
    if (bucket < 64) return bucket;
    const size_t shift = bucket / 64 - 1;
    return ((uint64_t{65} + bucket % 64) << shift) - 1;
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};
static_assert(Histogram::well_formed());

}  // namespace load
