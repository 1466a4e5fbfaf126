// Goal: what Output writes, Input reads, byte for byte as the format says; what lies about itself is refused.
// Method: boundaries with their bytes, random texts there and back, and lies.
#include <gtest/gtest.h>

#include "../seed.h"
#include "base/random.h"
#include "rdb/input.h"
#include "rdb/output.h"
#include "rdb/payload.h"
#include "rdb/ziplist.h"

namespace rdb {
namespace {

std::string length_bytes(uint64_t value) {
  std::string bytes;
  Output(bytes, true).length(value);
  return bytes;
}

std::string text_bytes(std::string_view text, bool compress = true) {
  std::string bytes;
  Output(bytes, compress).text(text);
  return bytes;
}

std::string read_text(std::string_view bytes, bool& failed) {
  Input input(bytes);
  const Text text = input.text();
  failed = input.failed() || input.left() != 0;
  return std::string(text.view());
}

TEST(Length, HasTheShortestOfItsFourForms) {
  EXPECT_EQ(length_bytes(0), std::string(1, '\0'));
  EXPECT_EQ(length_bytes(63), "\x3f");
  EXPECT_EQ(length_bytes(64), "\x40\x40");
  EXPECT_EQ(length_bytes(16383), "\x7f\xff");
  EXPECT_EQ(length_bytes(16384), std::string("\x80\x00\x00\x40\x00", 5));
  EXPECT_EQ(length_bytes(UINT32_MAX), "\x80\xff\xff\xff\xff");
  EXPECT_EQ(length_bytes(uint64_t{1} << 32), std::string("\x81\x00\x00\x00\x01\x00\x00\x00\x00", 9));
  for (int bit = 0; bit < 64; ++bit) {
    for (const uint64_t value : {uint64_t{1} << bit, (uint64_t{1} << bit) - 1, ~(uint64_t{1} << bit)}) {
      const std::string bytes = length_bytes(value);
      Input input(bytes);
      EXPECT_EQ(input.length(), value);
      EXPECT_FALSE(input.failed());
      EXPECT_EQ(input.left(), 0U);
    }
  }
}

TEST(Length, OfNoFormOrCutShortIsRefused) {
  for (const std::string bytes : {"", "\x40", "\x80\x01\x01\x01", "\x81\x01", "\x82\x01\x01\x01\x01", "\xc0", "\xff"}) {
    Input input(bytes);
    input.length();
    EXPECT_TRUE(input.failed()) << bytes;
  }
}

TEST(Length, ACountOfMoreThanIsLeftIsRefused) {
  Input input("\x03xx");
  EXPECT_EQ(input.count(), 0U);
  EXPECT_TRUE(input.failed());
}

TEST(Text, IntegersUpTo32BitsAreHeldAsSuch) {
  EXPECT_EQ(text_bytes("0"), std::string("\xc0\x00", 2));
  EXPECT_EQ(text_bytes("-128"), "\xc0\x80");
  EXPECT_EQ(text_bytes("128"), std::string("\xc1\x80\x00", 3));
  EXPECT_EQ(text_bytes("-32769"), "\xc2\xff\x7f\xff\xff");
  EXPECT_EQ(text_bytes("2147483647"), "\xc2\xff\xff\xff\x7f");
  EXPECT_EQ(text_bytes("2147483648"),
            "\x0a"
            "2147483648");
  for (const std::string_view other : {"007", "-0", "+1", "1.0", "", " 1"})
    EXPECT_EQ(text_bytes(other)[0], static_cast<char>(other.size()));
}

TEST(Text, ComesBackAsItWas) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const uint64_t letters = 1 + random.below(round % 2 == 0 ? 3 : 256);
    for (uint64_t left = random.below(200); left > 0; --left)
      text.push_back(static_cast<char>(random.below(letters) + 48));
    bool failed = false;
    EXPECT_EQ(read_text(text_bytes(text, round % 3 != 0), failed), text);
    EXPECT_FALSE(failed);
  }
}

TEST(Text, IsCompressedWhereThatPaysAndNotOtherwise) {
  EXPECT_EQ(text_bytes(std::string(20, 'a')).size(), 21U);
  EXPECT_LT(text_bytes(std::string(21, 'a')).size(), 16U);
  EXPECT_EQ(text_bytes(std::string(21, 'a'), false).size(), 22U);
}

