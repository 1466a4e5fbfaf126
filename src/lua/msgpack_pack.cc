// cmsgpack.pack: Lua values as MessagePack, one behind the other.
//
// A whole number is an integer, any other a float if it loses nothing by that, else a double. A table whose keys are
// just 1 to n is an array; a map's keys come in the order of keys.h, other types of keys after them. What MessagePack
// has no type for, functions for one, is nil.
//
// Limits   a table in kMostNesting others is nil, too; at most 4000 values, which is half of what a C function may have
//          on Lua's stack.
// Errors   raised: no value, too many. Metatables are not asked, so no Lua code runs.
#include <bit>
#include <cmath>
#include <optional>
#include <string_view>

#include "lua/buffer.h"
#include "lua/keys.h"
#include "lua/msgpack.h"

namespace lua::msgpack {
namespace {

constexpr int kMostNesting = 16;

struct Packer {
  lua_State* state;
  Buffer& out;
  Buffer& keys;
};

void pack_value(const Packer& packer, int nesting);

// The format, then `bytes` of the number, most significant first.
void append(Buffer& out, uint8_t format, uint64_t number, unsigned bytes) {
  char* at = out.room(1 + sizeof number);
  *at++ = static_cast<char>(format);
  for (unsigned left = bytes; left-- > 0;) *at++ = static_cast<char>(number >> (8 * left));
  out.grew(1 + bytes);
}

void pack_integer(Buffer& out, int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  if (number >= 0) {
    if (number <= 0x7f) return append(out, static_cast<uint8_t>(number), 0, 0);
    if (number <= 0xff) return append(out, kUint8, bits, 1);
    if (number <= 0xffff) return append(out, kUint16, bits, 2);
    if (number <= 0xffffffffLL) return append(out, kUint32, bits, 4);
    return append(out, kUint64, bits, 8);
  }
  if (number >= -32) return append(out, static_cast<uint8_t>(number), 0, 0);
  if (number >= INT8_MIN) return append(out, kInt8, bits, 1);
  if (number >= INT16_MIN) return append(out, kInt16, bits, 2);
  if (number >= INT32_MIN) return append(out, kInt32, bits, 4);
  append(out, kInt64, bits, 8);
}

void pack_number(Buffer& out, double number) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number == std::floor(number) && number >= -kTwoTo63 && number < kTwoTo63)
    return pack_integer(out, static_cast<int64_t>(number));
  const auto shorter = static_cast<float>(number);
  if (static_cast<double>(shorter) == number) return append(out, kFloat32, std::bit_cast<uint32_t>(shorter), 4);
  append(out, kFloat64, std::bit_cast<uint64_t>(number), 8);
}

void pack_string(Buffer& out, std::string_view text) {
  const size_t size = text.size();
  if (size < 32) {
    append(out, static_cast<uint8_t>(kFixstr | size), 0, 0);
  } else if (size <= 0xff) {
    append(out, kStr8, size, 1);
  } else if (size <= 0xffff) {
    append(out, kStr16, size, 2);
  } else {
    append(out, kStr32, size, 4);  // Lua's strings have less than 2^31 bytes
  }
  out.append(text);
}

// How many elements the table at the top has if its keys are 1 to that; otherwise nothing.
std::optional<uint64_t> array_size(lua_State* state) {
  uint64_t pairs = 0;
  double greatest = 0;
  lua_pushnil(state);
  while (lua_next(state, -2) != 0) {
    const double key = lua_type(state, -2) == LUA_TNUMBER ? lua_tonumber(state, -2) : 0;
    if (key <= 0 || key != std::floor(key)) {
      lua_pop(state, 2);
      return std::nullopt;
    }
    if (key > greatest) greatest = key;
    ++pairs;
    lua_pop(state, 1);
  }
  if (greatest != static_cast<double>(pairs)) return std::nullopt;
  return pairs;
}

void pack_array(const Packer& packer, uint64_t size, int nesting) {
  if (size < 16)
    append(packer.out, static_cast<uint8_t>(kFixarray | size), 0, 0);
  else if (size <= 0xffff)
    append(packer.out, kArray16, size, 2);
  else
    append(packer.out, kArray32, size, 4);
  for (uint64_t index = 1; index <= size; ++index) {
    lua_rawgeti(packer.state, -1, static_cast<int>(index));
    pack_value(packer, nesting);
    lua_pop(packer.state, 1);
  }
}

// Appends the key and the value at the top, and pops the value.
void pack_pair(const Packer& packer, int nesting) {
  lua_pushvalue(packer.state, -2);
  pack_value(packer, nesting);
  lua_pop(packer.state, 1);
  pack_value(packer, nesting);
  lua_pop(packer.state, 1);
}

// Keys of other types follow in the interpreter's order.
void pack_other_pairs(const Packer& packer, int nesting) {
  lua_pushnil(packer.state);
  while (lua_next(packer.state, -2) != 0) {
    const int type = lua_type(packer.state, -2);
    if (type == LUA_TSTRING || type == LUA_TNUMBER)
      lua_pop(packer.state, 1);
    else
      pack_pair(packer, nesting);
  }
}

void pack_map(const Packer& packer, int nesting) {
  SortedKeys keys(packer.state, packer.keys);
  const size_t others = keys.others();
  const size_t size = keys.size() + others;
  if (size < 16)
    append(packer.out, static_cast<uint8_t>(kFixmap | size), 0, 0);
  else if (size <= 0xffff)
    append(packer.out, kMap16, size, 2);
  else
    append(packer.out, kMap32, size, 4);
  for (size_t index = 0; index < keys.size(); ++index) {
    keys.push(keys[index]);
    pack_pair(packer, nesting);
    lua_pop(packer.state, 1);
  }
  keys.end();
  if (others > 0) pack_other_pairs(packer, nesting);
}

void pack_table(const Packer& packer, int nesting) {
  luaL_checkstack(packer.state, 4, "in function pack_table");  // a key twice, a value, what a growing buffer needs
  const std::optional<uint64_t> size = array_size(packer.state);
  if (size)
    pack_array(packer, *size, nesting);
  else
    pack_map(packer, nesting);
}

// Appends the value at the top of the stack, which stays there; it lies in `nesting` tables.
void pack_value(const Packer& packer, int nesting) {
  switch (lua_type(packer.state, -1)) {
    case LUA_TSTRING: {
      size_t size = 0;
      const char* text = lua_tolstring(packer.state, -1, &size);
      return pack_string(packer.out, {text, size});
    }
    case LUA_TBOOLEAN: return append(packer.out, lua_toboolean(packer.state, -1) != 0 ? kTrue : kFalse, 0, 0);
    case LUA_TNUMBER: return pack_number(packer.out, lua_tonumber(packer.state, -1));
    case LUA_TTABLE:
      if (nesting < kMostNesting) return pack_table(packer, nesting + 1);
      return append(packer.out, kNil, 0, 0);
    default: return append(packer.out, kNil, 0, 0);
  }
}

}  // namespace

int pack(lua_State* state) {
  const int values = lua_gettop(state);
  if (values == 0) return luaL_argerror(state, 0, "MessagePack pack needs input.");
  if (lua_checkstack(state, values) == 0) return luaL_argerror(state, 0, "Too many arguments for MessagePack pack.");
  Buffer out(state, values + 1);
  Buffer keys(state, values + 2);
  luaL_checkstack(state, 1, "in function pack");
  for (int value = 1; value <= values; ++value) {
    lua_pushvalue(state, value);
    pack_value({state, out, keys}, 0);
    lua_pop(state, 1);
  }
  out.push_string();
  return 1;
}

}  // namespace lua::msgpack
