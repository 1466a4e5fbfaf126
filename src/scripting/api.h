// The library `server` (also `redis`) that scripts and functions see: server.call() and its kin.
//
// Errors   raised as Lua errors, in the reference's words: no frame that raises holds an object with a destructor.
// Source   valkey-server 9.1.2, probed through EVAL and FUNCTION; tests/transcripts/scripting.
#pragma once

#include "lua/state.h"
#include "scripting/program.h"

namespace scripting {

class Engine;

// Opens it in the state of programs of a kind. The engine outlives the state.
void open_server_library(lua::State& state, Engine& engine, Kind kind);
int api_log(lua_State* state);
// Sets the numbers and texts of the library in the table at the top of the stack: all, or only what a library of
// functions sees while it is loaded.
void set_constants(lua_State* state, bool all);
// Raises the table of an error.
int raise(lua_State* state, const char* text);

// Functions have globals of their own (api_load.cc): while a library is loaded these are server.register_function() and
// little else, and what scripts see when its functions run.
void open_library_globals(lua_State* state);
// Gives the function at the top of the stack these globals, as they are for loading; and back.
void enter_library(lua_State* state);
void leave_library(lua_State* state);
// The engine whose state it is.
Engine& engine_of(lua_State* state);

}  // namespace scripting
