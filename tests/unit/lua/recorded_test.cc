// Goal: what valkey-server 9.1.2 makes of an expression with cjson, cmsgpack, struct or bit, these libraries make of
// it. Method: some 850 expressions, recorded by record_valkey.py, are evaluated; once more with a garbage collection at
// each allocation, where the address sanitizer sees what was not anchored.
#include <gtest/gtest.h>

#include <string>

#include "recorded.h"

namespace lua {
namespace {

// Whether a number of four digits or more says how often: so many objects, each collection walking all of them.
bool makes_thousands(const std::string& expression) {
  for (const std::string before : {"rep(", "for i=1,"}) {
    for (size_t at = expression.find(before); at != expression.npos; at = expression.find(before, at + 1)) {
      const size_t digits = at + before.size();
      if (expression.find_first_not_of("0123456789", digits) - digits >= 4) return true;
    }
  }
  return false;
}

class RecordedExpressions : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedExpressions, GiveWhatValkeyGives) {
  Interpreter interpreter;
  for (const auto& [expression, result] : recorded(GetParam()))
    EXPECT_EQ(evaluate(interpreter, expression), result) << expression;
}

TEST_P(RecordedExpressions, GiveTheSameWhenEverythingIsCollectedAllTheTime) {
  for (const auto& [expression, result] : recorded(GetParam())) {
    if (makes_thousands(expression)) continue;
    Interpreter interpreter;
    interpreter.collect_always();
    EXPECT_EQ(evaluate(interpreter, expression), result) << expression;
  }
}

INSTANTIATE_TEST_SUITE_P(Libraries, RecordedExpressions,
                         ::testing::Values("json.txt", "msgpack.txt", "struct.txt", "bit.txt", "random.txt"),
                         [](const auto& tested) {
                           const std::string name = tested.param;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace lua
