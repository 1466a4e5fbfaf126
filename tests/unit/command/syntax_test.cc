// The line of a command's arguments: what is read of good ones, and that bad ones are refused.
#include "command/syntax.h"

#include <gtest/gtest.h>

namespace command {
namespace {

Argument only(std::string_view text) {
  ArgumentReader reader(text);
  Argument argument;
  EXPECT_TRUE(reader.next(argument)) << text;
  Argument more;
  EXPECT_FALSE(reader.next(more)) << text;
  EXPECT_FALSE(reader.failed()) << text;
  return argument;
}

TEST(Syntax, ReadsEveryPart) {
  const Argument argument = only("ADDR=addr/'ip:port':k3@6.2.0!7.0.0{Two words.}?+");
  EXPECT_EQ(argument.token, "ADDR");
  EXPECT_EQ(argument.name, "addr");
  EXPECT_EQ(argument.shown, "ip:port");
  EXPECT_EQ(argument.type, ArgumentType::kKey);
  EXPECT_EQ(argument.key_spec, 3);
  EXPECT_EQ(argument.since, "6.2.0");
  EXPECT_EQ(argument.summary, "Two words.");
  EXPECT_EQ(argument.deprecated_since, "7.0.0");
  EXPECT_TRUE(argument.optional && argument.multiple && argument.multiple_token);
}

TEST(Syntax, ReadsTypes) {
  EXPECT_EQ(only("a").type, ArgumentType::kString);
  EXPECT_EQ(only("a:i").type, ArgumentType::kInteger);
  EXPECT_EQ(only("a:d").type, ArgumentType::kDouble);
  EXPECT_EQ(only("a:t").type, ArgumentType::kUnixTime);
  EXPECT_EQ(only("a:p").type, ArgumentType::kPattern);
  EXPECT_EQ(only("a:k").type, ArgumentType::kKey);
  EXPECT_EQ(only("a(b|c)").type, ArgumentType::kOneOf);
  EXPECT_EQ(only("a[b c]").type, ArgumentType::kBlock);
  EXPECT_EQ(only("A").type, ArgumentType::kPureToken);
}

TEST(Syntax, ReadsQuotedTokens) {
  EXPECT_EQ(only("'~'/approximately").token, "~");
  EXPECT_EQ(only("'~'/approximately").name, "approximately");
  const Argument empty = only("''/empty-string");
  EXPECT_TRUE(empty.has_token);
  EXPECT_EQ(empty.token, "");
  EXPECT_EQ(only("a(')'/close|b)").inside, "')'/close|b");
}

TEST(Syntax, ReadsNested) {
  const Argument outer = only("LIMIT=limit[offset:i kind(A|b[c d]*)? count:i]?");
  EXPECT_EQ(outer.token, "LIMIT");
  EXPECT_TRUE(outer.optional);
  EXPECT_EQ(count_arguments(ArgumentReader(outer)), 3U);
  ArgumentReader reader(outer);
  Argument inner;
  ASSERT_TRUE(reader.next(inner) && reader.next(inner));
  EXPECT_EQ(inner.name, "kind");
  EXPECT_EQ(count_arguments(ArgumentReader(inner)), 2U);
}

TEST(Syntax, RefusesWhatIsWrong) {
  EXPECT_TRUE(is_syntax(""));
  for (const std::string_view text :
       {" ",  "a ", " a",   "a  b", "a:x", "a:", "A=",  "A=B",   "a(",    "a()", "a(b", "a[b|c]", "a(b c)",
        "a@", "a!", "a?*?", "'A",   "a/",  "A/", "a|b", "a(b))", "a[b c", "a*+", "=a",  "1a"}) {
    EXPECT_FALSE(is_syntax(text)) << text;
  }
}

}  // namespace
}  // namespace command
