// A shard's lock: alone, between threads that never meet, and between two that always do.
#include "keyspace/shard_lock.h"

#include <benchmark/benchmark.h>

namespace {

using keyspace::ShardLock;

void alone(benchmark::State& state) {
  ShardLock lock;
  for (auto _ : state) {
    lock.lock_alone();
    benchmark::ClobberMemory();
    lock.unlock_alone();
  }
}
BENCHMARK(alone);

void lock_and_unlock(ShardLock& lock, benchmark::State& state, uint64_t& refused) {
  if (!lock.try_lock(true)) {
    ++refused;
    return;
  }
  benchmark::ClobberMemory();
  if (lock.unlock() != ShardLock::After::kNothing) state.SkipWithError("nobody waits, but a wake-up is due");
}

void uncontended(benchmark::State& state) {
  struct alignas(128) Line {
    ShardLock lock;
  };
  static Line lines[2];
  uint64_t refused = 0;
  for (auto _ : state) lock_and_unlock(lines[state.thread_index()].lock, state, refused);
  if (refused != 0) state.SkipWithError("a lock that nobody else takes was refused");
}
BENCHMARK(uncontended)->Threads(1)->Threads(2)->UseRealTime();

void contended(benchmark::State& state) {
  static ShardLock lock;
  uint64_t refused = 0;
  for (auto _ : state) lock_and_unlock(lock, state, refused);
  state.counters["refused"] = benchmark::Counter(static_cast<double>(refused), benchmark::Counter::kAvgIterations);
}
BENCHMARK(contended)->Threads(2)->UseRealTime();

}  // namespace
