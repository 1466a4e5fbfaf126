// Values that scripts return. See script_values.h.
#include "script_values.h"

#include <iterator>

namespace differential {

namespace {

constexpr const char* kNumbers[] = {
    "0", "1", "-1", "3.99", "-3.99", "-0.0", "0.1", "1e15", "1e300", "-1e19", "2.5e-7", "123456789.125",
    // Around what an integer of a double, and of 64 bits, can be.
    "9007199254740991", "9007199254740993", "9223372036854774784", "9223372036854775807", "-9223372036854775808",
    "18446744073709551615", "4294967296"};
constexpr const char* kTexts[] = {"",   "OK",       "abc",       "ERR text",       "-ERR text", "-",   "WRONGTYPE a b",
                                  "12", "a\\r\\nb", "a\\u0000b", "\\ud83d\\ude00", "txt",       "mkd", "long one"};
// The fields that make a table something else than an array, and others.
constexpr const char* kMarks[] = {"err", "ok", "double", "map", "set", "big_number", "verbatim_string", "lua", "1"};

template <size_t N>
std::string one_of(const char* const (&choices)[N], Pools* pools) {
  return choices[pools->below(N)];
}

std::string text(Pools* pools) { return '"' + one_of(kTexts, pools) + '"'; }

std::string object(const std::string& name, const std::string& value) { return "{\"" + name + "\":" + value + "}"; }

// A marked table, mostly with the value that belongs there.
std::string marked(Pools* pools, int depth) {
  const std::string mark = one_of(kMarks, pools);
  if (pools->chance(15)) return object(mark, script_value(pools, depth));
  if (mark == "double") return object(mark, one_of(kNumbers, pools));
  if (mark == "map")
    return object(mark, pools->chance(10) ? "{}" : object(one_of(kTexts, pools), script_value(pools, depth)));
  if (mark == "set")
    return object(mark, pools->chance(10)
                            ? "{}"
                            : object(one_of(kTexts, pools), pools->chance(80) ? "true" : script_value(pools, depth)));
  if (mark == "verbatim_string") {
    const std::string format = pools->chance(80) ? text(pools) : script_value(pools, 0);
    const std::string string = pools->chance(80) ? text(pools) : script_value(pools, 0);
    return object(mark, "{\"format\":" + format + ",\"string\":" + string + "}");
  }
  return object(mark, text(pools));
}

}  // namespace

std::string script_value(Pools* pools, int depth) {
  switch (pools->below(depth > 0 ? 9 : 5)) {
    case 0: return one_of(kNumbers, pools);
    case 1:
    case 2: return text(pools);
    case 3: return pools->chance(50) ? "true" : "false";
    case 4: return "null";
    case 5:
    case 6: {
      std::string array = "[";
      for (size_t left = pools->below(5); left > 0; --left) {
        array += script_value(pools, depth - 1) + (left > 1 ? "," : "");
      }
      return array + "]";
    }
    default: return marked(pools, depth - 1);
  }
}

}  // namespace differential
