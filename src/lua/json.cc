// The table `cjson` and its setters.
//
// A setter without an argument, or with nil, only tells the setting. Each answers with what now holds.
#include "lua/json.h"

#include <climits>
#include <new>

#include "lua/libraries.h"

namespace lua {
namespace {

using json::InvalidNumbers;
using json::Settings;

// Arguments that are missing become nil; more of them are refused.
Settings& prepare(lua_State* state, int arguments) {
  luaL_argcheck(state, lua_gettop(state) <= arguments, arguments + 1, "found too many arguments");
  lua_settop(state, arguments);
  return json::settings_of(state);
}

struct Range {
  int from;
  int to;
};

void integer_setting(lua_State* state, int argument, int& setting, Range range) {
  if (!lua_isnil(state, argument)) {
    // Cut to 32 bits before it is checked: a quirk (2^32 + 5 is 5), tests/unit/lua/json_test.cc.
    const int value = static_cast<int>(luaL_checkinteger(state, argument));
    if (value < range.from || value > range.to)  // always called the first argument, as the reference does
      luaL_argerror(state, 1, lua_pushfstring(state, "expected integer between %d and %d", range.from, range.to));
    setting = value;
  }
  lua_pushinteger(state, setting);
}

constexpr const char* kOffOn[] = {"off", "on", nullptr};
constexpr const char* kOffOnNull[] = {"off", "on", "null", nullptr};

// false and true are the first two of `choices`.
int choice_setting(lua_State* state, int argument, int setting, const char* const* choices) {
  if (lua_isboolean(state, argument)) {
    setting = lua_toboolean(state, argument);
  } else if (!lua_isnil(state, argument)) {
    setting = luaL_checkoption(state, argument, nullptr, choices);
  }
  if (setting <= 1)
    lua_pushboolean(state, setting);
  else
    lua_pushstring(state, choices[setting]);
  return setting;
}

int encode_sparse_array(lua_State* state) {
  Settings& settings = prepare(state, 3);
  settings.sparse_convert = choice_setting(state, 1, settings.sparse_convert, kOffOn);
  integer_setting(state, 2, settings.sparse_ratio, {0, INT_MAX});
  integer_setting(state, 3, settings.sparse_safe, {0, INT_MAX});
  return 3;
}

int encode_max_depth(lua_State* state) {
  Settings& settings = prepare(state, 1);
  integer_setting(state, 1, settings.encode_max_depth, {1, INT_MAX});
  return 1;
}

int decode_max_depth(lua_State* state) {
  Settings& settings = prepare(state, 1);
  integer_setting(state, 1, settings.decode_max_depth, {1, INT_MAX});
  return 1;
}

int encode_number_precision(lua_State* state) {
  Settings& settings = prepare(state, 1);
  integer_setting(state, 1, settings.encode_number_precision, {1, 14});
  return 1;
}

int encode_keep_buffer(lua_State* state) {
  Settings& settings = prepare(state, 1);
  settings.encode_keep_buffer = choice_setting(state, 1, settings.encode_keep_buffer, kOffOn);
  return 1;
}

int encode_invalid_numbers(lua_State* state) {
  Settings& settings = prepare(state, 1);
  const int chosen = choice_setting(state, 1, static_cast<int>(settings.encode_invalid_numbers), kOffOnNull);
  settings.encode_invalid_numbers = static_cast<InvalidNumbers>(chosen);
  return 1;
}

int decode_invalid_numbers(lua_State* state) {
  Settings& settings = prepare(state, 1);
  const int chosen = choice_setting(state, 1, static_cast<int>(settings.decode_invalid_numbers), kOffOn);
  settings.decode_invalid_numbers = static_cast<InvalidNumbers>(chosen);
  return 1;
}

// cjson.new: another instance, with settings of its own.
int new_instance(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {
      {"encode", json::encode},
      {"decode", json::decode},
      {"encode_sparse_array", encode_sparse_array},
      {"encode_max_depth", encode_max_depth},
      {"decode_max_depth", decode_max_depth},
      {"encode_number_precision", encode_number_precision},
      {"encode_keep_buffer", encode_keep_buffer},
      {"encode_invalid_numbers", encode_invalid_numbers},
      {"decode_invalid_numbers", decode_invalid_numbers},
      {"new", new_instance},
  };
  luaL_checkstack(state, 4, nullptr);
  lua_createtable(state, 0, 13);
  new (lua_newuserdata(state, sizeof(Settings))) Settings;
  for (const luaL_Reg& function : kFunctions) {
    lua_pushvalue(state, -1);
    lua_pushcclosure(state, function.func, 1);
    lua_setfield(state, -3, function.name);
  }
  lua_pop(state, 1);
  lua_pushlightuserdata(state, nullptr);
  lua_setfield(state, -2, "null");
  lua_pushliteral(state, "cjson");
  lua_setfield(state, -2, "_NAME");
  lua_pushliteral(state, "2.1.0");
  lua_setfield(state, -2, "_VERSION");
  return 1;
}

}  // namespace

void open_json(lua_State* state) {
  new_instance(state);
  lua_setglobal(state, "cjson");
}

}  // namespace lua
