// Vitals: what the process measures of itself ten times a second, for INFO and MEMORY: rates, peaks, processor times.
//
// Shape    a rate is the mean of the last 16 samples of 100 ms, as in the reference.
// Threads  sample() by the first worker; the rest by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "dispatch/context.h"

namespace server {

// How fast a counter grows, for each unit of another that grows along with it.
class Rate {
 public:
  // `scale` is how many units of the base the rate is told for.
  void sample(uint64_t value, uint64_t base, uint64_t scale);
  // As if nothing had been seen but the last sample. Threads: that of sample().
  void reset();
  uint64_t mean() const { return mean_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSamples = 16;
  std::array<uint64_t, kSamples> samples_{};
  size_t next_ = 0;
  uint64_t last_value_ = 0;
  uint64_t last_base_ = 0;
  std::atomic<uint64_t> mean_{0};
};

class Vitals {
 public:
  // REQUIRES: called on the first worker's thread.
  void sample(dispatch::Context& context, base::MonoTime now, int64_t used_memory);

  // CONFIG RESETSTAT: the rates begin anew; the peak of the memory stays. REQUIRES: the first worker's thread.
  void reset_rates();

  Rate commands;
  Rate input_bytes;
  Rate output_bytes;
  Rate cycles;
  Rate cycle_us;  // per cycle
  std::atomic<int64_t> peak_memory{0};
  std::atomic<int64_t> peak_time_s{0};  // Unix time
  std::atomic<int64_t> main_thread_system_us{0};
  std::atomic<int64_t> main_thread_user_us{0};
};

// Resident bytes of the process as the kernel counts them; 0 if it does not tell.
uint64_t resident_bytes();

}  // namespace server
