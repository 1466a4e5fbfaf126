// Bit strings: counting, finding and combining the bits of a string of bytes.
//
//   byte 0 = bits 0 to 7, the highest bit first; bytes past the end read as zero
//
// Cost     set_bit and get_bit O(1); all others O(bytes in the range), a word or a vector at a time. No allocation.
//          64 MiB on a shared Xeon core: count 6 ms, find 11 ms, AND of two 29 ms, all bound by memory.
// Threads  pure functions over bytes that the caller owns or holds locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "values/byte_range.h"

namespace values {

// Bits that are 1.
size_t count_bits(std::string_view bytes);
// The same among the bits of `range`. REQUIRES: range.end <= 8 * bytes.size()
size_t count_bits(std::string_view bytes, Range range);

// Index of the first bit that equals `bit` among the bits of `range`. REQUIRES: range.end <= 8 * bytes.size()
//
// BITPOS without an end reads a string as if zeros followed it for ever: the caller then answers 8 * bytes.size() when
// a zero is sought and none is found in a range that is not empty.
std::optional<size_t> find_bit(std::string_view bytes, bool bit, Range range);

// False past the end.
bool get_bit(std::string_view bytes, size_t index);
// Returns what the bit was. REQUIRES: index < 8 * bytes.size()
bool set_bit(std::span<char> bytes, size_t index, bool bit);

// What BITOP does, bit by bit, to its sources X (the first) and Y (the others). The last four are Redis 8.2's;
// valkey 9.1.2 does not know them.
enum class BitOperation {
  kAnd,
  kOr,
  kXor,
  kNot,    // takes one source
  kDiff,   // in X and in no Y
  kDiff1,  // in some Y and not in X
  kAndOr,  // in X and in some Y
  kOne,    // in exactly one of all
};

// Writes the result for every byte of `out`; a source that is shorter goes on with zeros.
// REQUIRES: at least one source; one exactly for kNot; no source is longer than `out`, nor overlaps it
void combine(BitOperation operation, std::span<const std::string_view> sources, std::span<char> out);

}  // namespace values
