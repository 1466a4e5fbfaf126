// ListpackEntry: an entry of a listpack before it is written, and the encodings that entries have.
//
// Cost     a text is read once, to see whether it is an integer.
// Limits   4 GB a text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/numbers.h"

namespace structures {

// The first byte of an entry. Below kListpackText6 it is the number itself.
constexpr uint8_t kListpackText6 = 0x80;
constexpr uint8_t kListpackInteger13 = 0xc0;
constexpr uint8_t kListpackText12 = 0xe0;
constexpr uint8_t kListpackText32 = 0xf0;
constexpr uint8_t kListpackInteger16 = 0xf1;
constexpr uint8_t kListpackInteger24 = 0xf2;
constexpr uint8_t kListpackInteger32 = 0xf3;
constexpr uint8_t kListpackInteger64 = 0xf4;

inline uint32_t listpack_backlen_bytes(uint64_t body) {
  if (body <= 127) return 1;
  if (body < (1u << 14)) return 2;
  if (body < (1u << 21)) return 3;
  return body < (1u << 28) ? 4 : 5;
}

// Seven bits a byte, the highest first; every byte but the first says that another lies before it.
inline uint8_t* write_listpack_backlen(uint8_t* out, uint64_t body) {
  const uint32_t bytes = listpack_backlen_bytes(body);
  for (uint32_t i = bytes; i-- > 0; body >>= 7) out[i] = static_cast<uint8_t>((body & 0x7f) | (i > 0 ? 0x80 : 0));
  return out + bytes;
}

// An entry before it is written: its encoding (with the data of an integer), and the text that follows.
class ListpackEntry {
 public:
  explicit ListpackEntry(int64_t integer) { encode(integer); }
  explicit ListpackEntry(std::string_view text) {
    if (const auto integer = base::parse_int64(text)) {
      encode(*integer);
      return;
    }
    text_ = text;
    if (text.size() < 64) {
      head_[0] = static_cast<uint8_t>(kListpackText6 | text.size());
    } else if (text.size() < 4096) {
      head_[0] = static_cast<uint8_t>(kListpackText12 | text.size() >> 8);
      head_[1] = static_cast<uint8_t>(text.size());
      head_bytes_ = 2;
    } else {
      CHECK(text.size() <= UINT32_MAX - 64);
      head_[0] = kListpackText32;
      const auto size = static_cast<uint32_t>(text.size());
      std::memcpy(head_ + 1, &size, sizeof size);
      head_bytes_ = 5;
    }
  }

  uint64_t bytes() const { return body() + listpack_backlen_bytes(body()); }
  uint8_t* write(uint8_t* out) const {
    DCHECK(head_bytes_ <= sizeof head_);  // or GCC 12 warns in the sanitizer builds
    std::memcpy(out, head_, head_bytes_);
    if (!text_.empty()) std::memcpy(out + head_bytes_, text_.data(), text_.size());
    return write_listpack_backlen(out + body(), body());
  }

 private:
  uint64_t body() const { return head_bytes_ + text_.size(); }

  void encode(int64_t value) {
    if (value >= 0 && value < 128) {
      head_[0] = static_cast<uint8_t>(value);
    } else if (value >= -(1 << 12) && value < (1 << 12)) {
      const auto bits = static_cast<uint64_t>(value) & 0x1fff;
      head_[0] = static_cast<uint8_t>(kListpackInteger13 | bits >> 8);
      head_[1] = static_cast<uint8_t>(bits);
      head_bytes_ = 2;
    } else if (value >= INT16_MIN && value <= INT16_MAX) {
      encode_wide(kListpackInteger16, value, 2);
    } else if (value >= -(1 << 23) && value < (1 << 23)) {
      encode_wide(kListpackInteger24, value, 3);
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
      encode_wide(kListpackInteger32, value, 4);
    } else {
      encode_wide(kListpackInteger64, value, 8);
    }
  }

  void encode_wide(uint8_t first, int64_t value, uint32_t bytes) {
    head_[0] = first;
    std::memcpy(head_ + 1, &value, bytes);
    head_bytes_ = 1 + bytes;
  }

  uint8_t head_[9];
  uint32_t head_bytes_ = 1;
  std::string_view text_;
};

}  // namespace structures
