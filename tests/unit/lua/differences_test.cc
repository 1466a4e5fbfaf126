// Goal: the differences between LuaJIT and the reference's Lua 5.1 that docs/COMPATIBILITY.md lists are just these.
// Method: an expression a difference, with what valkey-server 9.1.2 gives in a comment.
#include <gtest/gtest.h>

#include <string>

#include "interpreter.h"

namespace lua {
namespace {

// pairs() goes by a seed that each interpreter draws; the reference's order is that of its hash table, as it was
// filled.
TEST(Differences, KeysOfAMapAreSortedInEveryInterpreter) {
  const char* kMap = "{b='\\n', one={z=1, y={}, x=3}, [4.5]=4, [-1]=5, [10]=6, ['']=7, three={1,q=2}, ['b\\0']=8}";
  for (int turn = 0; turn < 20; ++turn) {
    Interpreter interpreter;
    EXPECT_EQ(interpreter.run("return (cjson.encode(" + std::string(kMap) + "))"),
              R"({"10":6,"-1":5,"4.5":4,"":7,"b":"\n","b\u0000":8,"one":{"x":3,"y":{},"z":1},"three":{"1":1,"q":2}})");
    const std::string packed = "cmsgpack.pack({d={b=1, a=2}, c={[2]=0, [1.5]={}}, [true]=3, [3]=true})";
    EXPECT_EQ(
        interpreter.run("return (" + packed + "):gsub('.', function(byte) return ('%02x '):format(byte:byte()) end)"),
        "84 03 c3 a1 63 82 02 00 ca 3f c0 00 00 90 a1 64 82 a1 61 02 a1 62 01 c3 03 ");
  }
}

TEST(Differences, AnErrorOfATailCallHasNoLine) {
  Interpreter interpreter;
  // "user_script:1: Expected value but found T_END at character 1"
  EXPECT_EQ(interpreter.run("return cjson.decode('')"), "Expected value but found T_END at character 1");
  // "user_script:1: bad argument #1 to 'decode' (expected 1 argument)"
  EXPECT_EQ(interpreter.run("return cjson.decode()"), "bad argument #1 to '?' (expected 1 argument)");
  EXPECT_EQ(interpreter.run("local value = cjson.decode('') return value"),
            "user_script:1: Expected value but found T_END at character 1");
}

TEST(Differences, StringsThatAreNumbersAreLuaJits) {
  Interpreter interpreter;
  EXPECT_EQ(interpreter.run("return bit.tobit('0b11')"),  // bad argument #1 (number expected, got string)
            "3");
  EXPECT_EQ(interpreter.run("return (bit.tobit('1\\0x'))"),  // 1
            "user_script:1: bad argument #1 to 'tobit' (number expected, got string)");
}

TEST(Differences, NumbersBetweenTwoTextsAreRoundedUpByLuaJit) {
  Interpreter interpreter;
  EXPECT_EQ(interpreter.run("return tostring(123456789012345)"), "1.2345678901235e+14");  // 1.2345678901234e+14
  EXPECT_EQ(interpreter.run("return cjson.encode(123456789012345)"), "1.2345678901234e+14");
}

TEST(Differences, AKeyOfMinusZeroIsZero) {
  Interpreter interpreter;
  EXPECT_EQ(interpreter.run("return cjson.encode({[math.ceil(-0.5)]=1})"), R"({"0":1})");  // {"-0":1}
}

}  // namespace
}  // namespace lua
