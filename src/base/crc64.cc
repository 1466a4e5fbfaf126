#include "base/crc64.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace base {
namespace {

constexpr uint64_t kReflectedPolynomial = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9, the lowest bit first

// tables[n][b]: what byte b becomes after n more zero bytes.
using Tables = std::array<std::array<uint64_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (size_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kReflectedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t byte = 0; byte < 256; ++byte) {
    for (size_t n = 1; n < 8; ++n) {
      const uint64_t before = tables[n - 1][byte];
      tables[n][byte] = tables[0][before & 0xff] ^ before >> 8;
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint64_t load_little_endian(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

}  // namespace

uint64_t crc64(uint64_t crc, std::string_view bytes) {
  while (bytes.size() >= 8) {
    const uint64_t word = crc ^ load_little_endian(bytes.data());
    // The first byte has seven more behind it in this word, the last none.
    crc = kTables[7][word & 0xff] ^ kTables[6][word >> 8 & 0xff] ^ kTables[5][word >> 16 & 0xff] ^
          kTables[4][word >> 24 & 0xff] ^ kTables[3][word >> 32 & 0xff] ^ kTables[2][word >> 40 & 0xff] ^
          kTables[1][word >> 48 & 0xff] ^ kTables[0][word >> 56];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) crc = kTables[0][(crc ^ static_cast<uint8_t>(c)) & 0xff] ^ crc >> 8;
  return crc;
}

namespace {

// A linear map of 64 bits: what each bit becomes.
using Matrix = std::array<uint64_t, 64>;

uint64_t apply(const Matrix& matrix, uint64_t bits) {
  uint64_t result = 0;
  for (size_t at = 0; bits != 0; ++at, bits >>= 1) {
    if ((bits & 1) != 0) result ^= matrix[at];
  }
  return result;
}

}  // namespace

uint64_t crc64_zeros(uint64_t crc, uint64_t count) {
  Matrix step;  // one byte, then two, four...
  for (size_t at = 0; at < step.size(); ++at) step[at] = crc64(uint64_t{1} << at, std::string_view("\0", 1));
  for (; count != 0; count >>= 1) {
    if ((count & 1) != 0) crc = apply(step, crc);
    Matrix twice;
    for (size_t at = 0; at < step.size(); ++at) twice[at] = apply(step, step[at]);
    step = twice;
  }
  return crc;
}

}  // namespace base
