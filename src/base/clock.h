// Time, as two types that do not convert: WallTime may jump, MonoTime never goes back.
//
// Clock    turns the processor's time-stamp counter into both, for one thread; refresh() ties it to the
//          kernel's clocks again. A reading costs some 10 ns and no system call; between two refreshes it drifts by
//          less than 1 ppm of the time since. Without an invariant counter every reading asks the kernel.
// Threads  one Clock a thread. Readings of several clocks agree to some microseconds.
#pragma once

#include <compare>
#include <cstdint>

namespace base {

// Microseconds since the Unix epoch.
struct WallTime {
  int64_t us = 0;
  constexpr int64_t ms() const { return us / 1000; }
  constexpr int64_t seconds() const { return us / 1'000'000; }
  constexpr auto operator<=>(const WallTime&) const = default;
};

// Nanoseconds since some moment before the process began.
struct MonoTime {
  int64_t ns = 0;
  constexpr auto operator<=>(const MonoTime&) const = default;
  constexpr MonoTime after_ms(int64_t ms) const { return {ns + ms * 1'000'000}; }
};

// Straight from the kernel: exact, some 30 ns.
WallTime kernel_wall_time();
MonoTime kernel_mono_time();

class Clock {
 public:
  Clock() { refresh(); }

  MonoTime mono() const { return {mono_base_ns_ + elapsed_ns()}; }
  WallTime wall() const { return wall_at(mono()); }
  // The same moment on the wall clock. REQUIRES: a reading of this clock since its last refresh.
  WallTime wall_at(MonoTime at) const { return {wall_base_us_ + (at.ns - mono_base_ns_) / 1000}; }

  // Reads the kernel's clocks again. Call it at least every second.
  void refresh();

 private:
  static uint64_t counter();
  int64_t elapsed_ns() const;

  uint64_t counter_base_ = 0;
  int64_t mono_base_ns_ = 0;
  int64_t wall_base_us_ = 0;
};

// Ends the calibration early or late as needed; called once by main before any thread starts. Takes 2 ms.
void calibrate_clock();
// Steps of the processor's counter in a microsecond; 0 where every reading asks the kernel.
double counter_steps_per_us();

}  // namespace base
