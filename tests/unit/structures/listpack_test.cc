// Goal: a listpack holds what was put into it, in the bytes that Valkey writes, and hostile bytes never lead outside.
// Method: bytes recorded from valkey-server 9.1.2 (DUMP); random operations beside a vector of strings, at every size
// where an encoding changes; valid bytes with errors in them, read under the address sanitizer.
#include "structures/listpack.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"
#include "structures/memory.h"

namespace structures {
namespace {

using Model = std::vector<std::string>;
using Position = Listpack::Position;
constexpr Position kNone = Listpack::kNone;

std::span<const uint8_t> span_of(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

std::string text_at(ListpackView list, Position position) {
  Element::Buffer buffer;
  return std::string(list.get(position).text(buffer));
}

Model texts(ListpackView list) {
  Model out;
  for (Position p = list.first(); p != kNone; p = list.next(p)) out.push_back(text_at(list, p));
  return out;
}

Model texts_backward(ListpackView list) {
  Model out;
  for (Position p = list.last(); p != kNone; p = list.previous(p)) out.push_back(text_at(list, p));
  return out;
}

void expect_equal(ListpackView list, const Model& model) {
  ASSERT_TRUE(ListpackView::validate(span_of(list.bytes()), true));
  ASSERT_EQ(list.size(), model.size());
  ASSERT_EQ(list.empty(), model.empty());
  ASSERT_EQ(texts(list), model);
  ASSERT_EQ(texts_backward(list), Model(model.rbegin(), model.rend()));
}

Listpack build(const Model& model) {
  Listpack list = Listpack::make();
  for (const std::string& text : model) list.append(text);
  return list;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

// Texts at both sides of every change of encoding or of the width of a length.
std::string draw(std::mt19937_64& random) {
  switch (random() % 10) {
    case 0: {
      constexpr size_t kSizes[] = {0,    1,    62,   63,   64,   65,    125,   126,  127,
                                   4093, 4094, 4095, 4096, 4097, 16377, 16378, 16379};
      return std::string(kSizes[random() % std::size(kSizes)], static_cast<char>('a' + random() % 26));
    }
    case 1:
    case 2: {
      constexpr int kBits[] = {0, 7, 12, 15, 23, 31, 63};
      const int64_t near = static_cast<int64_t>(random() % 3) - 1;
      const auto value = static_cast<int64_t>((uint64_t{1} << kBits[random() % 7]) + static_cast<uint64_t>(near));
      return std::to_string(random() % 2 == 0 ? value : ~value);
    }
    case 3: return std::to_string(static_cast<int64_t>(random() >> random() % 64));
    case 4: {
      constexpr const char* kAlmost[] = {"-0", "01", "+1", " 1", "1 ", "9223372036854775808", "-9223372036854775809",
                                         "-"};
      return kAlmost[random() % std::size(kAlmost)];
    }
    case 5: return std::to_string(random() % 200);
    default: {
      std::string out(random() % 12, '\0');
      for (char& c : out) c = static_cast<char>(random());
      return out;
    }
  }
}

TEST(Listpack, HasTheBytesOfValkey) {
  struct Case {
    Model entries;
    const char* bytes;
  };
  const Case kCases[] = {
      {{}, "070000000000ff"},
      {{"0", "127", "128", "-1"}, "11000000040000017f01c08002dfff02ff"},
      {{"4095", "4096", "-4096", "-4097"}, "150000000400cfff02f1001003d00002f1ffef03ff"},
      {{"32767", "32768", "-32768", "-32769"}, "190000000400f1ff7f03f200800004f1008003f2ff7fff04ff"},
      {{"8388607", "8388608", "-8388608", "-8388609"}, "1d0000000400f2ffff7f04f30000800005f200008004f3ffff7fff05ff"},
      {{"2147483647", "2147483648", "-2147483648", "-2147483649"},
       "270000000400f3ffffff7f05f4000000800000000009f30000008005f4ffffff7fffffffff09ff"},
      {{"9223372036854775807", "-9223372036854775808", "9223372036854775808"},
       "300000000300f4ffffffffffffff7f09f4000000000000008009933932323333373230333638353437373538303814ff"},
      {{"", "a", "-0", "01", "+1"}, "1800000005008001816102822d300382303103822b3103ff"},
      {{std::string(63, 'x'), std::string(64, 'y')},
       "8b0000000200bf78787878787878787878787878787878787878787878787878787878787878787878787878787878787878"
       "787878787878787878787878787878787878787840e040797979797979797979797979797979797979797979797979797979"
       "7979797979797979797979797979797979797979797979797979797979797979797979797942ff"},
      {{std::string(125, 'z'), std::string(126, 'z')},
       "090100000200e07d7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7fe07e7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a0180ff"},
  };
  for (const Case& c : kCases) {
    Listpack list = build(c.entries);
    EXPECT_EQ(hex(list.bytes()), c.bytes);
    list.destroy();
  }
}

// The lengths at which the encoding of a text, or the width of the length behind it, changes: see also the recorded
// bytes above. 16379 bytes and 5 of encoding are the first that take three bytes backward.
TEST(Listpack, LengthsHaveTheWidthOfValkey) {
  const auto entry = [](size_t size) { return listpack_entry_bytes(std::string(size, 'x')); };
  EXPECT_EQ(entry(63), 1u + 63 + 1);
  EXPECT_EQ(entry(64), 2u + 64 + 1);
  EXPECT_EQ(entry(125), 2u + 125 + 1);
  EXPECT_EQ(entry(126), 2u + 126 + 2);
  EXPECT_EQ(entry(4095), 2u + 4095 + 2);
  EXPECT_EQ(entry(4096), 5u + 4096 + 2);
  EXPECT_EQ(entry(16378), 5u + 16378 + 2);
  EXPECT_EQ(entry(16379), 5u + 16379 + 3);
  EXPECT_EQ(entry((1 << 21) - 6), 5u + (1 << 21) - 6 + 3);
  EXPECT_EQ(entry((1 << 21) - 5), 5u + (1 << 21) - 5 + 4);
}

// One random change to both. Texts are copied first, since none may lie in the listpack.
void change(Listpack& list, Model& model, std::mt19937_64& random) {
  const size_t index = model.empty() ? 0 : random() % model.size();
  const auto at = model.begin() + static_cast<ptrdiff_t>(index);
  const Position position = model.empty() ? list.end() : list.at(static_cast<int64_t>(index));
  const std::string text = draw(random);
  switch (random() % 12) {
    case 0:
      ASSERT_EQ(text_at(list, list.append(text)), text);
      model.push_back(text);
      return;
    case 1:
      ASSERT_EQ(text_at(list, list.prepend(text)), text);
      model.insert(model.begin(), text);
      return;
    case 2:
      ASSERT_EQ(text_at(list, list.insert(position, text)), text);
      model.insert(at, text);
      return;
    case 3:
      if (model.empty()) return;
      ASSERT_EQ(text_at(list, list.insert_after(position, text)), text);
      model.insert(at + 1, text);
      return;
    case 4: {
      const auto integer = static_cast<int64_t>(random() >> random() % 64);
      list.insert(position, integer);
      model.insert(at, std::to_string(integer));
      return;
    }
    case 5:
    case 6:
      if (model.empty()) return;
      list.replace(position, text);
      *at = text;
      return;
    case 7: {
      if (model.empty()) return;
      const auto integer = static_cast<int64_t>(random() >> random() % 64);
      list.replace(position, integer);
      *at = std::to_string(integer);
      return;
    }
    case 8: {
      if (model.empty()) return;
      const Position next = list.erase(position);
      const bool was_last = at + 1 == model.end();
      model.erase(at);
      ASSERT_EQ(next, was_last ? kNone : position);
      return;
    }
    case 9: {
      const auto count = static_cast<uint32_t>(random() % 8);
      list.erase_at(static_cast<int64_t>(index) - (random() % 2 == 0 ? static_cast<int64_t>(model.size()) : 0), count);
      if (!model.empty()) model.erase(at, at + static_cast<ptrdiff_t>(std::min<size_t>(count, model.size() - index)));
      return;
    }
    case 10: {
      Model more;
      for (size_t i = random() % 4; i > 0; --i) more.push_back(draw(random));
      list.insert_many(position, std::vector<std::string_view>(more.begin(), more.end()));
      model.insert(at, more.begin(), more.end());
      return;
    }
    default:
      if (random() % 20 != 0) return;
      list.clear();
      model.clear();
  }
}

TEST(Listpack, FollowsTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 60; ++round) {
    Listpack list = Listpack::make();
    Model model;
    for (int i = 0; i < 200; ++i) {
      change(list, model, random);
      if (model.size() > 60) {
        list.erase_range(Listpack::kHeaderBytes, 30);
        model.erase(model.begin(), model.begin() + 30);
      }
      ASSERT_NO_FATAL_FAILURE(expect_equal(list, model));
      Listpack same = build(model);  // however it came about, the bytes are the same
      ASSERT_EQ(list.bytes(), same.bytes());
      same.destroy();
    }
    list.destroy();
  }
}

TEST(Listpack, SeeksAnIndexFromEitherEnd) {
  for (const int size : {0, 1, 2, 3, 10, 11}) {
    Model model;
    for (int i = 0; i < size; ++i) model.push_back(std::to_string(i * 1000));
    Listpack list = build(model);
    for (int index = -size - 2; index < size + 2; ++index) {
      const int wanted = index < 0 ? index + size : index;
      const Position position = list.at(index);
      if (wanted < 0 || wanted >= size) {
        EXPECT_EQ(position, kNone) << index << " of " << size;
      } else {
        ASSERT_NE(position, kNone) << index << " of " << size;
        EXPECT_EQ(text_at(list, position), model[static_cast<size_t>(wanted)]);
      }
    }
    list.destroy();
  }
}

TEST(Listpack, FindsEveryTextThatIsThere) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 300; ++round) {
    Model model;
    for (int i = 0; i < 20; ++i) model.push_back(draw(random));
    Listpack list = build(model);
    for (int i = 0; i < 20; ++i) {
      const std::string text = random() % 2 == 0 ? draw(random) : model[random() % model.size()];
      for (const uint32_t skip : {0u, 1u, 2u}) {
        const Position position = list.find(list.first(), text, skip);
        size_t expected = 0;
        while (expected < model.size() && model[expected] != text) expected += skip + 1;
        ASSERT_EQ(position, expected < model.size() ? list.at(static_cast<int64_t>(expected)) : kNone);
      }
    }
    EXPECT_EQ(list.find(kNone, "x"), kNone);
    list.destroy();
  }
}

// A stranger's listpack may hold as a text what this one would hold as an integer.
TEST(Listpack, ATextOfDigitsEqualsItsNeedle) {
  const std::string bytes{
      "\x0b\0\0\0\x01\0\x82"
      "42\x03\xff",
      11};
  ASSERT_TRUE(ListpackView::validate(span_of(bytes), true));
  const ListpackView list(reinterpret_cast<const uint8_t*>(bytes.data()));
  EXPECT_FALSE(list.get(list.first()).is_integer());
  EXPECT_EQ(list.get(list.first()).to_integer(), 42);
  EXPECT_EQ(list.find(list.first(), "42"), list.first());
  EXPECT_EQ(list.find(list.first(), "43"), kNone);
}

TEST(Listpack, MergesInBothDirections) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 200; ++round) {
    Model left, right;
    for (size_t i = random() % 10; i > 0; --i) left.push_back(draw(random));
    for (size_t i = random() % 10; i > 0; --i) right.push_back(draw(random));
    Model both = left;
    both.insert(both.end(), right.begin(), right.end());
    Listpack list = build(left);
    if (round % 2 == 0) {
      list.append_and_destroy(build(right));
    } else {
      Listpack other = build(right);
      other.prepend_and_destroy(list);
      list = other;
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(list, both));
    Listpack twin = list.copy();
    list.insert_all(list.first() == kNone ? list.end() : list.first(), twin);
    both.insert(both.begin(), both.begin(), both.begin() + static_cast<ptrdiff_t>(both.size()));
    Model twice = texts(twin);
    const Model once = twice;
    twice.insert(twice.end(), once.begin(), once.end());
    ASSERT_NO_FATAL_FAILURE(expect_equal(list, twice));
    twin.destroy();
    list.destroy();
  }
}

