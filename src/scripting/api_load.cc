// What a library of functions sees while it is loaded: server.register_function().
//
//   globals := {} -> its metatable's __index -> while it loads: server, redis; later: the globals of all programs
//
// Functions keep the globals that their library had, so what these lead to changes, for all libraries at once.
#include <string>

#include "command/args.h"
#include "lua/sandbox.h"
#include "scripting/api.h"
#include "scripting/engine.h"
#include "scripting/shebang.h"

namespace scripting {
namespace {

// In the registry.
constexpr char kLibraryGlobals[] = "sigrun.library_globals";
constexpr char kLoadingGlobals[] = "sigrun.loading_globals";

// As it stands on the stack: no frame that raises may hold more.
struct Registration {
  int name = 0, callback = 0, description = 0;  // where they stand
  uint32_t flags = 0;
};

void read_flags(lua_State* state, int table, Registration& registration) {
  for (int at = 1;; ++at) {
    lua_rawgeti(state, table, at);
    if (lua_isnil(state, -1)) break;
    const char* name = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "";
    uint32_t flag = 0;
    for (const auto& known : kScriptFlags) {
      if (command::same_word(name, known.name)) flag = known.flag;
    }
    if (flag == 0) raise(state, "ERR unknown flag given");
    registration.flags |= flag;
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
}

// The argument `name`, whose value is at the top of the stack, and is moved to a place of its own.
void read_named(lua_State* state, std::string_view name, Registration& registration) {
  constexpr int kName = 2, kCallback = 3, kDescription = 4;
  const auto keep = [state](int at, int& place) {
    lua_pushvalue(state, -1);
    lua_replace(state, at);
    place = at;
  };
  if (command::same_word(name, "function_name")) {
    if (lua_isstring(state, -1) == 0) {
      raise(state, "ERR function_name argument given to server.register_function must be a string");
    }
    keep(kName, registration.name);
  } else if (command::same_word(name, "description")) {
    if (lua_isstring(state, -1) == 0) {
      raise(state, "ERR description argument given to server.register_function must be a string");
    }
    keep(kDescription, registration.description);
  } else if (command::same_word(name, "callback")) {
    if (!lua_isfunction(state, -1)) {
      raise(state, "ERR callback argument given to server.register_function must be a function");
    }
    keep(kCallback, registration.callback);
  } else if (command::same_word(name, "flags")) {
    if (!lua_istable(state, -1)) {
      raise(state, "ERR flags argument to server.register_function must be a table representing function flags");
    }
    read_flags(state, lua_gettop(state), registration);
  } else {
    raise(state, "ERR unknown argument given to server.register_function");
  }
}

void read_table(lua_State* state, Registration& registration) {
  lua_settop(state, 4);  // the table, and places for what is in it
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    lua_pushvalue(state, -2);  // a number would become a text in its place
    if (lua_isstring(state, -1) == 0) {
      raise(state, "ERR named argument key given to server.register_function is not a string");
    }
    size_t size = 0;
    const char* name = lua_tolstring(state, -1, &size);
    lua_insert(state, -2);
    read_named(state, {name, size}, registration);
    lua_pop(state, 2);
  }
  if (registration.name == 0) raise(state, "ERR server.register_function must get a function name argument");
  if (registration.callback == 0) raise(state, "ERR server.register_function must get a callback argument");
}

void read_pair(lua_State* state, Registration& registration) {
  registration.name = 1;
  registration.callback = 2;
  if (lua_isstring(state, 1) == 0) raise(state, "ERR first argument to server.register_function must be a string");
  if (!lua_isfunction(state, 2)) raise(state, "ERR second argument to server.register_function must be a function");
}

std::string text_at(lua_State* state, int place) {
  size_t size = 0;
  const char* text = lua_tolstring(state, place, &size);
  return {text, size};
}

// Raises nothing: the interpreter gives its host what it asks for.
void add_function(lua_State* state, Engine::Running& running, const Registration& registration) {
  running.state.enter_host();
  Function function{.name = text_at(state, registration.name),
                    .description = std::nullopt,
                    .program = {.has_flags = true, .flags = registration.flags}};
  if (registration.description != 0) function.description = text_at(state, registration.description);
  lua_pushvalue(state, registration.callback);
  lua_Debug where{};
  lua_pushvalue(state, registration.callback);
  lua_getinfo(state, ">S", &where);
  function.program.tail_line = last_return_line(running.loading->code, where.linedefined, where.lastlinedefined);
  function.program.function = luaL_ref(state, LUA_REGISTRYINDEX);
  running.loading->functions.push_back(std::move(function));
  running.state.leave_host();
}

int api_register_function(lua_State* state) {
  Engine::Running* running = engine_of(state).running();
  if (running == nullptr || running->loading == nullptr) {
    return raise(state, "ERR server.register_function can only be called on FUNCTION LOAD command");
  }
  Registration registration;
  switch (lua_gettop(state)) {
    case 1:
      if (!lua_istable(state, 1)) {
        return raise(state,
                     "ERR calling server.register_function with a single argument is only applicable to Lua table "
                     "(representing named arguments).");
      }
      read_table(state, registration);
      break;
    case 2: read_pair(state, registration); break;
    default: return raise(state, "ERR wrong number of arguments to server.register_function");
  }
  add_function(state, *running, registration);
  return 0;
}

// What is not in the table at the top of the stack is an error, not nil.
void refuse_missing_fields(lua_State* state) {
  lua_newtable(state);
  lua_pushcfunction(state, lua::refuse_missing);
  lua_setfield(state, -2, "__index");
  lua_setmetatable(state, -2);
}

// From now on the libraries' globals lead to the table of this name in the registry.
void lead_globals_to(lua_State* state, const char* name) {
  lua_getfield(state, LUA_REGISTRYINDEX, kLibraryGlobals);
  lua_getmetatable(state, -1);
  lua_getfield(state, LUA_REGISTRYINDEX, name);
  lua_setfield(state, -2, "__index");
  lua_pop(state, 2);
}

}  // namespace

void open_library_globals(lua_State* state) {
  lua_newtable(state);
  lua_newtable(state);
  lua_pushcfunction(state, api_register_function);
  lua_setfield(state, -2, "register_function");
  lua_pushcfunction(state, api_log);
  lua_setfield(state, -2, "log");
  set_constants(state, false);
  refuse_missing_fields(state);
  lua::protect(state);
  lua_pushvalue(state, -1);
  lua_setfield(state, -3, "redis");
  lua_setfield(state, -2, "server");
  refuse_missing_fields(state);
  lua_setfield(state, LUA_REGISTRYINDEX, kLoadingGlobals);

  lua_newtable(state);
  lua_newtable(state);
  lua_pushcfunction(state, lua::refuse_change);
  lua_setfield(state, -2, "__newindex");
  lua_setmetatable(state, -2);
  lua_setfield(state, LUA_REGISTRYINDEX, kLibraryGlobals);
  leave_library(state);
}

void enter_library(lua_State* state) {
  lead_globals_to(state, kLoadingGlobals);
  lua_getfield(state, LUA_REGISTRYINDEX, kLibraryGlobals);
  lua_setfenv(state, -2);
}

void leave_library(lua_State* state) { lead_globals_to(state, lua::kGlobals); }

}  // namespace scripting
