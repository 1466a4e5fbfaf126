// Goal: patterns match as in the reference, its quirks included, and hostile ones stay cheap.
// Method: random patterns and texts against a model that turns each element into a table of the bytes it takes and
// then tries every way recursively; then cases read from valkey-server 9.1.2 (KEYS, COMMAND LIST FILTERBY PATTERN).
#include "base/glob.h"

#include <bitset>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"

namespace base {
namespace {

using namespace std::string_literals;
using Bytes = std::bitset<256>;

struct Element {
  bool star = false;
  Bytes takes;
};

int fold(int c, bool nocase) { return nocase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

Bytes same_as(char c, bool nocase) {
  Bytes out;
  for (int byte = 0; byte < 256; ++byte) {
    out[byte] = fold(byte, nocase) == fold(static_cast<unsigned char>(c), nocase);
  }
  return out;
}

Bytes range_of(char from, char to, bool nocase) {
  int low = static_cast<signed char>(from);
  int high = static_cast<signed char>(to);
  if (low > high) std::swap(low, high);
  Bytes out;
  for (int byte = 0; byte < 256; ++byte) {
    const int folded = fold(static_cast<signed char>(byte), nocase);
    out[byte] = fold(low, nocase) <= folded && folded <= fold(high, nocase);
  }
  return out;
}

// The rest of the pattern shrinks from the front.
Bytes take_set(std::string& rest, bool nocase) {
  const bool negated = !rest.empty() && rest[0] == '^';
  if (negated) rest.erase(0, 1);
  Bytes out;
  while (!rest.empty() && rest[0] != ']') {
    if (rest[0] == '\\' && rest.size() > 1) {
      out |= same_as(rest[1], false);
      rest.erase(0, 2);
    } else if (rest.size() > 2 && rest[1] == '-') {
      out |= range_of(rest[0], rest[2], nocase);
      rest.erase(0, 3);
    } else {
      out |= same_as(rest[0], nocase);
      rest.erase(0, 1);
    }
  }
  if (!rest.empty()) rest.erase(0, 1);
  return negated ? ~out : out;
}

std::vector<Element> elements(std::string rest, bool nocase) {
  std::vector<Element> out;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.erase(0, 1);
    if (c == '*') {
      out.push_back({true, {}});
    } else if (c == '?') {
      out.push_back({false, Bytes().set()});
    } else if (c == '[') {
      out.push_back({false, take_set(rest, nocase)});
    } else if (c == '\\' && !rest.empty()) {
      out.push_back({false, same_as(rest[0], nocase)});
      rest.erase(0, 1);
    } else {
      out.push_back({false, same_as(c, nocase)});
    }
  }
  return out;
}

bool model(const std::vector<Element>& pattern, size_t p, const std::string& text, size_t t) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p].star) {
    return model(pattern, p + 1, text, t) || (t < text.size() && model(pattern, p, text, t + 1));
  }
  return t < text.size() && pattern[p].takes[static_cast<unsigned char>(text[t])] && model(pattern, p + 1, text, t + 1);
}

std::string draw(const std::vector<std::string>& tokens, size_t size_max, std::mt19937_64& random) {
  std::string out;
  for (uint64_t i = random() % (size_max + 1); i > 0; --i) out += tokens[random() % tokens.size()];
  return out;
}

TEST(Glob, MatchesLikeTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  const std::vector<std::string> bytes = {"a", "b", "B", "z", "Z", "-", "]", "^", "\\", "*", "\x80", "\xff", "\x01"};
  std::vector<std::string> tokens = bytes;
  for (const char* more : {"*", "*", "?", "[", "]", "[^", "[a-c]", "[c-a]", "[\\", "**", "[Z-a]", "[A-z]", "-z]"}) {
    tokens.push_back(more);
  }
  int matches = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string pattern = draw(tokens, 7, random);
    const std::string text = draw(bytes, 6, random);
    const bool nocase = random() % 2 == 0;
    const bool expected = text.empty() ? pattern.empty() : model(elements(pattern, nocase), 0, text, 0);
    ASSERT_EQ(glob_match(pattern, text, nocase), expected)
        << ::testing::PrintToString(pattern) << " on " << ::testing::PrintToString(text) << " nocase=" << nocase;
    matches += expected;
  }
  EXPECT_GT(matches, 5'000);
}

TEST(Glob, KeepsTheQuirksOfTheReference) {
  EXPECT_FALSE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("**", ""));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("a**", "a"));
  EXPECT_TRUE(glob_match("[abc", "b"));   // never closed
  EXPECT_FALSE(glob_match("[]a]", "]"));  // closes at once
  EXPECT_TRUE(glob_match("[z-a]", "m"));  // ends in either order
  EXPECT_TRUE(glob_match("[a-]", "_"));   // the bracket is the end of a range
  EXPECT_TRUE(glob_match("a\\", "a\\"));  // nothing left to escape
  EXPECT_TRUE(glob_match("\\*", "*"));
  EXPECT_FALSE(glob_match("\\*", "a"));
  EXPECT_TRUE(glob_match("HELLO*", "hello world", true));
  EXPECT_TRUE(glob_match("[A-C]", "b", true));
  EXPECT_FALSE(glob_match("[\\B]", "b", true));  // an escaped byte keeps its case
  EXPECT_FALSE(glob_match("[Z-a]", "m", true));  // folds to z-a after its ends were put in order
}

TEST(Glob, AllowsAThousandStars) {
  const auto repeat = [](const char* part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
  };
  const std::string text(3'000, 'a');
  EXPECT_TRUE(glob_match(repeat("*a", 1'000), text));
  EXPECT_FALSE(glob_match(repeat("*a", 1'001), text));
  EXPECT_TRUE(glob_match(repeat("*a", 1'000) + "*", text));
  EXPECT_FALSE(glob_match(repeat("*a", 1'001) + "*", text));
  EXPECT_TRUE(glob_match(repeat("a*", 1'001), text));
  EXPECT_FALSE(glob_match(repeat("a*", 1'002), text));
}

TEST(Glob, SurvivesHostilePatterns) {
  // Exponential for a matcher that tries every star in every way.
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "a*";
  EXPECT_FALSE(glob_match(stars + "b", std::string(10'000, 'a')));
  EXPECT_TRUE(glob_match(stars + "b", std::string(10'000, 'a') + "b"));
  // Quadratic for this one: inside the limit of steps it is answered, outside it is given up.
  const auto late = [](size_t size) {
    return glob_match("*" + std::string(size, 'a') + "b*", std::string(2 * size, 'a') + "b");
  };
  EXPECT_TRUE(late(500));
  EXPECT_FALSE(late(100'000));
  EXPECT_FALSE(glob_match("*[" + std::string(1'000'000, 'x') + "]y", std::string(1'000'000, 'x')));
}

TEST(Glob, KnowsPlainText) {
  EXPECT_TRUE(glob_is_literal("user:1"));
  EXPECT_TRUE(glob_is_literal("a]b^-"));
  EXPECT_TRUE(glob_is_literal(""));
  for (const char* pattern : {"a*", "?", "[a]", "a\\b"}) EXPECT_FALSE(glob_is_literal(pattern)) << pattern;
}

}  // namespace
}  // namespace base
