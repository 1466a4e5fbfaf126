// Bit fields: integers of 1 to 64 bits at any bit of a string, as BITFIELD reads and writes them.
//
//   i1 to i64 are signed (two's complement), u1 to u63 unsigned; the highest bit first, as in values/bits.h
//
// Cost     O(1): a field touches at most nine bytes.
// Limits   an offset is refused when its byte lies at or past the limit that the caller gives (proto-max-bulk-len).
// Source   valkey-server 9.1.2, compared on random commands; tests/unit/values/bit_field_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace values {

struct FieldType {
  bool is_signed = false;
  unsigned bits = 0;

  friend constexpr bool operator==(const FieldType&, const FieldType&) = default;
};

// "i16", "u8": a small letter and a plain number. u64 does not exist, since replies are signed.
std::optional<FieldType> parse_field_type(std::string_view text);

// "100" is a bit; "#3" is the start of the fourth field of this type. The result is a bit.
//
// Quirk kept for compatibility: a number of fields times their bits wraps around at 64 bits, so "#-9223372036854775808"
// and "#2305843009213693952" of u8 are bit 0. Pinned by tests/unit/values/bit_field_test.cc.
std::optional<uint64_t> parse_field_offset(std::string_view text, FieldType type, uint64_t bytes_max);

// Bytes that a string must have for the field to lie inside it.
constexpr uint64_t field_end(FieldType type, uint64_t offset) { return (offset + type.bits + 7) / 8; }

// Bytes past the end read as zero.
int64_t get_field(std::string_view bytes, FieldType type, uint64_t offset);

// Writes the lowest bits of `value`. REQUIRES: bytes.size() >= field_end(type, offset)
void put_field(std::span<char> bytes, FieldType type, uint64_t offset, int64_t value);

// What happens to a value that the type can not hold.
enum class Overflow {
  kWrap,      // keeps the lowest bits
  kSaturate,  // becomes the largest or the smallest that fits
  kFail,      // nullopt: nothing is written, and the reply is nil
};

// What SET stores. For unsigned types a negative value counts as its 64 bits read unsigned: it saturates upwards.
//
// Quirk kept for compatibility: so does a value near the smallest of 64 bits for signed types (SET i9 to -2^63 stores
// 255, not -256, with kSaturate). Pinned by tests/unit/values/bit_field_test.cc.
std::optional<int64_t> field_set_to(FieldType type, int64_t value, Overflow overflow);

// What INCRBY stores. REQUIRES: current came from get_field with this type
std::optional<int64_t> field_increment(FieldType type, int64_t current, int64_t by, Overflow overflow);

}  // namespace values
