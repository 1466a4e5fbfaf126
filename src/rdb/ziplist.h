// Readers of two forms in which small collections were held before listpacks: ziplist and zipmap. Nobody writes them
// any more; old files and payloads have them.
//
//   ziplist := bytes:32 last:32 count:16 entry* 0xff        little endian; `last` is where the last entry begins
//   entry   := bytes of the entry before (1 byte, or 254 and 4), encoding, data
//   zipmap  := count:8 (key-bytes key value-bytes free:8 value unused*)* 0xff
//              a length is a byte below 254, or 254 and 4 bytes
//
// Shape    next() gives one element after the other. When there is none left, valid() says whether all was right; what
//          was given before that must not be used otherwise.
// Threads  none of their own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "structures/listpack.h"

namespace rdb {

// The bytes that are left of a small thing, as its reader goes through them.
class ByteCursor {
 public:
  explicit ByteCursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }
  // They say whether there were so many.
  template <typename T>
  bool number(T& out) {
    return copy(&out, sizeof out);
  }
  bool big_endian(uint64_t& out, size_t count);
  bool text(std::string_view& out, uint64_t count);
  // REQUIRES: left() > 0
  uint8_t peek() const { return bytes_[at_]; }

 private:
  bool copy(void* to, size_t count);

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

class ZiplistReader {
 public:
  explicit ZiplistReader(std::span<const uint8_t> bytes);
  bool next(structures::Element& out);
  bool valid() const { return valid_; }

 private:
  bool finish();
  bool read_previous_bytes();
  bool read_value(structures::Element& out);
  template <typename T>
  bool read_integer(structures::Element& out);

  ByteCursor cursor_;
  uint32_t declared_last_ = 0;
  uint16_t declared_count_ = 0;
  uint64_t count_ = 0;
  size_t last_at_ = 0;
  uint64_t previous_bytes_ = 0;
  bool valid_ = false;
  bool open_ = false;
};

class ZipmapReader {
 public:
  explicit ZipmapReader(std::span<const uint8_t> bytes);
  bool next(std::string_view& key, std::string_view& value);
  bool valid() const { return valid_; }

 private:
  bool read_length(uint64_t& out);

  ByteCursor cursor_;
  uint8_t declared_count_ = 0;
  uint64_t count_ = 0;
  bool valid_ = false;
  bool open_ = false;
};

}  // namespace rdb
