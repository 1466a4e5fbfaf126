// HyperLogLog: the number of distinct elements, estimated from the bytes of a string value.
//
// Shape    header   := "HYLL" encoding:8 unused:24 count:64    16 bytes; encoding 0 is dense, 1 sparse; the count is
// the
//                      last estimate, and void while its highest bit is set
//          dense    := register:6 * 16384                      from the lowest bit of each byte up
//          sparse   := run*                                    in the order of the registers, all 16384 of them
//          run      := 00 length-1:6                           zeros, up to 64
//                    | 01 length-1:14                          zeros, up to 16384, high byte first
//                    | 1 value-1:5 length-1:2                  equal values up to 32, up to 4 of them
//          Bytes equal the reference's after the same commands: the same runs are split, merged and promoted.
// Cost     an element into a dense one O(1), into a sparse one O(runs); a count or a merge O(16384).
// Threads  pure functions over bytes that the caller owns or holds locked.
// Errors   bytes may be anything that a client stored: runs that do not add up to 16384 registers are corrupt.
// Source   Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017); Appleby's MurmurHash64A;
//          valkey-server 9.1.2, compared byte for byte (tests/differential).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace values {

class HyperLogLog {
 public:
  static constexpr size_t kHeaderBytes = 16;
  static constexpr uint32_t kRegisters = 1 << 14;
  static constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;
  using Registers = std::array<uint8_t, kRegisters>;

  // What an element does: it raises one register to a rank, if it is lower.
  struct Mark {
    uint32_t index;
    uint8_t rank;  // 1 to 51
  };
  static Mark mark_of(std::string_view element);

  // A sparse one without elements.
  static std::string_view empty();

  // A view of the bytes, if their header is right.
  static std::optional<HyperLogLog> of(std::string_view bytes);

  bool dense() const { return bytes_[4] == 0; }
  std::optional<uint64_t> cached_count() const;
  // nullopt, false: corrupt.
  std::optional<uint64_t> count() const;
  bool raise(Registers& registers) const;
  // REQUIRES: dense().
  uint8_t dense_register(uint32_t index) const;
  // The runs as "Z:12 z:3 v:2,1", in text. REQUIRES: !dense().
  std::string runs_text() const;

 private:
  explicit HyperLogLog(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes_;
};

uint64_t count_registers(const HyperLogLog::Registers& registers);

// Changing. The bytes are a HyperLogLog's: HyperLogLog::of() took them.

enum class Raised : uint8_t { kNo, kYes, kCorrupt };

// Raises a register; the count becomes void if it rose. A sparse one that would grow beyond `sparse_max_bytes`, or has
// no run for the rank, becomes dense. A corrupt one may have become dense too, and is not otherwise changed.
Raised raise_register(std::string& bytes, HyperLogLog::Mark mark, size_t sparse_max_bytes);
// The same within a dense one. True if it rose.
bool raise_dense_register(std::span<char> bytes, HyperLogLog::Mark mark);
// False: corrupt.
bool make_dense(std::string& bytes);
// Writes all registers of a dense one.
void set_dense_registers(std::span<char> bytes, const HyperLogLog::Registers& registers);
void cache_count(std::span<char> bytes, uint64_t count);
void void_count(std::span<char> bytes);

}  // namespace values
