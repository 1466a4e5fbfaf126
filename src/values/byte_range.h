// Ranges given by two inclusive offsets, either of which may count from the end.
//
// Cost     O(1).
// Source   valkey-server 9.1.2, all pairs of offsets in [-12, 12] over strings of 0 to 7 bytes: GETRANGE, BITCOUNT
//          (bytes and bits) and BITPOS; tests/unit/values/byte_range_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace values {

// Elements begin to end - 1 of something: bytes or bits, as the function that takes it says.
struct Range {
  size_t begin = 0;
  size_t end = 0;  // one past the last; begin == end means empty

  constexpr size_t size() const { return end - begin; }
  constexpr bool empty() const { return begin == end; }
  friend constexpr bool operator==(const Range&, const Range&) = default;
};

// The rule of BITPOS. Offsets below zero count back from the end (-1 is the last element); one that falls before the
// start is the start. The result lies inside [0, length].
constexpr Range resolve_clamped(int64_t first, int64_t last, size_t length) {
  const auto size = static_cast<int64_t>(length);
  if (first < 0) first = first + size < 0 ? 0 : first + size;
  if (last < 0) last = last + size < 0 ? 0 : last + size;
  if (last >= size) last = size - 1;
  if (first > last) return {};
  return {static_cast<size_t>(first), static_cast<size_t>(last) + 1};
}

// The rule of GETRANGE and BITCOUNT: the same, but two offsets below zero in the wrong order give nothing.
//
// Quirk kept for compatibility: two offsets before the start in the right order still give element 0 ("hello" -100 -50
// gives "h"); in the wrong order nothing (-50 -100), where BITPOS looks at element 0.
constexpr Range resolve(int64_t first, int64_t last, size_t length) {
  if (first < 0 && last < 0 && first > last) return {};
  return resolve_clamped(first, last, length);
}

static_assert(resolve(0, -1, 5) == Range{0, 5});
static_assert(resolve(5, 3, 5).empty());
static_assert(resolve(-100, -50, 5) == Range{0, 1});  // the quirk
static_assert(resolve(-50, -100, 5).empty());
static_assert(resolve_clamped(-50, -100, 5) == Range{0, 1});
static_assert(resolve(INT64_MIN, INT64_MAX, 5) == Range{0, 5});
static_assert(resolve(0, -1, 0).empty());

}  // namespace values
