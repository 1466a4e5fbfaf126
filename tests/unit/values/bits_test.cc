// Goal: bits are counted, found, set and combined right at every boundary of bytes, words and blocks.
// Method: random strings and ranges against a model that holds each bit as one bool.
#include "values/bits.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"

namespace values {
namespace {

using Model = std::vector<bool>;

Model bools(std::string_view bytes) {
  Model out;
  for (const char c : bytes) {
    for (int mask = 0x80; mask != 0; mask >>= 1) out.push_back((c & mask) != 0);
  }
  return out;
}

// Mostly equal bytes, so that finding has far to go; sizes on both sides of words and of the blocks that combine uses.
std::string draw(std::mt19937_64& random) {
  constexpr size_t kSizes[] = {0, 1, 2, 7, 8, 9, 31, 32, 33, 40, 63, 64, 65, 100, 4095, 4096, 4097, 8200};
  const size_t size = random() % 4 == 0 ? kSizes[random() % std::size(kSizes)] : random() % 80;
  std::string out(size, random() % 2 == 0 ? '\0' : '\xff');
  const bool noisy = random() % 3 == 0;
  for (char& c : out) {
    if (noisy || random() % 200 == 0) c = static_cast<char>(random());
  }
  return out;
}

Range draw_range(size_t bits, std::mt19937_64& random) {
  const size_t a = random() % (bits + 1);
  const size_t b = random() % 3 == 0 ? std::min(bits, a + random() % 20) : random() % (bits + 1);
  return {std::min(a, b), std::max(a, b)};
}

TEST(Bits, AreCountedAndFoundLikeInTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = draw(random);
    const Model model = bools(bytes);
    const Range range = draw_range(model.size(), random);
    const auto begin = model.begin() + static_cast<ptrdiff_t>(range.begin);
    const auto end = model.begin() + static_cast<ptrdiff_t>(range.end);
    ASSERT_EQ(count_bits(bytes), static_cast<size_t>(std::count(model.begin(), model.end(), true)));
    ASSERT_EQ(count_bits(bytes, range), static_cast<size_t>(std::count(begin, end, true)));
    for (const bool bit : {false, true}) {
      const auto at = std::find(begin, end, bit);
      std::optional<size_t> expected;
      if (at != end) expected = static_cast<size_t>(at - model.begin());
      ASSERT_EQ(find_bit(bytes, bit, range), expected)
          << bytes.size() << " bytes, bits " << range.begin << " to " << range.end << ", bit " << bit;
    }
  }
}

TEST(Bits, AreSetOneByOne) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  std::string bytes(20, '\0');
  Model model = bools(bytes);
  for (int i = 0; i < 5'000; ++i) {
    const size_t index = random() % model.size();
    const bool bit = random() % 2 == 0;
    ASSERT_EQ(get_bit(bytes, index), model[index]);
    ASSERT_EQ(set_bit(bytes, index, bit), model[index]);
    model[index] = bit;
    ASSERT_EQ(bools(bytes), model);
  }
  EXPECT_FALSE(get_bit(bytes, 8 * bytes.size()));
  EXPECT_FALSE(get_bit(bytes, SIZE_MAX));
}

// One bit of the result, from how often it is set in the sources after the first and whether it is in the first.
bool model_bit(BitOperation operation, bool first, size_t others, size_t other_count) {
  switch (operation) {
    case BitOperation::kAnd: return first && others == other_count;
    case BitOperation::kOr: return first || others > 0;
    case BitOperation::kXor: return (first + others) % 2 == 1;
    case BitOperation::kNot: return !first;
    case BitOperation::kDiff: return first && others == 0;
    case BitOperation::kDiff1: return !first && others > 0;
    case BitOperation::kAndOr: return first && others > 0;
    case BitOperation::kOne: return first + others == 1;
  }
  return false;
}

Model model_combine(BitOperation operation, const std::vector<Model>& sources, size_t bits) {
  const auto at = [](const Model& source, size_t i) { return i < source.size() && source[i]; };
  Model out;
  for (size_t i = 0; i < bits; ++i) {
    size_t others = 0;
    for (size_t s = 1; s < sources.size(); ++s) others += at(sources[s], i);
    out.push_back(model_bit(operation, at(sources[0], i), others, sources.size() - 1));
  }
  return out;
}

TEST(Bits, AreCombinedLikeInTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  constexpr BitOperation kAll[] = {BitOperation::kAnd,  BitOperation::kOr,    BitOperation::kXor,   BitOperation::kNot,
                                   BitOperation::kDiff, BitOperation::kDiff1, BitOperation::kAndOr, BitOperation::kOne};
  for (int i = 0; i < 4'000; ++i) {
    const BitOperation operation = kAll[random() % std::size(kAll)];
    std::vector<std::string> bytes(operation == BitOperation::kNot ? 1 : 1 + random() % 5);
    size_t size = 0;
    for (std::string& source : bytes) {
      source = draw(random);
      size = std::max(size, source.size());
    }
    const std::vector<std::string_view> sources(bytes.begin(), bytes.end());
    std::vector<Model> models;
    for (const std::string_view source : sources) models.push_back(bools(source));
    std::string out(size, '?');
    combine(operation, sources, out);
    ASSERT_EQ(bools(out), model_combine(operation, models, 8 * size)) << static_cast<int>(operation);
  }
}

}  // namespace
}  // namespace values
