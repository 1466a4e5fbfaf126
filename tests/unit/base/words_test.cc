// Goal: lines are split into words as the reference splits them, and quoting is the way back.
// Method: expectations are answers of valkey-server 9.1.2 to inline ECHO commands; then random bytes there and back.
#include "base/words.h"

#include <gtest/gtest.h>

#include "../seed.h"
#include "base/random.h"

namespace base {
namespace {

using Words = std::vector<std::string>;

TEST(Words, SplitsAsTheReference) {
  const std::pair<std::string, Words> cases[] = {
      {"", {}},
      {" \t\r\n", {}},
      {"get key", {"get", "key"}},
      {"  a\tb\rc\nd  ", {"a", "b", "c", "d"}},
      {"\"a\"b", {"ab"}},
      {"a\"b\"c", {"abc"}},
      {"a\"b c\"d'e f'g", {"ab cde fg"}},
      {"\"a\"\"b\"", {"ab"}},
      {R"("\x41\x4")", {"Ax4"}},
      {R"("\xzz\n\q\\")", {"xzz\nq\\"}},
      {R"('a\'b\n')", {R"(a'b\n)"}},
      {R"('a\\b')", {R"(a\\b)"}},
      {"\"\"", {""}},
      {"\"\"\"\"", {""}},
      {"a\\nb", {"a\\nb"}},
      {"'a\"b'", {"a\"b"}},
      {"a\x0b"
       "b",
       {"a\x0b"
        "b"}},
      {R"("\X41")", {"X41"}},
      {R"("\x4G")", {"x4G"}},
      {R"("\")", {"\\"}},
      {R"('\')", {"\\"}},
      {"a\x80"
       "b",
       {"a\x80"
        "b"}},
      {"a\"\"", {"a"}},
      {"\"\"a", {"a"}},
      {R"("\a\b\t\r")", {"\a\b\t\r"}},
  };
  for (const auto& [line, words] : cases) {
    const auto split = split_words(line);
    ASSERT_TRUE(split.has_value()) << line;
    EXPECT_EQ(*split, words) << line;
  }
}

TEST(Words, RefusesQuotesThatDoNotClose) {
  for (const char* line : {"a\\\"b", "\"a", "'a", "a\"", "\"\\", "'", "a 'b"}) {
    EXPECT_FALSE(split_words(line).has_value()) << line;
  }
}

TEST(Words, QuotingIsTheWayBackForAnyBytes) {
  EXPECT_EQ(quote_word("a b\"c'd\n\r\t\a\b\\x\x01\xff"), R"("a b\"c'd\n\r\t\a\b\\x\x01\xff")");
  TRACE_SEED();
  Random random(test_seed());
  for (int i = 0; i < 2000; ++i) {
    Words words(random.below(4));
    std::string line;
    for (std::string& word : words) {
      for (size_t left = random.below(12); left > 0; --left) {
        word += static_cast<char>(random.below(3) == 0 ? "\"'\\x n"[random.below(6)] : random.next());
      }
      line += quote_word(word) + " ";
    }
    EXPECT_EQ(line.find('\n'), line.npos);
    EXPECT_EQ(split_words(line), words) << line;
  }
}

}  // namespace
}  // namespace base