TEST(Listpack, CountsMoreThanItsHeaderHolds) {
  Listpack list = Listpack::make();
  const std::vector<std::string_view> many(65534, "a");
  list.append_many(many);
  EXPECT_EQ(list.size(), 65534u);
  EXPECT_EQ(hex(list.bytes().substr(4, 2)), "feff");
  for (uint32_t i = 65535; i < 65540; ++i) {
    list.append("b");
    EXPECT_EQ(list.size(), i);
    EXPECT_EQ(hex(list.bytes().substr(4, 2)), "ffff");
  }
  EXPECT_EQ(text_at(list, list.at(65534)), "b");
  EXPECT_EQ(text_at(list, list.at(-5)), "b");
  EXPECT_EQ(text_at(list, list.at(-6)), "a");
  EXPECT_EQ(list.at(65539), kNone);
  EXPECT_EQ(list.at(-65540), kNone);
  list.erase_at(0, 10);
  EXPECT_EQ(list.size(), 65529u);
  list.erase_at(0, 100'000);
  EXPECT_EQ(list.size(), 0u);
  list.append("c");
  EXPECT_EQ(list.size(), 1u);
  list.destroy();
}

TEST(Listpack, PicksAtRandomAndFairly) {
  TRACE_SEED();
  base::Random random(test_seed());
  Model model;
  for (int i = 0; i < 10; ++i) {
    model.push_back("field" + std::to_string(i));
    model.push_back(std::to_string(i));
  }
  Listpack list = build(model);
  std::map<std::string, int> single, repeated, distinct;
  constexpr int kRounds = 3000;
  for (int i = 0; i < kRounds; ++i) {
    ++single[text_at(list, list.random_position(random, 2))];
    for (const Position p : list.random_positions(random, 3, 2)) ++repeated[text_at(list, p)];
    const std::vector<Position> picked = list.distinct_random_positions(random, 3, 2);
    ASSERT_EQ(std::set<Position>(picked.begin(), picked.end()).size(), 3u);
    ASSERT_TRUE(std::is_sorted(picked.begin(), picked.end()));
    for (const Position p : picked) ++distinct[text_at(list, p)];
  }
  ASSERT_EQ(single.size(), 10u);
  for (const auto& [field, count] : single) {
    EXPECT_EQ(field.substr(0, 5), "field");
    EXPECT_NEAR(count, kRounds / 10, 100);
    EXPECT_NEAR(repeated[field], kRounds * 3 / 10, 170);
    EXPECT_NEAR(distinct[field], kRounds * 3 / 10, 170);
  }
  EXPECT_EQ(list.distinct_random_positions(random, 100, 2).size(), 10u);
  EXPECT_EQ(list.random_positions(random, 100, 2).size(), 100u);
  list.destroy();
}

TEST(Listpack, ReleasesWhatItAllocated) {
  flush_memory_count();
  const int64_t before = allocated_bytes();
  Listpack list = Listpack::make();
  for (int i = 0; i < 30'000; ++i) list.append(i % 7 == 0 ? std::to_string(i) : "text");
  flush_memory_count();
  EXPECT_EQ(allocated_bytes() - before, static_cast<int64_t>(list.memory_bytes()));
  EXPECT_LE(list.memory_bytes(), list.size_bytes() * 5 / 4);
  while (!list.empty()) list.erase_at(-1000, 1000);
  list.destroy();
  flush_memory_count();
  EXPECT_EQ(allocated_bytes(), before);
}

TEST(Listpack, SaysWhenItWouldGrowTooLarge) {
  Listpack list = Listpack::make();
  EXPECT_TRUE(list.can_grow((1u << 30) - 7));
  EXPECT_FALSE(list.can_grow((1u << 30) - 6));
  EXPECT_FALSE(list.can_grow(UINT64_MAX));
  list.destroy();
}

// Every entry of bytes that passed is read; the sanitizer sees a read beyond them, since the copy has no slack.
void read_all(std::string_view bytes) {
  const auto exact = std::make_unique<uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  if (!ListpackView::validate({exact.get(), bytes.size()}, true)) return;
  const ListpackView list(exact.get());
  Model forward = texts(list);
  ASSERT_LE(forward.size(), bytes.size());
  std::reverse(forward.begin(), forward.end());
  ASSERT_EQ(forward, texts_backward(list));
}

TEST(Listpack, RefusesBytesWithErrors) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  Listpack list =
      build({"one", "2", "-30000", std::string(70, 'x'), "8000000", std::string(5000, 'y'), "-9000000000000"});
  const std::string good(list.bytes());
  list.destroy();
  ASSERT_TRUE(ListpackView::validate(span_of(good), true));
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(ListpackView::validate(span_of(std::string_view(good).substr(0, cut)), false));
  }
  EXPECT_FALSE(ListpackView::validate(span_of(good + "x"), false));
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string bad = good;
    for (size_t errors = 1 + random() % 3; errors > 0; --errors) {
      const size_t at = random() % 4 == 0 ? random() % good.size() : random() % 100;
      bad[at] = random() % 2 == 0 ? static_cast<char>(random()) : static_cast<char>(bad[at] ^ (1 << random() % 8));
    }
    if (!ListpackView::validate(span_of(bad), true)) ++refused;
    ASSERT_NO_FATAL_FAILURE(read_all(bad));
  }
  EXPECT_GT(refused, 20'000);
}

TEST(Listpack, RefusesRandomBytesWithAGoodFrame) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(7 + random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? 0xe0 + random() % 32 : random());
    bytes[0] = static_cast<char>(bytes.size());
    bytes[1] = bytes[2] = bytes[3] = '\0';
    bytes[4] = bytes[5] = '\xff';
    bytes.back() = '\xff';
    ASSERT_NO_FATAL_FAILURE(read_all(bytes));
  }
}

}  // namespace
}  // namespace structures
