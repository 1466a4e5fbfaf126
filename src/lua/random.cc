#include "lua/random.h"

#include <cmath>
#include <cstdint>

namespace lua {
namespace {

constexpr char kState[] = "sigrun.random";  // in the registry: 48 bits, which a double holds

uint64_t next_number(lua_State* state) {
  constexpr uint64_t kFactor = 0x5DEECE66D, kAddend = 0xB, kMask = (uint64_t{1} << 48) - 1;
  lua_getfield(state, LUA_REGISTRYINDEX, kState);
  const auto now = static_cast<uint64_t>(lua_tonumber(state, -1));
  lua_pop(state, 1);
  const uint64_t next = (now * kFactor + kAddend) & kMask;
  lua_pushnumber(state, static_cast<double>(next));
  lua_setfield(state, LUA_REGISTRYINDEX, kState);
  return next >> 17;
}

}  // namespace

int random(lua_State* state) {
  constexpr uint64_t kRange = 0x7fffffff;
  const double share = static_cast<double>(next_number(state) % kRange) / static_cast<double>(kRange);
  switch (lua_gettop(state)) {
    case 0: lua_pushnumber(state, share); break;
    case 1: {
      const int upper = luaL_checkint(state, 1);
      luaL_argcheck(state, 1 <= upper, 1, "interval is empty");
      lua_pushnumber(state, std::floor(share * upper) + 1);
      break;
    }
    case 2: {
      const int lower = luaL_checkint(state, 1), upper = luaL_checkint(state, 2);
      luaL_argcheck(state, lower <= upper, 2, "interval is empty");
      lua_pushnumber(state, std::floor(share * (static_cast<double>(upper) - lower + 1)) + lower);
      break;
    }
    default: return luaL_error(state, "wrong number of arguments");
  }
  return 1;
}

int random_seed(lua_State* state) {
  const auto seed = static_cast<uint32_t>(luaL_checkint(state, 1));
  lua_pushnumber(state, static_cast<double>((uint64_t{seed} << 16) | 0x330E));
  lua_setfield(state, LUA_REGISTRYINDEX, kState);
  return 0;
}

}  // namespace lua
