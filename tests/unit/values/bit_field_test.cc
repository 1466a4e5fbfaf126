// Goal: BITFIELD's integers are read, written and limited as in the reference.
// Method: fields written and read against a model of single bits; overflow against plain loops over small types, where
// every value can be tried; then texts and results that were read from valkey-server 9.1.2.
#include "values/bit_field.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "../seed.h"

namespace values {
namespace {

using namespace std::string_literals;

bool bit_at(const std::string& bytes, uint64_t index) {
  return index / 8 < bytes.size() && (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

int64_t model_get(const std::string& bytes, FieldType type, uint64_t offset) {
  // The first bit counts negative in a signed type, as two's complement has it.
  uint64_t value = type.is_signed && bit_at(bytes, offset) ? ~uint64_t{0} : 0;
  for (uint64_t i = 0; i < type.bits; ++i) value = value << 1 | static_cast<uint64_t>(bit_at(bytes, offset + i));
  return static_cast<int64_t>(value);
}

TEST(BitField, ReadsAndWritesSingleBitsOfTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 100'000; ++i) {
    const bool is_signed = random() % 2 == 0;
    const FieldType type{is_signed, static_cast<unsigned>(1 + random() % (is_signed ? 64 : 63))};
    const uint64_t offset = random() % 70;
    std::string bytes(random() % 20, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    ASSERT_EQ(get_field(bytes, type, offset), model_get(bytes, type, offset));

    if (bytes.size() < field_end(type, offset)) bytes.resize(field_end(type, offset));
    const std::string before = bytes;
    const auto value = static_cast<int64_t>(random());
    put_field(bytes, type, offset, value);
    for (uint64_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const bool inside = bit >= offset && bit < offset + type.bits;
      const bool expected = inside ? (value >> (offset + type.bits - 1 - bit) & 1) != 0 : bit_at(before, bit);
      ASSERT_EQ(bit_at(bytes, bit), expected) << type.is_signed << type.bits << " at " << offset << ", bit " << bit;
    }
  }
}

// Counts up or down one at a time, going round or stopping at the ends.
int64_t model_step(FieldType type, int64_t value, int64_t by, Overflow overflow) {
  const int64_t low = type.is_signed ? -(int64_t{1} << (type.bits - 1)) : 0;
  const int64_t high = low + (int64_t{1} << type.bits) - 1;
  for (; by > 0; --by) value = value < high ? value + 1 : overflow == Overflow::kWrap ? low : high;
  for (; by < 0; ++by) value = value > low ? value - 1 : overflow == Overflow::kWrap ? high : low;
  return value;
}

TEST(BitField, CountsSmallTypesLikeTheModel) {
  for (const bool is_signed : {false, true}) {
    for (unsigned bits = 1; bits <= 5; ++bits) {
      const FieldType type{is_signed, bits};
      const int64_t low = is_signed ? -(1 << (bits - 1)) : 0;
      const int64_t high = low + (1 << bits) - 1;
      for (int64_t value = low; value <= high; ++value) {
        for (int64_t by = -80; by <= 80; ++by) {
          EXPECT_EQ(field_increment(type, value, by, Overflow::kWrap), model_step(type, value, by, Overflow::kWrap));
          EXPECT_EQ(field_increment(type, value, by, Overflow::kSaturate),
                    model_step(type, value, by, Overflow::kSaturate));
          const bool fits = value + by >= low && value + by <= high;
          EXPECT_EQ(field_increment(type, value, by, Overflow::kFail).has_value(), fits);
        }
      }
    }
  }
}

TEST(BitField, MeetsTheEndsOfTheLargestTypes) {
  const FieldType i64{true, 64};
  EXPECT_EQ(field_increment(i64, INT64_MAX, 1, Overflow::kWrap), INT64_MIN);
  EXPECT_EQ(field_increment(i64, INT64_MAX, 1, Overflow::kSaturate), INT64_MAX);
  EXPECT_EQ(field_increment(i64, INT64_MIN, -1, Overflow::kSaturate), INT64_MIN);
  EXPECT_EQ(field_increment(i64, INT64_MIN, -1, Overflow::kFail), std::nullopt);
  EXPECT_EQ(field_increment(i64, INT64_MIN, INT64_MIN, Overflow::kWrap), 0);
  const FieldType u63{false, 63};
  EXPECT_EQ(field_increment(u63, INT64_MAX, INT64_MAX, Overflow::kSaturate), INT64_MAX);
  EXPECT_EQ(field_increment(u63, 5, INT64_MIN, Overflow::kSaturate), 0);
  EXPECT_EQ(field_increment(u63, 0, -1, Overflow::kWrap), INT64_MAX);
}

TEST(BitField, SetsAsTheReferenceDoes) {
  const FieldType u8{false, 8};
  const FieldType i8{true, 8};
  EXPECT_EQ(field_set_to(u8, 256, Overflow::kWrap), 0);
  EXPECT_EQ(field_set_to(u8, -1, Overflow::kWrap), 255);
  EXPECT_EQ(field_set_to(u8, -1, Overflow::kSaturate), 255);
  EXPECT_EQ(field_set_to(u8, -1, Overflow::kFail), std::nullopt);
  EXPECT_EQ(field_set_to({false, 63}, -1, Overflow::kWrap), INT64_MAX);
  EXPECT_EQ(field_set_to(i8, 200, Overflow::kWrap), -56);
  EXPECT_EQ(field_set_to(i8, 200, Overflow::kSaturate), 127);
  EXPECT_EQ(field_set_to(i8, -300, Overflow::kSaturate), -128);
  // The quirk: the first value that is near enough to the smallest of 64 bits, and its neighbour.
  EXPECT_EQ(field_set_to({true, 9}, INT64_MIN, Overflow::kSaturate), 255);
  EXPECT_EQ(field_set_to({true, 9}, INT64_MIN + 255, Overflow::kSaturate), 255);
  EXPECT_EQ(field_set_to({true, 9}, INT64_MIN + 256, Overflow::kSaturate), -256);
  EXPECT_EQ(field_set_to({true, 64}, INT64_MIN, Overflow::kSaturate), INT64_MIN);
}

TEST(BitField, ReadsTypesAsTheReferenceDoes) {
  EXPECT_EQ(parse_field_type("u8"), (FieldType{false, 8}));
  EXPECT_EQ(parse_field_type("i1"), (FieldType{true, 1}));
  EXPECT_EQ(parse_field_type("i64"), (FieldType{true, 64}));
  EXPECT_EQ(parse_field_type("u63"), (FieldType{false, 63}));
  for (const std::string& text :
       {"u64"s, "i65"s, "u0"s, "U8"s, "I8"s, "u08"s, "u"s, "8"s, ""s, "u+8"s, "u 8"s, "x8"s, "u-1"s, "u8a"s, "i8\0"s}) {
    EXPECT_EQ(parse_field_type(text), std::nullopt) << text;
  }
}

TEST(BitField, ReadsOffsetsAsTheReferenceDoes) {
  constexpr uint64_t kBytesMax = 512ull << 20;
  const FieldType u8{false, 8};
  EXPECT_EQ(parse_field_offset("0", u8, kBytesMax), 0u);
  EXPECT_EQ(parse_field_offset("#1", u8, kBytesMax), 8u);
  EXPECT_EQ(parse_field_offset("#2", {true, 5}, kBytesMax), 10u);
  EXPECT_EQ(parse_field_offset("4294967295", u8, kBytesMax), 4294967295u);
  EXPECT_EQ(parse_field_offset("#536870911", u8, kBytesMax), 4294967288u);
  for (const std::string& text : {"#536870912"s, "4294967296"s, "#"s, "-1"s, "#-1"s, "1.5"s, "#01"s, "01"s, "+1"s, "x"s,
                                  " 1"s, "##1"s, "1#"s, ""s, "#9223372036854775807"s, "9223372036854775807"s, "1\0"s}) {
    EXPECT_EQ(parse_field_offset(text, u8, kBytesMax), std::nullopt) << text;
  }
  EXPECT_EQ(parse_field_offset("#536870911", {true, 64}, kBytesMax), std::nullopt);
  EXPECT_EQ(parse_field_offset("#-9223372036854775808", u8, kBytesMax), 0u);  // wraps around
  EXPECT_EQ(parse_field_offset("#-2305843009213693951", u8, kBytesMax), 8u);
  EXPECT_EQ(parse_field_offset("#-9223372036854775808", {true, 7}, kBytesMax), std::nullopt);
  EXPECT_EQ(parse_field_offset("#2305843009213693952", {false, 4}, kBytesMax), std::nullopt);
}

}  // namespace
}  // namespace values
