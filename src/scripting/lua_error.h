// What is left on an interpreter's stack where a program failed.
#pragma once

#include <luajit-2.1/lua.hpp>
#include <string>
#include <string_view>

namespace scripting {

// The text field of the error table at the top of the stack, up to its first NUL; "" if there is none. Valid while the
// table is there.
inline std::string_view error_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const bool is_text = lua_type(lua, -1) == LUA_TSTRING || lua_type(lua, -1) == LUA_TNUMBER;
  const std::string_view view(is_text ? lua_tostring(lua, -1) : "");
  lua_pop(lua, 1);
  return view;
}

// The text at the top of the stack, or the field `err` of the table there; the stack is empty then.
inline std::string take_error(lua_State* lua) {
  std::string error;
  if (lua_istable(lua, -1)) {
    error = error_field(lua, "err");
  } else {
    size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    error.assign(text == nullptr ? "" : text, size);
  }
  lua_settop(lua, 0);
  return error;
}

}  // namespace scripting
