// The two halves of cjson, and the settings that they share.
//
// An instance (cjson itself, or what cjson.new() gives) has one Settings, a userdata, which is upvalue 1 of all its
// functions. Settings outlive a script, as in the reference.
#pragma once

#include <luajit-2.1/lua.hpp>

namespace lua::json {

inline constexpr int kSettingsUpvalue = 1;

// What to do about numbers that JSON has not: NaN and the infinities, and in texts also hexadecimal and leading zeros.
enum class InvalidNumbers : int { kRefuse, kAllow, kNull };

struct Settings {
  int encode_max_depth = 1000;
  int decode_max_depth = 1000;
  int encode_number_precision = 14;
  int encode_keep_buffer = 1;  // kept for its setter: a buffer is the collector's
  InvalidNumbers encode_invalid_numbers = InvalidNumbers::kRefuse;
  InvalidNumbers decode_invalid_numbers = InvalidNumbers::kAllow;
  // An array is too sparse if its greatest index is beyond both `safe` and `ratio` times its elements (ratio 0: never).
  int sparse_convert = 0;  // to an object, rather than an error
  int sparse_ratio = 2;
  int sparse_safe = 10;
};

inline Settings& settings_of(lua_State* state) {
  return *static_cast<Settings*>(lua_touserdata(state, lua_upvalueindex(kSettingsUpvalue)));
}

int encode(lua_State* state);  // cjson.encode
int decode(lua_State* state);  // cjson.decode

}  // namespace lua::json
