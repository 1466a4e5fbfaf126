#include "base/clock.h"

#include <ctime>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace base {
namespace {

// Nanoseconds a counter step, as a 32.32 fixed-point number; 0 until calibrated, or where no counter can be trusted.
uint64_t ns_per_step = 0;

bool has_invariant_counter() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;
#else
  return false;
#endif
}

int64_t read_kernel_ns(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

WallTime kernel_wall_time() { return {read_kernel_ns(CLOCK_REALTIME) / 1000}; }
MonoTime kernel_mono_time() { return {read_kernel_ns(CLOCK_MONOTONIC)}; }

uint64_t Clock::counter() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

int64_t Clock::elapsed_ns() const {
  if (ns_per_step == 0) return read_kernel_ns(CLOCK_MONOTONIC) - mono_base_ns_;
  const auto product = static_cast<unsigned __int128>(counter() - counter_base_) * ns_per_step;
  return static_cast<int64_t>(product >> 32);
}

void Clock::refresh() {
  counter_base_ = counter();
  const int64_t mono = read_kernel_ns(CLOCK_MONOTONIC);
  mono_base_ns_ = mono > mono_base_ns_ ? mono : mono_base_ns_;
  wall_base_us_ = kernel_wall_time().us;
}

double counter_steps_per_us() { return ns_per_step == 0 ? 0 : 1000 * 4294967296.0 / static_cast<double>(ns_per_step); }

void calibrate_clock() {
  if (!has_invariant_counter()) return;
#if defined(__x86_64__)
  const int64_t start_ns = read_kernel_ns(CLOCK_MONOTONIC);
  const uint64_t start = __rdtsc();
  int64_t now_ns = start_ns;
  while (now_ns - start_ns < 2'000'000) now_ns = read_kernel_ns(CLOCK_MONOTONIC);
  const uint64_t steps = __rdtsc() - start;
  ns_per_step = (static_cast<uint64_t>(now_ns - start_ns) << 32) / steps;
#endif
}

}  // namespace base
