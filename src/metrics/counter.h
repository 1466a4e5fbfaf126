// Counter: a number that one thread adds to and any thread reads, without locks.
//
// The writer does a plain load, add and store (relaxed atomics), so it costs no more than an ordinary variable.
#pragma once

#include <atomic>
#include <cstdint>

namespace metrics {

class Counter {
 public:
  void add(uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace metrics
