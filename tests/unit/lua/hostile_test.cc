// Goal: scripts and bytes that were made to break these libraries end in a Lua error, or in what they ask for.
// Method: each class of known vulnerabilities is a test of its name; memory is counted, limited, and made to fail at
// each allocation in turn. The address sanitizer sees each byte that is read or written beside an object.
#include <gtest/gtest.h>

#include <string>

#include "interpreter.h"

namespace lua {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

std::string outcome_of(Interpreter& interpreter, const std::string& expression) {
  return interpreter.run("local ok, result = pcall(function() return (" + expression + ") end)\n" +
                         "return tostring(ok)..' '..tostring(result)");
}

// Many times, since the buffer in which the interpreter makes strings gets half as large with each.
void collect(Interpreter& interpreter) { interpreter.run("for i = 1, 30 do collectgarbage() end"); }

// CVE-2024-31449: the least integer has no negative, so digits were written before the buffer.
TEST(Hostile, ToHexWritesAtMostEightDigitsWhateverItIsAsked) {
  Interpreter interpreter;
  for (const char* digits : {"-2147483648", "2147483648", "2147483647", "-2147483647", "2^32-9", "1e300", "-1e300",
                             "math.huge", "-math.huge", "math.huge-math.huge", "9", "-9", "2^51", "2^52", "2^53"}) {
    for (const char* number : {"0", "-1", "255", "2^31", "1e300"}) {
      const std::string call = "#bit.tohex(" + std::string(number) + "," + digits + ")";
      EXPECT_LE(std::stoi(outcome_of(interpreter, call).substr(5)), 8) << call;
    }
  }
}

// CVE-2018-11219, CVE-2020-14147: sizes in formats that overflow an int when they are read, added or aligned.
TEST(Hostile, StructFormatsCannotReachBeyondTheData) {
  Interpreter interpreter;
  for (const char* size : {"2147483615", "2147483639", "2147483640", "2147483647", "2147483648", "4294967295",
                           "4294967296", "4294967297", "9223372036854775807", "9223372036854775808",
                           "18446744073709551615", "18446744073709551616", "99999999999999999999999999"}) {
    for (const char* letter : {"i", "I", "c", "!"}) {
      const std::string format = std::string(letter) + size;
      for (const std::string& call :
           {"struct.pack('" + format + "','1')", "struct.unpack('" + format + "',('x'):rep(40))",
            "struct.unpack('bbb" + format + "i',('x'):rep(40),39)",
            "struct.unpack('!4b" + format + "',('x'):rep(40),-1)"}) {
        EXPECT_TRUE(outcome_of(interpreter, call).starts_with("false ")) << call;
      }
    }
  }
  // A result that c0 takes for a size, and offsets that wrap around with the size or the padding.
  for (const char* call :
       {"struct.unpack('Lc0',('\\255'):rep(7)..'\\127abc')", "struct.unpack('dc0',struct.pack('d',-1))",
        "struct.unpack('dc0',struct.pack('d',2^53)..'abc')", "struct.unpack('i','abcd',-3)",
        "struct.unpack('c2147483647','abcd',-2147483647)", "struct.unpack('s','abcd',-1)",
        "struct.unpack('s','abcd\\0',2^62)", "struct.unpack('i','abcd',-2^63)"}) {
    EXPECT_TRUE(outcome_of(interpreter, call).starts_with("false ")) << call;
  }
  EXPECT_EQ(outcome_of(interpreter, "struct.size(('c2147483647'):rep(9))"), "true 19327352823");
}

// CVE-2018-11218: counts that promise more than is there.
TEST(Hostile, MessagePackTakesNoMemoryForWhatItIsOnlyPromised) {
  Interpreter interpreter;
  for (const char* begin : {"\\221\\255\\255\\255\\255", "\\223\\255\\255\\255\\255", "\\219\\255\\255\\255\\255",
                            "\\220\\255\\255", "\\222\\255\\255", "\\218\\255\\255", "\\221\\127\\255\\255\\255"}) {
    const std::string call = "cmsgpack.unpack('" + std::string(begin) + "'..('\\1'):rep(1000))";
    EXPECT_EQ(outcome_of(interpreter, call), "false user_script:1: Missing bytes in input.") << call;
  }
  EXPECT_LT(interpreter.peak_bytes(), kMegabyte);
}

// CVE-2021-32626, CVE-2018-11218: nesting and results that Lua's stack of C functions has no room for.
TEST(Hostile, NoStackOverflowsHoweverDeepTheInput) {
  Interpreter interpreter;
  for (const char* call :
       {"cmsgpack.unpack(('\\145'):rep(1000000))", "cmsgpack.unpack(('\\129'):rep(1000000))",
        "cmsgpack.unpack(('\\129\\1'):rep(1000000))", "cmsgpack.unpack(('\\1'):rep(1000000))",
        "cmsgpack.unpack_limit(('\\1'):rep(1000000),500000)", "struct.unpack(('b'):rep(1000000),('b'):rep(1000000))",
        "cjson.decode(('['):rep(1000000))", "cjson.decode(('{\"\":'):rep(1000000))"}) {
    EXPECT_TRUE(outcome_of(interpreter, call).starts_with("false ")) << call;
    EXPECT_TRUE(outcome_of(interpreter,
                           "(function() cjson.decode_max_depth(2147483647) cjson.encode_max_depth(2147483647) "
                           "return " +
                               std::string(call) + " end)()")
                    .starts_with("false "))
        << call;
  }
  const std::string itself = "(function() local t={} t.a={t,t} return cjson.encode(t) end)()";
  EXPECT_TRUE(outcome_of(interpreter, itself).starts_with("false ")) << itself;
}

// CVE-2022-24834: six times the length of a string did not fit where it was counted. Here the memory ends before.
TEST(Hostile, EncodingMoreThanMemoryHasIsAnErrorAndLeavesNothing) {
  Interpreter interpreter;
  interpreter.limit_bytes(40 * kMegabyte);
  const std::string huge = "local s=('\\1'):rep(8*1024*1024) ";
  for (const char* call : {"cjson.encode(s)", "cjson.encode({[s]=s})", "cmsgpack.pack(s,s,s,s,s)",
                           "struct.pack('ssssss',s,s,s,s,s,s)", "cjson.decode('\"\\\\n'..s..s..s..s..'\"')"}) {
    EXPECT_EQ(outcome_of(interpreter, "(function() " + huge + "return #(" + call + ") end)()"),
              "false not enough memory")
        << call;
    collect(interpreter);
    EXPECT_LT(interpreter.memory_bytes(), 2 * kMegabyte) << call;
  }
  EXPECT_EQ(outcome_of(interpreter, "cjson.encode({1,'a'})"), "true [1,\"a\"]");
}

// A buffer that grew must not outlive its call, not even one that failed.
TEST(Hostile, LargeBuffersGoWithTheirCall) {
  Interpreter interpreter;
  interpreter.run("local s=('\\1'):rep(1024*1024) cjson.encode(s) cjson.decode('\"\\\\n'..s..'\"')");
  collect(interpreter);
  EXPECT_LT(interpreter.memory_bytes(), kMegabyte / 2);
  interpreter.run("pcall(cjson.encode,{('\\1'):rep(1024*1024),print})");
  EXPECT_EQ(outcome_of(interpreter, "cjson.encode('\\1')"), "true \"\\u0001\"");
  interpreter.run("cjson.encode(('a'):rep(1000))");
  collect(interpreter);
  EXPECT_LT(interpreter.memory_bytes(), kMegabyte / 2);
}

// Each allocation fails once: a script ends with an error, the interpreter can go on, and nothing leaks.
TEST(Hostile, AnyAllocationMayFail) {
  const char* kScript = R"(
    local long = ('x\n'):rep(700)
    local value = {1, 'a', {b = long, [2.5] = true}, {}, {{}, cjson.null}}
    local text = cjson.encode(value)
    local again = cjson.decode(text)
    local packed = cmsgpack.pack(value, again, long)
    local first, second, third = cmsgpack.unpack(packed)
    local bytes = struct.pack('>!8bsi5d', 1, long, 2, 3)
    local _, s = struct.unpack('>!8bsi5d', bytes)
    local same = #text == #cjson.encode(again) and #first == #value
    return tostring(same and third == long and s == long and #bit.tohex(7) == 8))";
  uint64_t allocations = 0;
  for (std::string result; result != "true"; ++allocations) {
    ASSERT_LT(allocations, 10000U) << result;
    Interpreter interpreter;
    interpreter.fail_after(allocations);
    result = interpreter.run(kScript);
    interpreter.fail_never();
    EXPECT_TRUE(result == "true" || result == "not enough memory") << allocations << ": " << result;
    EXPECT_EQ(interpreter.run(kScript), "true") << allocations;
  }
  EXPECT_GT(allocations, 50U);
}

}  // namespace
}  // namespace lua
