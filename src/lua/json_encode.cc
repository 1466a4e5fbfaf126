// cjson.encode: a Lua value as JSON.
//
// A map's keys come in the order of keys.h.
//
// Limits   nesting: encode_max_depth, and Lua's stack of C functions (8000 slots, about 4000 objects or 8000 arrays),
//          which fails as if the depth were too great. What is written is at most six times what is read.
// Errors   raised: what JSON cannot say, too deep, too sparse. Metatables are not asked, so no Lua code runs.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string_view>

#include "base/numbers.h"
#include "lua/buffer.h"
#include "lua/json.h"
#include "lua/keys.h"

namespace lua::json {
namespace {

struct Encoder {
  lua_State* state;
  const Settings& settings;
  Buffer& out;
  Buffer& keys;
};

void encode_value(const Encoder& encoder, int depth);

void refuse(const Encoder& encoder, int index, const char* reason) {
  luaL_error(encoder.state, "Cannot serialise %s: %s", luaL_typename(encoder.state, index), reason);
}

// 0 where the byte stands for itself, 'u' where it becomes \u00XX, else what follows the backslash.
constexpr char escape_of(unsigned char byte) {
  switch (byte) {
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\f': return 'f';
    case '\r': return 'r';
    case '"':
    case '/':
    case '\\': return static_cast<char>(byte);
    default: return byte < 32 || byte == 127 ? 'u' : '\0';
  }
}

struct Escapes {
  constexpr Escapes() {
    for (unsigned byte = 0; byte < 256; ++byte) of[byte] = escape_of(static_cast<unsigned char>(byte));
  }
  char of[256] = {};
};
constexpr Escapes kEscapes;

void append_escape(Buffer& out, unsigned char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  const char escape = kEscapes.of[byte];
  out.append('\\');
  out.append(escape);
  if (escape != 'u') return;
  out.append("00");
  out.append(kHex[byte >> 4]);
  out.append(kHex[byte & 15]);
}

void encode_string(const Encoder& encoder, std::string_view text) {
  encoder.out.append('"');
  size_t plain = 0;  // where the bytes begin that were not appended yet
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (kEscapes.of[byte] == 0) continue;
    encoder.out.append(text.substr(plain, at - plain));
    append_escape(encoder.out, byte);
    plain = at + 1;
  }
  encoder.out.append(text.substr(plain));
  encoder.out.append('"');
}

void encode_number(const Encoder& encoder, double number) {
  constexpr size_t kMostBytes = 32;  // sign, 14 digits, point, exponent
  static constexpr double kPowers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
  if (!std::isfinite(number)) {
    if (encoder.settings.encode_invalid_numbers == InvalidNumbers::kRefuse)
      luaL_error(encoder.state, "Cannot serialise number: must not be NaN or Inf");
    if (encoder.settings.encode_invalid_numbers == InvalidNumbers::kNull) return encoder.out.append("null");
    if (std::isnan(number)) return encoder.out.append("nan");
    return encoder.out.append(number > 0 ? "inf" : "-inf");
  }
  char* room = encoder.out.room(kMostBytes);
  const int precision = encoder.settings.encode_number_precision;
  // Whole numbers without an exponent, which nearly all are; a zero may be -0.
  if (std::fabs(number) < kPowers[precision] && number != 0 && number == std::trunc(number)) {
    encoder.out.grew(static_cast<size_t>(base::write_int64(room, static_cast<int64_t>(number)) - room));
  } else {
    encoder.out.grew(static_cast<size_t>(std::snprintf(room, kMostBytes, "%.*g", precision, number)));
  }
}

// How long the table at the top is as an array; 0 if it is to be an object.
int array_length(const Encoder& encoder) {
  lua_State* state = encoder.state;
  int longest = 0;
  int64_t items = 0;
  lua_pushnil(state);
  while (lua_next(state, -2) != 0) {
    const double key = lua_type(state, -2) == LUA_TNUMBER ? lua_tonumber(state, -2) : 0;
    // An index beyond 32 bits makes an object: a quirk, tests/unit/lua/json_test.cc.
    if (key < 1 || key != std::floor(key) || key > std::numeric_limits<int>::max()) {
      lua_pop(state, 2);
      return 0;
    }
    if (key > longest) longest = static_cast<int>(key);
    ++items;
    lua_pop(state, 1);
  }
  const Settings& settings = encoder.settings;
  if (settings.sparse_ratio > 0 && longest > items * settings.sparse_ratio && longest > settings.sparse_safe) {
    if (settings.sparse_convert == 0) refuse(encoder, -1, "excessively sparse array");
    return 0;
  }
  return longest;
}

void encode_array(const Encoder& encoder, int length, int depth) {
  encoder.out.append('[');
  for (int index = 1; index <= length; ++index) {
    if (index > 1) encoder.out.append(',');
    lua_rawgeti(encoder.state, -1, index);
    encode_value(encoder, depth);
    lua_pop(encoder.state, 1);
    if (index == std::numeric_limits<int>::max()) break;
  }
  encoder.out.append(']');
}

// The first key that is neither a number nor a string.
void refuse_key(const Encoder& encoder) {
  lua_pushnil(encoder.state);
  while (lua_next(encoder.state, -2) != 0) {
    const int type = lua_type(encoder.state, -2);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) refuse(encoder, -2, "table key must be a number or string");
    lua_pop(encoder.state, 1);
  }
}

