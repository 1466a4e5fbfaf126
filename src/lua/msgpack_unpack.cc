// cmsgpack.unpack, unpack_one and unpack_limit: MessagePack as Lua values.
//
// Limits   nesting and number of results: Lua's stack of C functions (8000 slots). Memory goes by the bytes that are
//          there, never by a count that they declare.
// Errors   raised: bytes that are missing or unknown, a stack that is full, a map's key that is nil or NaN.
#include <bit>
#include <string_view>

#include "lua/msgpack.h"

namespace lua::msgpack {
namespace {

constexpr const char* kTooManyValues = "too many return values at once; use unpack_one or unpack_limit instead.";

struct Input {
  std::string_view bytes;
  size_t at = 0;

  size_t left() const { return bytes.size() - at; }
};

void unpack_value(lua_State* state, Input& input);

std::string_view take(lua_State* state, Input& input, size_t bytes) {
  if (bytes > input.left()) luaL_error(state, "Missing bytes in input.");
  const std::string_view taken = input.bytes.substr(input.at, bytes);
  input.at += bytes;
  return taken;
}

uint64_t take_number(lua_State* state, Input& input, size_t bytes) {
  uint64_t number = 0;
  for (const char byte : take(state, input, bytes)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

void push_string(lua_State* state, Input& input, size_t bytes) {
  const std::string_view text = take(state, input, bytes);
  lua_pushlstring(state, text.data(), text.size());
}

void push_integer(lua_State* state, int64_t number) { lua_pushnumber(state, static_cast<double>(number)); }

void unpack_array(lua_State* state, Input& input, uint64_t size) {
  lua_newtable(state);
  luaL_checkstack(state, 1, "in function mp_decode_to_lua_array");
  for (uint64_t index = 1; index <= size; ++index) {
    // The index stays below the element, although it is not needed: so deep may arrays nest in the reference.
    lua_pushnumber(state, static_cast<double>(index));
    unpack_value(state, input);
    lua_rawset(state, -3);
  }
}

void unpack_map(lua_State* state, Input& input, uint64_t size) {
  lua_newtable(state);
  for (uint64_t pair = 0; pair < size; ++pair) {
    unpack_value(state, input);
    unpack_value(state, input);
    lua_rawset(state, -3);
  }
}

// What does not have all in its first byte.
void unpack_long(lua_State* state, Input& input, uint8_t format) {
  const auto number = [&](size_t bytes) { return take_number(state, input, bytes); };
  switch (format) {
    case kNil: return lua_pushnil(state);
    case kFalse: return lua_pushboolean(state, 0);
    case kTrue: return lua_pushboolean(state, 1);
    case kFloat32:
      return lua_pushnumber(state, static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(number(4)))));
    case kFloat64: return lua_pushnumber(state, std::bit_cast<double>(number(8)));
    case kUint8: return push_integer(state, static_cast<int64_t>(number(1)));
    case kUint16: return push_integer(state, static_cast<int64_t>(number(2)));
    case kUint32: return push_integer(state, static_cast<int64_t>(number(4)));
    case kUint64:  // from 2^63 on it is read as negative: a quirk, tests/unit/lua/msgpack_test.cc
      return push_integer(state, static_cast<int64_t>(number(8)));
    case kInt8: return push_integer(state, static_cast<int8_t>(number(1)));
    case kInt16: return push_integer(state, static_cast<int16_t>(number(2)));
    case kInt32: return push_integer(state, static_cast<int32_t>(number(4)));
    case kInt64: return push_integer(state, static_cast<int64_t>(number(8)));
    case kStr8: return push_string(state, input, number(1));
    case kStr16: return push_string(state, input, number(2));
    case kStr32: return push_string(state, input, number(4));
    case kArray16: return unpack_array(state, input, number(2));
    case kArray32: return unpack_array(state, input, number(4));
    case kMap16: return unpack_map(state, input, number(2));
    case kMap32: return unpack_map(state, input, number(4));
    default: luaL_error(state, "Bad data format in input.");
  }
}

// Pushes the value that begins here.
void unpack_value(lua_State* state, Input& input) {
  luaL_checkstack(state, 1, kTooManyValues);
  const auto format = static_cast<uint8_t>(take_number(state, input, 1));
  if (format < kFixmap || format >= kNegativeFixint) return push_integer(state, static_cast<int8_t>(format));
  if (format < kFixarray) return unpack_map(state, input, format & 0x0f);
  if (format < kFixstr) return unpack_array(state, input, format & 0x0f);
  if (format < kNil) return push_string(state, input, format & 0x1f);
  unpack_long(state, input, format);
}

// Where to begin, and how many values; no limit at the beginning means all of them, and no offset in the results.
struct Part {
  lua_Integer limit = 0;
  lua_Integer offset = 0;
};

int unpack_part(lua_State* state, Part part) {
  size_t size = 0;
  const char* data = luaL_checklstring(state, 1, &size);
  // Numbers are told as 32 bits, and the size as the limit: quirks, tests/unit/lua/msgpack_test.cc.
  if (part.offset < 0 || part.limit < 0)
    luaL_error(state, "Invalid request to unpack with offset of %d and limit of %d.", static_cast<int>(part.offset),
               static_cast<int>(size));
  if (static_cast<size_t>(part.offset) > size)
    luaL_error(state, "Start offset %d greater than input length %d.", static_cast<int>(part.offset),
               static_cast<int>(size));
  const bool all = part.limit == 0 && part.offset == 0;
  Input input{{data, size}, static_cast<size_t>(part.offset)};
  int values = 0;
  while (input.left() > 0 && (all || values < part.limit)) {
    unpack_value(state, input);
    ++values;
  }
  if (all) return values;
  luaL_checkstack(state, 1, "in function mp_unpack_full");
  if (input.left() == 0)
    lua_pushinteger(state, -1);
  else
    lua_pushinteger(state, static_cast<lua_Integer>(input.at));
  lua_insert(state, 2);
  return values + 1;
}

void keep_first(lua_State* state) {
  if (lua_gettop(state) > 1) lua_settop(state, 1);
}

}  // namespace

int unpack(lua_State* state) { return unpack_part(state, {}); }

int unpack_one(lua_State* state) {
  const lua_Integer offset = luaL_optinteger(state, 2, 0);
  keep_first(state);
  return unpack_part(state, {.limit = 1, .offset = offset});
}

int unpack_limit(lua_State* state) {
  const lua_Integer limit = luaL_checkinteger(state, 2);
  const lua_Integer offset = luaL_optinteger(state, 3, 0);
  keep_first(state);
  return unpack_part(state, {.limit = limit, .offset = offset});
}

}  // namespace lua::msgpack
