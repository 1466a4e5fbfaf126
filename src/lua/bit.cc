// `bit`: the interpreter's own library, but for tohex, whose second argument it does not bound.
#include <bit>
#include <cstdint>
#include <string_view>

#include "lua/libraries.h"

namespace lua {
namespace {

// The argument modulo 2^32, as the interpreter's library does it: 1.5 * 2^52 moves the integer into the low bits.
uint32_t check_bits(lua_State* state, int argument) {
  constexpr double kShift = 6755399441055744.0;
  return static_cast<uint32_t>(std::bit_cast<uint64_t>(luaL_checknumber(state, argument) + kShift));
}

// bit.tohex(number[, digits]): the last `digits` of eight, in upper case if it is negative.
int to_hex(lua_State* state) {
  constexpr int64_t kDigits = 8;
  uint32_t bits = check_bits(state, 1);
  // Wide, since the negative of the least integer of 32 bits is none.
  int64_t digits = lua_isnone(state, 2) ? kDigits : static_cast<int32_t>(check_bits(state, 2));
  const char* alphabet = digits < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  if (digits < 0) digits = -digits;
  if (digits > kDigits) digits = kDigits;
  char text[kDigits];
  for (int64_t at = digits; at-- > 0; bits >>= 4) text[at] = alphabet[bits & 15];
  lua_pushlstring(state, text, static_cast<size_t>(digits));
  return 1;
}

}  // namespace

void open_bit(lua_State* state) {
  luaL_checkstack(state, 3, nullptr);
  lua_pushcfunction(state, luaopen_bit);
  lua_pushliteral(state, LUA_BITLIBNAME);
  lua_call(state, 1, 1);
  lua_pushcfunction(state, to_hex);
  lua_setfield(state, -2, "tohex");
  lua_pop(state, 1);
}

}  // namespace lua
