// The sandbox: what of Lua's standard library scripts see, and how what they see is kept from change.
//
// A protected table is an empty table in front of the real one, which a metatable leads to; those functions that pass
// metatables by (rawset, table.insert, ...) are replaced by ones that know protected tables.
#pragma once

#include <luajit-2.1/lua.hpp>

namespace lua {

// In the registry: the globals of scripts, which scripts themselves reach through a protected table.
constexpr char kGlobals[] = "sigrun.globals";

// Opens what of the standard library scripts may use, in the state's globals. Once.
void open_standard_libraries(lua_State* state);
// Puts a protected table in front of the table at the top of the stack, in its place.
void protect(lua_State* state);
// The function that makes a script's error the table that State::call() gives.
int error_handler(lua_State* state);

}  // namespace lua
