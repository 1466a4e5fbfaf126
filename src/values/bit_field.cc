#include "values/bit_field.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/numbers.h"

namespace values {
namespace {

// Wide enough for every sum of two 64-bit numbers, signed or not.
using Wide = __int128;

Wide largest(FieldType type) { return (Wide{1} << (type.is_signed ? type.bits - 1 : type.bits)) - 1; }
Wide smallest(FieldType type) { return type.is_signed ? -(Wide{1} << (type.bits - 1)) : Wide{0}; }

// The lowest bits of `raw`, read as the type says.
int64_t interpret(FieldType type, uint64_t raw) {
  const unsigned unused = 64 - type.bits;
  if (type.is_signed) return static_cast<int64_t>(raw << unused) >> unused;
  return static_cast<int64_t>(raw << unused >> unused);
}

std::optional<int64_t> fit(FieldType type, Wide value, Overflow overflow) {
  const Wide low = smallest(type);
  const Wide high = largest(type);
  if (value >= low && value <= high) return static_cast<int64_t>(value);
  switch (overflow) {
    case Overflow::kFail: return std::nullopt;
    case Overflow::kSaturate: return static_cast<int64_t>(value > high ? high : low);
    case Overflow::kWrap: break;
  }
  return interpret(type, static_cast<uint64_t>(value));
}

// The bytes that a field touches, as one big-endian number with the field at `shift` bits from the right.
struct Window {
  size_t first;
  size_t count;
  unsigned shift;
};

Window window(FieldType type, uint64_t offset) {
  const uint64_t end = offset + type.bits;
  const uint64_t last = (end - 1) / 8;
  return {static_cast<size_t>(offset / 8), static_cast<size_t>(last - offset / 8 + 1),
          static_cast<unsigned>(8 * (last + 1) - end)};
}

unsigned __int128 load(std::string_view bytes, const Window& at) {
  unsigned __int128 number = 0;
  for (size_t i = at.first; i < at.first + at.count; ++i) {
    number = number << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  }
  return number;
}

constexpr uint64_t mask(unsigned bits) { return bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

}  // namespace

std::optional<FieldType> parse_field_type(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const std::optional<int64_t> bits = base::parse_int64(text.substr(1));
  if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) return std::nullopt;
  return FieldType{is_signed, static_cast<unsigned>(*bits)};
}

std::optional<uint64_t> parse_field_offset(std::string_view text, FieldType type, uint64_t bytes_max) {
  const bool counts_fields = !text.empty() && text[0] == '#';
  const std::optional<int64_t> number = base::parse_int64(counts_fields ? text.substr(1) : text);
  if (!number || (*number < 0 && !counts_fields)) return std::nullopt;
  const auto offset = static_cast<int64_t>(static_cast<uint64_t>(*number) * (counts_fields ? type.bits : 1));
  if (offset < 0 || static_cast<uint64_t>(offset) / 8 >= bytes_max) return std::nullopt;
  return static_cast<uint64_t>(offset);
}

int64_t get_field(std::string_view bytes, FieldType type, uint64_t offset) {
  DCHECK(type.bits >= 1);
  DCHECK(type.bits <= (type.is_signed ? 64 : 63));
  const Window at = window(type, offset);
  return interpret(type, static_cast<uint64_t>(load(bytes, at) >> at.shift));
}

void put_field(std::span<char> bytes, FieldType type, uint64_t offset, int64_t value) {
  CHECK(bytes.size() >= field_end(type, offset));
  const Window at = window(type, offset);
  const auto field = static_cast<unsigned __int128>(mask(type.bits)) << at.shift;
  const auto inserted = static_cast<unsigned __int128>(static_cast<uint64_t>(value)) << at.shift;
  unsigned __int128 number = load({bytes.data(), bytes.size()}, at);
  number = (number & ~field) | (inserted & field);
  for (size_t i = at.count; i-- > 0; number >>= 8) bytes[at.first + i] = static_cast<char>(number);
}

std::optional<int64_t> field_set_to(FieldType type, int64_t value, Overflow overflow) {
  if (!type.is_signed) return fit(type, Wide{static_cast<uint64_t>(value)}, overflow);
  // The reference asks for the room above the value, in 64 bits that wrap around for values this low.
  const bool wraps = type.bits < 64 && largest(type) - value > INT64_MAX;
  if (wraps && overflow == Overflow::kSaturate) return static_cast<int64_t>(largest(type));
  return fit(type, Wide{value}, overflow);
}

std::optional<int64_t> field_increment(FieldType type, int64_t current, int64_t by, Overflow overflow) {
  DCHECK(Wide{current} >= smallest(type));
  DCHECK(Wide{current} <= largest(type));
  return fit(type, Wide{current} + by, overflow);
}

}  // namespace values
