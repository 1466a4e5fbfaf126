// The table `cmsgpack`.
#include "lua/msgpack.h"

#include "lua/libraries.h"

namespace lua {

void open_msgpack(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {
      {"pack", msgpack::pack},
      {"unpack", msgpack::unpack},
      {"unpack_one", msgpack::unpack_one},
      {"unpack_limit", msgpack::unpack_limit},
  };
  // What a script may print; the copyright is a text of the reference's interface, not of this code.
  static constexpr struct {
    const char* name;
    const char* text;
  } kTexts[] = {
      {"_NAME", "cmsgpack"},
      {"_VERSION", "lua-cmsgpack 0.4.0"},
      {"_COPYRIGHT", "Copyright (C) 2012, Redis Ltd."},
      {"_DESCRIPTION", "MessagePack C implementation for Lua"},
  };
  luaL_checkstack(state, 3, nullptr);
  lua_createtable(state, 0, 8);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(state, function.func);
    lua_setfield(state, -2, function.name);
  }
  for (const auto& [name, text] : kTexts) {
    lua_pushstring(state, text);
    lua_setfield(state, -2, name);
  }
  lua_setglobal(state, "cmsgpack");
}

}  // namespace lua
