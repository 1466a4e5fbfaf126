#include "rdb/output.h"

#include <liblzf/lzf.h>

#include <limits>

#include "base/numbers.h"

namespace rdb {
namespace {

// The longest text that may be an integer of 32 bits.
constexpr size_t kIntegerBytesMax = 11;
// Shorter texts are not compressed, nor are those that would shrink by less.
constexpr size_t kCompressBytesMin = 21;
constexpr size_t kCompressGainMin = 4;

constexpr uint8_t encoded(TextEncoding encoding) {
  return static_cast<uint8_t>(kLengthEncoded << 6 | static_cast<uint8_t>(encoding));
}

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

void Output::big_endian(uint64_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) byte(static_cast<uint8_t>(value >> shift));
}

void Output::length(uint64_t value) {
  if (value < 1 << 6) {
    byte(static_cast<uint8_t>(value));
  } else if (value < 1 << 14) {
    byte(static_cast<uint8_t>(kLength14 << 6 | value >> 8));
    byte(static_cast<uint8_t>(value));
  } else if (value <= UINT32_MAX) {
    byte(kLength32);
    big_endian(value, 4);
  } else {
    byte(kLength64);
    big_endian(value, 8);
  }
}

void Output::sortable(values::StreamId id) {
  big_endian(id.ms, 8);
  big_endian(id.sequence, 8);
}

// False if the text is no integer that is held as one.
bool Output::integer(std::string_view text) {
  if (text.size() > kIntegerBytesMax) return false;
  const auto value = base::parse_int64(text);
  if (!value || !fits<int32_t>(*value)) return false;
  if (fits<int8_t>(*value)) {
    byte(encoded(TextEncoding::kInteger8));
    number(static_cast<int8_t>(*value));
  } else if (fits<int16_t>(*value)) {
    byte(encoded(TextEncoding::kInteger16));
    number(static_cast<int16_t>(*value));
  } else {
    byte(encoded(TextEncoding::kInteger32));
    number(static_cast<int32_t>(*value));
  }
  return true;
}

void Output::compressed(std::string_view bytes, uint64_t size) {
  byte(encoded(TextEncoding::kLzf));
  length(bytes.size());
  length(size);
  bytes_.append(bytes);
}

void Output::text(std::string_view text) {
  if (integer(text)) return;
  if (compress_ && text.size() >= kCompressBytesMin && text.size() <= UINT32_MAX) {
    std::string room(text.size() - kCompressGainMin, '\0');
    const unsigned size =
        lzf_compress(text.data(), static_cast<unsigned>(text.size()), room.data(), static_cast<unsigned>(room.size()));
    if (size > 0) return compressed(std::string_view(room).substr(0, size), text.size());
  }
  length(text.size());
  bytes_.append(text);
}

void Output::text(const structures::Element& element) {
  structures::Element::Buffer buffer;
  text(element.text(buffer));
}

}  // namespace rdb
