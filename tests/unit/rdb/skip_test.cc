// Goal: a value ends where skip_value() says, and no bytes whatever make it go past their end.
// Method: recorded payloads (recorded.h) beside read_value(), each alone and with others behind it; all of their
// prefixes, and all of their bytes exchanged, in buffers of exactly their size, so that ASan sees a byte too many.
#include "rdb/skip_value.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "rdb/read_value.h"
#include "recorded.h"

namespace rdb {
namespace {

constexpr Limits kLimits{.list = {-2, 0}, .set = {512, 128, 64}, .sorted_set = {128, 64}, .hash = {512, 64}};

// Bytes in a block of their own, without a zero behind them.
class Exactly {
 public:
  explicit Exactly(std::string_view bytes) : memory_(new char[bytes.size()]), size_(bytes.size()) {
    if (size_ > 0) std::memcpy(memory_.get(), bytes.data(), size_);
  }
  std::string_view view() const { return {memory_.get(), size_}; }

 private:
  std::unique_ptr<char[]> memory_;
  size_t size_;
};

struct Skipped {
  bool known = false;
  bool failed = false;
  size_t end = 0;
};

Skipped skip(std::string_view bytes) {
  Input input(bytes);
  const auto type = static_cast<ValueType>(input.byte());
  const bool known = skip_value(input, type);
  EXPECT_LE(input.at(), bytes.size());
  return {known, input.failed(), input.at()};
}

TEST(Skip, EveryRecordedOneEndsWhereItsReaderSays) {
  for (const Recorded& recorded : kRecorded) {
    for (const std::string_view behind : {"", "\xff", "more that follows it"}) {
      const std::string bytes = recorded.bytes() + std::string(behind);
      Input input(bytes);
      ASSERT_TRUE(static_cast<bool>(read_value(input, recorded.version, kLimits))) << recorded.name;
      const Skipped skipped = skip(bytes);
      EXPECT_TRUE(skipped.known && !skipped.failed) << recorded.name;
      EXPECT_EQ(skipped.end, input.at()) << recorded.name;
      EXPECT_EQ(skipped.end, recorded.bytes().size()) << recorded.name;
    }
  }
}

// A value has no end before its last byte: so each of its prefixes fails.
TEST(Skip, EveryPrefixOfARecordedOneFails) {
  for (const Recorded& recorded : kRecorded) {
    const std::string bytes = recorded.bytes();
    for (size_t at = 0; at < bytes.size(); ++at) {
      const Exactly cut(std::string_view(bytes).substr(0, at));
      EXPECT_TRUE(skip(cut.view()).failed) << recorded.name << " " << at;
    }
  }
}

// What read_value() accepts ends where it says; of the rest only that it is not overrun.
TEST(Skip, WhateverTheBytesAreItStaysWithinThem) {
  int accepted = 0;
  for (const Recorded& recorded : kRecorded) {
    const std::string bytes = recorded.bytes();
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int change : {1, 2, 3, 16, 64, 127, 128, 192, 255}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] + change);
        const Exactly damaged(changed);
        const Skipped skipped = skip(damaged.view());
        Input input(damaged.view());
        const auto value = read_value(input, recorded.version, kLimits);
        if (!value) continue;
        ++accepted;
        EXPECT_TRUE(skipped.known && !skipped.failed) << recorded.name << " " << at << " " << change;
        EXPECT_EQ(skipped.end, input.at()) << recorded.name << " " << at << " " << change;
      }
    }
  }
  EXPECT_GT(accepted, 1'000);
}

TEST(Skip, NobodyKnowsWhereAModulesValueEnds) {
  const std::string bytes = "\x07\x81";
  for (int type = 0; type < 256; ++type) {
    Input input(bytes);
    const bool is_known = type <= 25 && type != 6 && type != 7 && type != 8 && type != 23;
    EXPECT_EQ(skip_value(input, static_cast<ValueType>(type)), is_known) << type;
  }
}

TEST(Skip, ALengthThatIsALieIsNotFollowed) {
  // Lengths of 2^32 - 1 and 2^64 - 1 elements, texts of so many bytes, and a compressed text of as many.
  for (const std::string_view lie : {"\x80\xff\xff\xff\xff", "\x81\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    for (const char type : {0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 16, 18, 19, 21, 22}) {
      EXPECT_TRUE(skip(std::string(1, type) + std::string(lie) + "abc").failed) << int{type};
    }
    EXPECT_TRUE(skip(std::string("\x00\xc3", 2) + std::string(lie) + "\x05" + "abc").failed);
    EXPECT_TRUE(skip(std::string("\x01\x02\x01x", 4) + std::string(lie) + "abc").failed);
  }
}

}  // namespace
}  // namespace rdb
