#include "server/vitals.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <numeric>

#include "dispatch/worker.h"

namespace server {
namespace {

int64_t microseconds(const timeval& time) { return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

}  // namespace

void Rate::sample(uint64_t value, uint64_t base, uint64_t scale) {
  // A reset makes values smaller: that sample says nothing.
  if (last_base_ != 0 && base > last_base_ && value >= last_value_) {
    samples_[next_++ % kSamples] = (value - last_value_) * scale / (base - last_base_);
  }
  last_value_ = value;
  last_base_ = base;
  mean_.store(std::accumulate(samples_.begin(), samples_.end(), uint64_t{0}) / kSamples, std::memory_order_relaxed);
}

void Rate::reset() {
  samples_.fill(0);
  mean_.store(0, std::memory_order_relaxed);
}

void Vitals::reset_rates() {
  for (Rate* rate : {&commands, &input_bytes, &output_bytes, &cycles, &cycle_us}) rate->reset();
}

void Vitals::sample(dispatch::Context& context, base::MonoTime now, int64_t used_memory) {
  uint64_t ran = 0, input = 0, output = 0, turns = 0, busy_ns = 0;
  for (uint32_t at = 0; at < context.worker_count.load(std::memory_order_acquire); ++at) {
    dispatch::Worker& worker = *context.workers[at];
    ran += worker.stats().total_commands_processed.get();
    input += worker.stats().total_net_input_bytes.get();
    output += worker.stats().total_net_output_bytes.get();
    turns += worker.loop().turns().get();
    busy_ns += worker.loop().busy_ns().get();
  }
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  const auto ns = static_cast<uint64_t>(now.ns);
  commands.sample(ran, ns, kNsPerSecond);
  input_bytes.sample(input, ns, kNsPerSecond);
  output_bytes.sample(output, ns, kNsPerSecond);
  cycles.sample(turns, ns, kNsPerSecond);
  cycle_us.sample(busy_ns / 1000, turns, 1);
  if (used_memory > peak_memory.load(std::memory_order_relaxed)) {
    peak_memory.store(used_memory, std::memory_order_relaxed);
    peak_time_s.store(base::kernel_wall_time().seconds(), std::memory_order_relaxed);
  }
  rusage usage{};
  if (getrusage(RUSAGE_THREAD, &usage) == 0) {
    main_thread_system_us.store(microseconds(usage.ru_stime), std::memory_order_relaxed);
    main_thread_user_us.store(microseconds(usage.ru_utime), std::memory_order_relaxed);
  }
}

uint64_t resident_bytes() {
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[128];
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return 0;
  text[got] = '\0';
  unsigned long total = 0, resident = 0;
  if (std::sscanf(text, "%lu %lu", &total, &resident) != 2) return 0;
  return uint64_t{resident} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace server
