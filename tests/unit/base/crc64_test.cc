// Goal: the checksum is the one in RDB files, whatever way the bytes are cut.
// Method: a bit by bit division of polynomials in the order of the definition; then one DUMP payload of
// valkey-server 9.1.2.
#include "base/crc64.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "../seed.h"

namespace base {
namespace {

using namespace std::string_literals;

uint64_t reflect(uint64_t value, int bits) {
  uint64_t out = 0;
  for (int i = 0; i < bits; ++i) out |= (value >> i & 1) << (bits - 1 - i);
  return out;
}

uint64_t model(const std::string& bytes) {
  uint64_t remainder = 0;
  for (const char c : bytes) {
    remainder ^= reflect(static_cast<unsigned char>(c), 8) << 56;
    for (int i = 0; i < 8; ++i) {
      const bool high = (remainder >> 63) != 0;
      remainder <<= 1;
      if (high) remainder ^= 0xad93d23594c935a9;
    }
  }
  return reflect(remainder, 64);
}

TEST(Crc64, ZerosAndExchangedBytesAreFoundWithoutReadingThem) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 300; ++i) {
    const size_t count = i < 70 ? static_cast<size_t>(i) : random() % 5000;
    const uint64_t crc = random();
    EXPECT_EQ(crc64_zeros(crc, count), crc64(crc, std::string(count, '\0')));
    const std::string before = "REDIS0010", after = "VALKEY080", rest(count, static_cast<char>(random()));
    const uint64_t changed = crc64(0, before) ^ crc64(0, after);
    EXPECT_EQ(crc64(0, before + rest) ^ crc64_zeros(changed, count), crc64(0, after + rest));
  }
}

TEST(Crc64, MatchesTheModelInOnePieceAndInTwo) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const uint64_t expected = model(bytes);
    ASSERT_EQ(crc64(0, bytes), expected);
    const std::string_view all = bytes;
    const size_t cut = random() % (bytes.size() + 1);
    ASSERT_EQ(crc64(crc64(0, all.substr(0, cut)), all.substr(cut)), expected);
  }
}

TEST(Crc64, HasTheKnownValues) {
  EXPECT_EQ(crc64(0, ""), 0u);
  EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9ca);
  EXPECT_EQ(crc64(0, "\000\005\150\145\154\154\157\120\000"s), 0xfe4766fbe71658ac);  // DUMP of a key that holds "hello"
}

}  // namespace
}  // namespace base
