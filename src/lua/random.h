// math.random and math.randomseed as the reference has them: the generator of drand48 (POSIX), of one state for all
// scripts, so that a seed gives the same numbers on every machine.
#pragma once

#include <luajit-2.1/lua.hpp>

namespace lua {

int random(lua_State* state);
int random_seed(lua_State* state);

}  // namespace lua
