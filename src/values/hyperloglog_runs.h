// The runs of a sparse HyperLogLog (hyperloglog.h has the format): read from bytes that may be anything, and written.
//
// Threads  pure, over the caller's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace values {

struct Run {
  uint32_t first;   // register
  uint32_t length;  // registers
  uint8_t value;    // 0 for the two kinds of zeros
  uint8_t bytes;    // 1, or 2 for many zeros
};

class RunReader {
 public:
  static constexpr uint32_t kRegisters = 1 << 14;

  // Behind the header.
  explicit RunReader(std::string_view runs) : runs_(runs) {}

  // Where the next run stands.
  size_t at() const { return at_; }

  // False at the end, and where a run goes beyond the registers.
  bool next(Run& run) {
    const size_t before = at_;
    if (!next_unchecked(run)) return false;
    if (run.first + run.length <= kRegisters) return true;
    at_ = before;
    return false;
  }

  // False at the end alone.
  bool next_unchecked(Run& run) {
    if (at_ >= runs_.size()) return false;
    const auto head = static_cast<uint8_t>(runs_[at_]);
    if ((head & 0x80) != 0) {
      run = {register_, (head & 3U) + 1, static_cast<uint8_t>((head >> 2 & 31) + 1), 1};
    } else if ((head & 0x40) != 0) {
      // A second byte that is missing reads as zero, like the NUL that follows the reference's strings.
      const uint32_t low = at_ + 1 < runs_.size() ? static_cast<uint8_t>(runs_[at_ + 1]) : 0;
      run = {register_, ((head & 0x3FU) << 8 | low) + 1, 0, 2};
    } else {
      run = {register_, (head & 0x3FU) + 1, 0, 1};
    }
    at_ += run.bytes;
    register_ += run.length;
    return true;
  }

  // After the last next(): whether the runs were all the registers and no more.
  bool complete() const { return at_ >= runs_.size() && register_ == kRegisters; }

 private:
  std::string_view runs_;
  size_t at_ = 0;
  uint32_t register_ = 0;
};

// The few runs that take the place of one.
class RunWriter {
 public:
  static constexpr uint32_t kZerosMax = 64, kManyZerosMax = 1 << 14, kValueMax = 32, kValuesMax = 4;

  static char value_run(uint8_t value, uint32_t length) {
    return static_cast<char>(0x80U | (value - 1U) << 2 | (length - 1U));
  }

  void zeros(uint32_t length) {
    if (length == 0) return;
    if (length > kZerosMax) {
      put(0x40U | (length - 1) >> 8);
      put((length - 1) & 0xFF);
    } else {
      put(length - 1);
    }
  }
  void values(uint8_t value, uint32_t length) {
    if (length != 0) bytes_[size_++] = value_run(value, length);
  }
  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  void put(uint32_t byte) { bytes_[size_++] = static_cast<char>(byte); }

  char bytes_[5];
  size_t size_ = 0;
};

}  // namespace values
