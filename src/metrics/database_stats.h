// DatabaseStats: what one I/O thread counts of one database. INFO adds up all threads.
//
// A number that falls is counted as one that grows by its complement: only the sum over the threads means something.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "metrics/counter.h"

namespace metrics {

// How many keys of a type have how many elements (bytes of a string): a class is all sizes of as many binary digits.
struct SizeClasses {
  static constexpr size_t kClasses = 48;

  static size_t class_of(uint64_t size) { return std::min(static_cast<size_t>(std::bit_width(size)), kClasses - 1); }
  // The smallest size of a class.
  static uint64_t least_of(size_t at) { return at == 0 ? 0 : uint64_t{1} << (at - 1); }

  std::array<Counter, kClasses> keys;
};

struct DatabaseStats {
  static constexpr size_t kTypes = 6;  // of values, in their order

  Counter bytes;  // of entries and their values
  Counter hits;
  Counter misses;
  Counter expired_keys;
  Counter evicted_keys;
  std::array<SizeClasses, kTypes> sizes;
};

}  // namespace metrics
