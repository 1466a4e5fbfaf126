// The libraries that Lua scripts see beside Lua's own: cjson, cmsgpack, struct, bit.
//
// Each function makes one library's table and sets the global of its name; the stack is afterwards as it was. Names,
// limits, results and error texts are the reference's.
//
// Limits   nesting is bounded (JSON 1000 by default, MessagePack 16 when packing), memory goes by bytes received.
// Threads  one interpreter belongs to one thread at a time. Nothing is kept outside of it.
// Errors   raised as Lua errors: a frame that may raise holds no object with a destructor .
// Source   valkey-server 9.1.2, probed through EVAL; tests/unit/lua pins what it says.
#pragma once

#include <luajit-2.1/lua.hpp>

namespace lua {

void open_json(lua_State* state);     // cjson
void open_msgpack(lua_State* state);  // cmsgpack
void open_struct(lua_State* state);   // struct
void open_bit(lua_State* state);      // bit

}  // namespace lua