TEST(Text, CompressedThatLiesAboutItsSizeIsRefusedBeforeAnythingIsAllocated) {
  for (const std::string_view lie : {
           std::string_view("\xc3\x03\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                            "abc",
                            14),
           std::string_view("\xc3\x03\x80\x7f\xff\xff\xff"
                            "abc",
                            10),
           std::string_view("\xc3\x03\x00"
                            "abc",
                            6),
           std::string_view("\xc3\x04\x05\x02"
                            "abc",
                            7),
           std::string_view("\xc3\x3f\x05\x02"
                            "abc",
                            7),
       }) {
    bool failed = false;
    read_text(lie, failed);
    EXPECT_TRUE(failed);
  }
  bool failed = true;
  EXPECT_EQ(read_text(std::string_view("\xc3\x04\x03\x02"
                                       "abc",
                                       7),
                      failed),
            "abc");
  EXPECT_FALSE(failed);
}

TEST(Payload, OpensWithARightChecksumAndAKnownVersionOnly) {
  for (const uint16_t version : {1, 6, 9, 10, 11, 12, 80}) {
    std::string bytes(
        "\x00\x01"
        "a",
        3);
    seal_payload(bytes, version);
    const auto payload = open_payload(bytes, false);
    ASSERT_TRUE(payload) << version;
    EXPECT_EQ(payload->version, version);
    EXPECT_EQ(payload->value, std::string_view("\x00\x01"
                                               "a",
                                               3));
    for (size_t at = 0; at < bytes.size(); ++at) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 1);
      EXPECT_FALSE(open_payload(damaged, true)) << at;
      EXPECT_FALSE(open_payload(bytes.substr(0, at), true)) << at;
    }
  }
  for (const uint16_t version : {0, 13, 79, 81}) {
    std::string bytes(
        "\x00\x01"
        "a",
        3);
    seal_payload(bytes, version);
    EXPECT_FALSE(open_payload(bytes, false)) << version;
    EXPECT_EQ(open_payload(bytes, true).has_value(), version != 0) << version;
  }
}

// Every cut and every changed byte of a ziplist either is noticed, or leaves a ziplist of elements within its bytes.
TEST(Ziplist, IsReadWithinItsBytesWhateverTheySay) {
  const std::string whole(
      "\x13\x00\x00\x00\x0e\x00\x00\x00\x03\x00\x00\x01"
      "a\x03\xfe\xfb\x03\xf6\xff",
      19);
  const auto read = [](const std::string& bytes) {
    ZiplistReader reader({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    std::vector<std::string> elements;
    for (structures::Element element(0); reader.next(element);) {
      structures::Element::Buffer buffer;
      elements.emplace_back(element.text(buffer));
    }
    if (!reader.valid()) elements.assign(1, "invalid");
    return elements;
  };
  std::string bytes = whole;
  bytes[4] = 16;
  EXPECT_EQ(read(bytes), (std::vector<std::string>{"a", "-5", "5"}));
  EXPECT_EQ(read(whole), std::vector<std::string>{"invalid"});  // its last entry lies elsewhere
  for (size_t at = 0; at < bytes.size(); ++at) {
    EXPECT_EQ(read(bytes.substr(0, at)), std::vector<std::string>{"invalid"});
    for (int value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      for (const std::string& element : read(damaged)) EXPECT_LE(element.size(), 20U);
    }
  }
}

TEST(Zipmap, ALengthInMoreBytesThanItNeedsIsRefused) {
  const auto read = [](std::string_view bytes) {
    ZipmapReader reader({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    std::string all;
    std::string_view key, value;
    while (reader.next(key, value)) all.append(key).append("=").append(value).append(" ");
    return reader.valid() ? all : "invalid";
  };
  EXPECT_EQ(read(std::string_view("\x02\x01"
                                  "k\x01\x02"
                                  "vuu\x01"
                                  "l\x00\x00\xff",
                                  13)),
            "k=v l= ");
  EXPECT_EQ(read(std::string_view("\x01\xfe\x01\x00\x00\x00"
                                  "k\x01\x00"
                                  "v\xff",
                                  11)),
            "invalid");
  EXPECT_EQ(read(std::string_view("\x01\x01"
                                  "k\xff\x00"
                                  "v\xff",
                                  7)),
            "invalid");
  EXPECT_EQ(read(std::string_view("\x02\x01"
                                  "k\x01\x00"
                                  "v\xff",
                                  7)),
            "invalid");
  EXPECT_EQ(read(std::string_view("\x01\x01"
                                  "k\x01\x09"
                                  "v\xff",
                                  7)),
            "invalid");
}

}  // namespace
}  // namespace rdb
