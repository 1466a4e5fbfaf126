// Goal: two offsets select the same elements as in the reference, for GETRANGE and BITCOUNT and for BITPOS.
// Method: every pair in [-12, 12] for lengths 0 to 7, against a model that decides element by element. The model's
// answers were compared with valkey-server 9.1.2 on the same pairs (GETRANGE, BITCOUNT BYTE and BIT, BITPOS).
#include "values/byte_range.h"

#include <string>

#include <gtest/gtest.h>

namespace values {
namespace {

constexpr std::string_view kText = "abcdefg";

std::string model(int64_t first, int64_t last, int64_t length, bool drops_reversed) {
  if (drops_reversed && first < 0 && last < 0 && first > last) return "";
  // An offset before the start stands for element 0.
  const auto place = [&](int64_t offset) { return offset >= 0 ? offset : offset < -length ? 0 : length + offset; };
  std::string out;
  for (int64_t i = 0; i < length; ++i) {
    if (place(first) <= i && i <= place(last)) out += kText[static_cast<size_t>(i)];
  }
  return out;
}

std::string select(Range range) { return std::string(kText.substr(range.begin, range.size())); }

TEST(ByteRange, MatchesTheModelAtEveryBoundary) {
  for (int64_t length = 0; length <= 7; ++length) {
    for (int64_t first = -12; first <= 12; ++first) {
      for (int64_t last = -12; last <= 12; ++last) {
        const auto size = static_cast<size_t>(length);
        EXPECT_EQ(select(resolve(first, last, size)), model(first, last, length, true))
            << first << " " << last << " of " << length;
        EXPECT_EQ(select(resolve_clamped(first, last, size)), model(first, last, length, false))
            << first << " " << last << " of " << length;
        EXPECT_LE(resolve(first, last, size).end, size);
      }
    }
  }
}

TEST(ByteRange, TakesTheLargestOffsets) {
  EXPECT_EQ(resolve(INT64_MIN, INT64_MAX, 7), (Range{0, 7}));
  EXPECT_EQ(resolve(INT64_MIN, INT64_MIN, 7), (Range{0, 1}));
  EXPECT_TRUE(resolve(INT64_MAX, INT64_MAX, 7).empty());
  EXPECT_TRUE(resolve(INT64_MAX, INT64_MIN, 7).empty());
  EXPECT_EQ(resolve(-1, -1, size_t{1} << 32), (Range{(size_t{1} << 32) - 1, size_t{1} << 32}));
}

}  // namespace
}  // namespace values
