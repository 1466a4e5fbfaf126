// The longest common subsequence of two strings, for LCS.
//
// Where several are longest, the choice is the reference's: going back from both ends, equal bytes always pair; else
// a byte of `a` is dropped only if that keeps strictly more than dropping one of `b`.
//
//   row i := one bit for each byte of b; bit j is 0 where the LCS of a[0, i) grows from b[0, j) to b[0, j + 1)
//
// Cost     time |a| * |b| / 64 words plus one pass over b for each distinct byte of a. lcs_length keeps one row, the
//          others keep all: |a| * ceil(|b| / 64) * 8 bytes, never more than lcs_table_bytes.
// Limits   the caller refuses inputs whose lcs_table_bytes is above proto-max-bulk-len, as the reference does.
// Errors   nullopt if memory for the rows can not be had; nothing is left behind.
// Source   H. Hyyro, "Bit-parallel LCS-length computation revisited", 2004. Choice and layout of matches: valkey-server
//          9.1.2, compared on random strings; tests/unit/values/lcs_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values/byte_range.h"

namespace values {

// Bytes of the table that the reference allocates, which its limit is about; nullopt if they do not fit in 64 bits.
std::optional<uint64_t> lcs_table_bytes(uint64_t a_bytes, uint64_t b_bytes);

size_t lcs_length(std::string_view a, std::string_view b);

std::optional<std::string> lcs_text(std::string_view a, std::string_view b);

// A run of the subsequence that lies unbroken in both strings.
struct LcsMatch {
  Range a;
  Range b;
};

struct LcsMatches {
  std::vector<LcsMatch> matches;  // the last one in the strings first
  size_t length = 0;              // of the whole subsequence, short runs included
};

// Runs shorter than `length_min` are left out.
std::optional<LcsMatches> lcs_matches(std::string_view a, std::string_view b, size_t length_min);

}  // namespace values
