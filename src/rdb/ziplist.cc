#include "rdb/ziplist.h"

#include <cstring>

namespace rdb {

using structures::Element;

namespace {

constexpr uint8_t kEnd = 0xff;
constexpr uint8_t kLongLength = 254;
// A count that says nothing, since there may be more.
constexpr uint16_t kZiplistUnknownCount = 65535;
constexpr uint8_t kZipmapUnknownCount = 254;
constexpr size_t kZiplistHeaderBytes = 10;

// First bytes of a ziplist's encodings. Texts are told by two bits.
constexpr uint8_t kText14 = 1, kText32 = 2;  // and 0, with the size in the byte itself
constexpr uint8_t kInteger16 = 0xc0, kInteger32 = 0xd0, kInteger64 = 0xe0, kInteger24 = 0xf0, kInteger8 = 0xfe;
constexpr uint8_t kSmallFirst = 0xf1, kSmallLast = 0xfd;  // 0 to 12 in the byte itself

}  // namespace

bool ByteCursor::copy(void* to, size_t count) {
  if (count > left()) return false;
  std::memcpy(to, bytes_.data() + at_, count);
  at_ += count;
  return true;
}

bool ByteCursor::big_endian(uint64_t& out, size_t count) {
  if (count > left()) return false;
  for (; count > 0; --count) out = out << 8 | bytes_[at_++];
  return true;
}

bool ByteCursor::text(std::string_view& out, uint64_t count) {
  if (count > left()) return false;
  out = {reinterpret_cast<const char*>(bytes_.data()) + at_, count};
  at_ += count;
  return true;
}

ZiplistReader::ZiplistReader(std::span<const uint8_t> bytes) : cursor_(bytes) {
  uint32_t declared_bytes = 0;
  open_ = cursor_.number(declared_bytes) && cursor_.number(declared_last_) && cursor_.number(declared_count_) &&
          declared_bytes == bytes.size() && cursor_.left() > 0;
  last_at_ = kZiplistHeaderBytes;
}

// The end byte was met.
bool ZiplistReader::finish() {
  const bool count_right = declared_count_ == kZiplistUnknownCount || declared_count_ == count_;
  valid_ = cursor_.left() == 1 && count_right && declared_last_ == last_at_;
  return false;
}

bool ZiplistReader::next(Element& out) {
  if (!open_) return false;
  open_ = false;
  if (cursor_.left() == 0) return false;
  if (cursor_.peek() == kEnd) return finish();
  last_at_ = cursor_.at();
  if (!read_previous_bytes() || cursor_.left() == 0 || !read_value(out)) return false;
  previous_bytes_ = cursor_.at() - last_at_;
  ++count_;
  open_ = true;
  return true;
}

bool ZiplistReader::read_previous_bytes() {
  uint8_t first = 0;
  if (!cursor_.number(first)) return false;
  uint32_t bytes = first;
  if (first == kLongLength && !cursor_.number(bytes)) return false;
  return bytes == previous_bytes_;
}

template <typename T>
bool ZiplistReader::read_integer(Element& out) {
  T value{};
  if (!cursor_.number(value)) return false;
  out = Element(int64_t{value});
  return true;
}

bool ZiplistReader::read_value(Element& out) {
  uint8_t first = 0;
  cursor_.number(first);
  if (first >> 6 < 3) {
    uint64_t size = first & 0x3f;
    if (first >> 6 == kText14 && !cursor_.big_endian(size, 1)) return false;
    if (first >> 6 == kText32) {
      size = 0;
      if (first != kText32 << 6 || !cursor_.big_endian(size, 4)) return false;
    }
    std::string_view text;
    if (!cursor_.text(text, size)) return false;
    out = Element(text);
    return true;
  }
  if (first >= kSmallFirst && first <= kSmallLast) {
    out = Element(int64_t{first} - kSmallFirst);
    return true;
  }
  switch (first) {
    case kInteger8: return read_integer<int8_t>(out);
    case kInteger16: return read_integer<int16_t>(out);
    case kInteger32: return read_integer<int32_t>(out);
    case kInteger64: return read_integer<int64_t>(out);
    case kInteger24: {
      uint16_t low = 0;
      int8_t high = 0;
      if (!cursor_.number(low) || !cursor_.number(high)) return false;
      out = Element(int64_t{high} * 65536 + low);
      return true;
    }
    default: return false;
  }
}

ZipmapReader::ZipmapReader(std::span<const uint8_t> bytes) : cursor_(bytes) { open_ = cursor_.number(declared_count_); }

// In no more bytes than it needs: a length in another form than its reader expects has been a way to read beyond.
bool ZipmapReader::read_length(uint64_t& out) {
  uint8_t first = 0;
  if (!cursor_.number(first) || first > kLongLength) return false;
  out = first;
  if (first < kLongLength) return true;
  uint32_t large = 0;
  if (!cursor_.number(large) || large < kLongLength) return false;
  out = large;
  return true;
}

bool ZipmapReader::next(std::string_view& key, std::string_view& value) {
  if (!open_) return false;
  open_ = false;
  if (cursor_.left() == 0) return false;
  if (cursor_.peek() == kEnd) {
    const bool count_right = declared_count_ >= kZipmapUnknownCount || declared_count_ == count_;
    valid_ = cursor_.left() == 1 && count_right;
    return false;
  }
  uint64_t size = 0;
  uint8_t unused = 0;
  std::string_view skipped;
  if (!read_length(size) || !cursor_.text(key, size)) return false;
  if (!read_length(size) || !cursor_.number(unused) || !cursor_.text(value, size)) return false;
  if (!cursor_.text(skipped, unused)) return false;
  ++count_;
  open_ = true;
  return true;
}

}  // namespace rdb
