// Input: reads lengths, numbers and texts as RDB has them, from bytes that may say anything.
//
//   Input input(bytes);
//   for (uint64_t left = input.count(); left > 0; --left) use(input.text());
//   if (input.failed()) ...
//
// What is first wrong latches, and everything after it reads as nothing; loops over count() end all the same.
//
// Limits   the bytes are in memory as a whole (a file is mapped). A text is shorter than 4 GB.
// Threads  none of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "rdb/format.h"
#include "values/stream_id.h"

namespace rdb {

// A text that was read: it lies in the input, or here if it was an integer or compressed.
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view borrowed) : borrowed_(borrowed) {}
  explicit Text(std::string own) : own_(std::move(own)), owns_(true) {}

  std::string_view view() const { return owns_ ? std::string_view(own_) : borrowed_; }
  std::span<const uint8_t> bytes() const { return {reinterpret_cast<const uint8_t*>(view().data()), view().size()}; }

 private:
  std::string_view borrowed_;
  std::string own_;
  bool owns_ = false;
};

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  size_t at() const { return at_; }
  size_t left() const { return failed_ ? 0 : bytes_.size() - at_; }

  uint8_t byte() { return number<uint8_t>(); }
  std::string_view take(uint64_t count);
  template <typename T>
  T number() {
    T value{};
    const std::string_view from = take(sizeof value);
    if (!failed_) std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  uint64_t length();
  // A length that says how many things follow, of at least one byte each: more than are left are none.
  uint64_t count();
  Text text();
  void skip_text();
  // Not NaN.
  double score();
  double text_score();
  values::StreamId length_pair();
  values::StreamId sortable_id();
  // A point in time, or a duration: not below zero.
  int64_t milliseconds();

 private:
  uint64_t big_endian(int bytes);
  Text encoded_text(uint8_t encoding);
  Text compressed_text();

  std::string_view bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace rdb