void encode_key(const Encoder& encoder, const Key& key) {
  if (key.text != nullptr) return encode_string(encoder, {key.text, key.size});
  encoder.out.append('"');
  encode_number(encoder, key.number);
  encoder.out.append('"');
}

void encode_object(const Encoder& encoder, int depth) {
  SortedKeys keys(encoder.state, encoder.keys);
  if (keys.others() > 0) refuse_key(encoder);
  encoder.out.append('{');
  for (size_t index = 0; index < keys.size(); ++index) {
    const Key key = keys[index];
    if (index > 0) encoder.out.append(',');
    encode_key(encoder, key);
    encoder.out.append(':');
    keys.push(key);
    encode_value(encoder, depth);
    lua_pop(encoder.state, 2);
  }
  keys.end();
  encoder.out.append('}');
}

void encode_table(const Encoder& encoder, int depth) {
  // The reference asks for two slots more, but has not the two of the buffers: both nest equally deep.
  if (depth > encoder.settings.encode_max_depth || lua_checkstack(encoder.state, 1) == 0)
    luaL_error(encoder.state, "Cannot serialise, excessive nesting (%d)", depth);
  const int length = array_length(encoder);
  if (length > 0)
    encode_array(encoder, length, depth);
  else
    encode_object(encoder, depth);
}

// Appends the value at the top of the stack, which stays there; it lies in `depth` tables.
void encode_value(const Encoder& encoder, int depth) {
  switch (lua_type(encoder.state, -1)) {
    case LUA_TSTRING: {
      size_t size = 0;
      const char* text = lua_tolstring(encoder.state, -1, &size);
      return encode_string(encoder, {text, size});
    }
    case LUA_TNUMBER: return encode_number(encoder, lua_tonumber(encoder.state, -1));
    case LUA_TBOOLEAN: return encoder.out.append(lua_toboolean(encoder.state, -1) != 0 ? "true" : "false");
    case LUA_TTABLE: return encode_table(encoder, depth + 1);
    case LUA_TNIL: return encoder.out.append("null");
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(encoder.state, -1) == nullptr) return encoder.out.append("null");
      break;
    default: break;
  }
  refuse(encoder, -1, "type not supported");
}

}  // namespace

int encode(lua_State* state) {
  luaL_argcheck(state, lua_gettop(state) == 1, 1, "expected 1 argument");
  Buffer out(state, 1);
  Buffer keys(state, 2);
  encode_value({state, settings_of(state), out, keys}, 0);
  out.push_string();
  return 1;
}

}  // namespace lua::json
