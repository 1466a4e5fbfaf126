#include "rdb/input.h"

#include <liblzf/lzf.h>

#include <cmath>
#include <limits>

#include "base/numbers.h"

namespace rdb {
namespace {

// Three compressed bytes stand for 264 at most, so no text is larger than this times its compressed bytes: nothing is
// allocated for a size that is a lie.
constexpr uint64_t kExpansionMax = 88;

}  // namespace

std::string_view Input::take(uint64_t count) {
  if (count > left()) {
    failed_ = true;
    return {};
  }
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

uint64_t Input::big_endian(int bytes) {
  uint64_t value = 0;
  for (const char part : take(static_cast<uint64_t>(bytes))) value = value << 8 | static_cast<uint8_t>(part);
  return value;
}

uint64_t Input::length() {
  const uint8_t first = byte();
  if (failed_) return 0;
  switch (first >> 6) {
    case 0: return first;
    case kLength14: return static_cast<uint64_t>(first & 0x3f) << 8 | byte();
    case kLengthEncoded: break;
    default:
      if (first == kLength32) return big_endian(4);
      if (first == kLength64) return big_endian(8);
  }
  failed_ = true;
  return 0;
}

uint64_t Input::count() {
  const uint64_t value = length();
  if (value > left()) failed_ = true;
  return failed_ ? 0 : value;
}

Text Input::compressed_text() {
  const uint64_t compressed_bytes = count();
  const uint64_t size = length();
  const std::string_view from = take(compressed_bytes);
  if (failed_ || size == 0 || size >= UINT32_MAX || size > compressed_bytes * kExpansionMax) {
    failed_ = true;
    return {};
  }
  std::string room(size, '\0');
  const unsigned made =
      lzf_decompress(from.data(), static_cast<unsigned>(from.size()), room.data(), static_cast<unsigned>(room.size()));
  if (made != size) {
    failed_ = true;
    return {};
  }
  return Text(std::move(room));
}

Text Input::encoded_text(uint8_t encoding) {
  int64_t value = 0;
  switch (static_cast<TextEncoding>(encoding)) {
    case TextEncoding::kInteger8: value = number<int8_t>(); break;
    case TextEncoding::kInteger16: value = number<int16_t>(); break;
    case TextEncoding::kInteger32: value = number<int32_t>(); break;
    case TextEncoding::kLzf: return compressed_text();
    default: failed_ = true;
  }
  char buffer[base::kInt64Chars];
  return Text(std::string(base::format_int64(value, buffer)));
}

Text Input::text() {
  if (left() == 0) {
    failed_ = true;
    return {};
  }
  const auto first = static_cast<uint8_t>(bytes_[at_]);
  if (first >> 6 == kLengthEncoded) {
    ++at_;
    return encoded_text(first & 0x3f);
  }
  const uint64_t size = length();
  if (size >= UINT32_MAX) failed_ = true;
  return Text(take(size));
}

void Input::skip_text() {
  const uint8_t first = left() == 0 ? 0 : static_cast<uint8_t>(bytes_[at_]);
  if (first >> 6 != kLengthEncoded) {
    take(length());
    return;
  }
  ++at_;
  switch (static_cast<TextEncoding>(first & 0x3f)) {
    case TextEncoding::kInteger8: take(sizeof(int8_t)); break;
    case TextEncoding::kInteger16: take(sizeof(int16_t)); break;
    case TextEncoding::kInteger32: take(sizeof(int32_t)); break;
    case TextEncoding::kLzf: {
      const uint64_t compressed_bytes = length();
      length();
      take(compressed_bytes);
      break;
    }
    default: failed_ = true;
  }
}

double Input::score() {
  const auto value = number<double>();
  if (std::isnan(value)) failed_ = true;
  return value;
}

double Input::text_score() {
  const uint8_t size = byte();
  switch (size) {
    case kScoreNan: failed_ = true; return 0;
    case kScoreInfinite: return std::numeric_limits<double>::infinity();
    case kScoreMinusInfinite: return -std::numeric_limits<double>::infinity();
    default: break;
  }
  const auto value = base::parse_double(take(size));
  if (!value || std::isnan(*value)) failed_ = true;
  return value.value_or(0);
}

values::StreamId Input::length_pair() {
  const uint64_t ms = length();
  return {ms, length()};
}

values::StreamId Input::sortable_id() {
  const uint64_t ms = big_endian(8);
  return {ms, big_endian(8)};
}

int64_t Input::milliseconds() {
  const auto value = number<int64_t>();
  if (value < 0) failed_ = true;
  return value;
}

}  // namespace rdb
