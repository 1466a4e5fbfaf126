// Output: writes lengths, numbers and texts as RDB has them behind a string.
//
// Cost     a text is read once, and compressed where that pays, if `compress` says so.
// Threads  none of its own.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/format.h"
#include "structures/listpack.h"
#include "values/stream_id.h"

namespace rdb {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

class Output {
 public:
  Output(std::string& bytes, bool compress) : bytes_(bytes), compress_(compress) {}

  // `key` follows the type, if there is one.
  void type(ValueType type, const std::optional<std::string_view>& key = std::nullopt) {
    byte(static_cast<uint8_t>(type));
    if (key) text(*key);
  }
  void opcode(Opcode opcode) { byte(static_cast<uint8_t>(opcode)); }
  void length(uint64_t value);
  void text(std::string_view text);
  void text(const structures::Element& element);
  // A text that was compressed already, and that is `size` bytes long otherwise.
  void compressed(std::string_view bytes, uint64_t size);
  void score(double score) { number(score); }
  void milliseconds(int64_t value) { number(value); }
  void byte(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void length_pair(values::StreamId id) {
    length(id.ms);
    length(id.sequence);
  }
  // Sixteen bytes that sort as the ids do.
  void sortable(values::StreamId id);

 private:
  void big_endian(uint64_t value, int count);
  template <typename T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  bool integer(std::string_view text);

  std::string& bytes_;
  bool compress_;
};

}  // namespace rdb
