// The two halves of cmsgpack, and the bytes that they share.
//
// Source   https://github.com/msgpack/msgpack/blob/master/spec.md, without its extension types and binaries.
#pragma once

#include <cstdint>
#include <luajit-2.1/lua.hpp>

namespace lua::msgpack {

// The byte that a value begins with; the small values have it all in that byte.
enum Format : uint8_t {
  kPositiveFixint = 0x00,  // to 0x7f: the value
  kFixmap = 0x80,          // to 0x8f: with the number of pairs
  kFixarray = 0x90,        // to 0x9f: with the number of elements
  kFixstr = 0xa0,          // to 0xbf: with the number of bytes
  kNil = 0xc0,
  kFalse = 0xc2,
  kTrue = 0xc3,
  kFloat32 = 0xca,
  kFloat64 = 0xcb,
  kUint8 = 0xcc,
  kUint16 = 0xcd,
  kUint32 = 0xce,
  kUint64 = 0xcf,
  kInt8 = 0xd0,
  kInt16 = 0xd1,
  kInt32 = 0xd2,
  kInt64 = 0xd3,
  kStr8 = 0xd9,
  kStr16 = 0xda,
  kStr32 = 0xdb,
  kArray16 = 0xdc,
  kArray32 = 0xdd,
  kMap16 = 0xde,
  kMap32 = 0xdf,
  kNegativeFixint = 0xe0,  // to 0xff: the value, -32 to -1
};

int pack(lua_State* state);          // cmsgpack.pack
int unpack(lua_State* state);        // cmsgpack.unpack
int unpack_one(lua_State* state);    // cmsgpack.unpack_one
int unpack_limit(lua_State* state);  // cmsgpack.unpack_limit

}  // namespace lua::msgpack
