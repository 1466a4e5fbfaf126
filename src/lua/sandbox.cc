#include "lua/sandbox.h"

#include <utility>

#include "lua/libraries.h"
#include "lua/random.h"
#include "lua/state.h"

namespace lua {
namespace {

// In the registry: from each protected table to the real one behind it.
constexpr char kRealTables[] = "sigrun.real";

// Sets a field of the table at `index`, whatever its metatable says, to the value at the top of the stack, and pops it.
void raw_set_field(lua_State* state, int index, const char* name) {
  lua_pushstring(state, name);
  lua_insert(state, -2);
  lua_rawset(state, index);
}

void push_real_tables(lua_State* state) { lua_getfield(state, LUA_REGISTRYINDEX, kRealTables); }

// Pushes the table behind a protected one, or nothing.
bool push_real(lua_State* state, int index) {
  if (!lua_istable(state, index)) return false;
  lua_pushvalue(state, index);
  push_real_tables(state);
  lua_insert(state, -2);
  lua_rawget(state, -2);
  lua_remove(state, -2);
  if (lua_istable(state, -1)) return true;
  lua_pop(state, 1);
  return false;
}

void refuse_if_protected(lua_State* state, int index) {
  if (!is_protected(state, index)) return;
  lua_pushliteral(state, "Attempt to modify a readonly table");
  lua_error(state);
}

int safe_rawset(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_checkany(state, 2);
  luaL_checkany(state, 3);
  refuse_if_protected(state, 1);
  lua_settop(state, 3);
  lua_rawset(state, 1);
  return 1;
}

int safe_rawget(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_checkany(state, 2);
  lua_settop(state, 2);
  if (push_real(state, 1)) lua_replace(state, 1);
  lua_rawget(state, 1);
  return 1;
}

int safe_setmetatable(lua_State* state) {
  const int type = lua_type(state, 2);
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_argcheck(state, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  refuse_if_protected(state, 1);
  if (luaL_getmetafield(state, 1, "__metatable") != 0) return luaL_error(state, "cannot change a protected metatable");
  lua_settop(state, 2);
  lua_setmetatable(state, 1);
  return 1;
}

int safe_insert(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  refuse_if_protected(state, 1);
  const auto end = static_cast<int>(lua_objlen(state, 1)) + 1;
  int at = end;
  switch (lua_gettop(state)) {
    case 2: break;
    case 3:
      at = static_cast<int>(luaL_checkinteger(state, 2));
      for (int to = at > end ? at : end; to > at; --to) {
        lua_rawgeti(state, 1, to - 1);
        lua_rawseti(state, 1, to);
      }
      break;
    default: return luaL_error(state, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(state, 1, at);
  return 0;
}

// next() for a protected table: the real one stays hidden.
int next_of_real(lua_State* state) {
  lua_settop(state, 2);
  if (!push_real(state, 1)) return luaL_typerror(state, 1, "table");
  lua_replace(state, 1);
  if (lua_next(state, 1) != 0) return 2;
  lua_pushnil(state);
  return 1;
}

// Upvalue: next.
int safe_pairs(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  if (is_protected(state, 1)) {
    lua_pushcfunction(state, next_of_real);
  } else {
    lua_pushvalue(state, lua_upvalueindex(1));
  }
  lua_pushvalue(state, 1);
  lua_pushnil(state);
  return 3;
}

int safe_loadstring(lua_State* state) {
  size_t size = 0;
  const char* text = luaL_checklstring(state, 1, &size);
  if (luaL_loadbufferx(state, text, size, luaL_optstring(state, 2, text), "t") == 0) return 1;
  lua_pushnil(state);
  lua_insert(state, -2);
  return 2;
}

const char* next_piece(lua_State* state, void*, size_t* size) {
  luaL_checkstack(state, 2, "too many nested functions");
  lua_pushvalue(state, 1);
  lua_call(state, 0, 1);
  if (lua_isnil(state, -1)) {
    lua_pop(state, 1);
    *size = 0;
    return nullptr;
  }
  if (lua_isstring(state, -1) == 0) luaL_error(state, "reader function must return a string");
  lua_replace(state, 3);  // kept while it is read
  return lua_tolstring(state, 3, size);
}

int safe_load(lua_State* state) {
  const char* chunk = luaL_optstring(state, 2, "=(load)");
  luaL_checktype(state, 1, LUA_TFUNCTION);
  lua_settop(state, 3);
  if (lua_loadx(state, next_piece, nullptr, chunk, "t") == 0) return 1;
  lua_pushnil(state);
  lua_insert(state, -2);
  return 2;
}

// A script must not switch the collector off for those after it.
int safe_collectgarbage(lua_State* state) {
  static constexpr const char* kNames[] = {"collect", "count",    "step",       "stop",
                                           "restart", "setpause", "setstepmul", nullptr};
  constexpr int kDoes[] = {LUA_GCCOLLECT, LUA_GCCOUNT, LUA_GCSTEP, -1, -1, -1, -1};
  const int what = kDoes[luaL_checkoption(state, 1, "collect", kNames)];
  if (what == -1) {
    lua_pushnumber(state, 0);
    return 1;
  }
  const int result = lua_gc(state, what, luaL_optint(state, 2, 0));
  if (what == LUA_GCCOUNT) {
    lua_pushnumber(state, result + lua_gc(state, LUA_GCCOUNTB, 0) / 1024.0);
  } else if (what == LUA_GCSTEP) {
    lua_pushboolean(state, result);
  } else {
    lua_pushnumber(state, result);
  }
  return 1;
}

// An error's table is told as its text.
int safe_pcall(lua_State* state) {
  luaL_checkany(state, 1);
  const int status = lua_pcall(state, lua_gettop(state) - 1, LUA_MULTRET, 0);
  lua_pushboolean(state, status == 0 ? 1 : 0);
  lua_insert(state, 1);
  if (status != 0 && lua_istable(state, 2)) {
    lua_pushliteral(state, "err");
    lua_rawget(state, 2);
    if (lua_isstring(state, -1) != 0) lua_replace(state, 2);
    lua_settop(state, 2);
  }
  return lua_gettop(state);
}

int setn(lua_State* state) { return luaL_error(state, "'setn' is obsolete"); }

// Of what LuaJIT has, these are what Lua 5.1 as the reference has it.
constexpr const char* kBase[] = {"assert",   "error",  "gcinfo",   "getmetatable", "ipairs", "next",   "pcall",
                                 "rawequal", "select", "tonumber", "tostring",     "type",   "unpack", "xpcall"};
constexpr const char* kTable[] = {"concat", "foreach", "foreachi", "getn", "maxn", "remove", "sort"};
constexpr const char* kMath[] = {"abs",   "acos", "asin",  "atan2", "atan",  "ceil",  "cos", "cosh", "deg", "exp",
                                 "floor", "fmod", "frexp", "huge",  "ldexp", "log10", "log", "max",  "min", "modf",
                                 "pi",    "pow",  "rad",   "sin",   "sinh",  "sqrt",  "tan", "tanh"};
constexpr const char* kCoroutine[] = {"create", "resume", "running", "status", "wrap", "yield"};

constexpr luaL_Reg kOwnBase[] = {
    {"rawset", safe_rawset},         {"rawget", safe_rawget}, {"setmetatable", safe_setmetatable},
    {"loadstring", safe_loadstring}, {"load", safe_load},     {"collectgarbage", safe_collectgarbage},
};

// Opens one library of LuaJIT's; what it leaves on the stack is popped.
void open(lua_State* state, lua_CFunction library, const char* name) {
  lua_pushcfunction(state, library);
  lua_pushstring(state, name);
  lua_call(state, 1, 0);
}

// Copies fields of the table at `from` into the table at the top of the stack.
template <size_t N>
void copy_fields(lua_State* state, int from, const char* const (&names)[N]) {
  for (const char* name : names) {
    lua_getfield(state, from, name);
    lua_setfield(state, -2, name);
  }
}

// Pushes a new table with such fields of a global library.
template <size_t N>
void push_part(lua_State* state, const char* library, const char* const (&names)[N]) {
  lua_getfield(state, LUA_GLOBALSINDEX, library);
  lua_newtable(state);
  copy_fields(state, lua_gettop(state) - 1, names);
  lua_remove(state, -2);
}

void set_function(lua_State* state, const char* name, lua_CFunction function) {
  lua_pushcfunction(state, function);
  lua_setfield(state, -2, name);
}

// Each takes LuaJIT's library from its globals and puts what scripts see of it into the table at index 1.
void add_base(lua_State* state) {
  lua_pushvalue(state, 1);
  copy_fields(state, LUA_GLOBALSINDEX, kBase);
  for (const luaL_Reg& own : kOwnBase) set_function(state, own.name, own.func);
  lua_getfield(state, LUA_GLOBALSINDEX, "next");
  lua_pushcclosure(state, safe_pairs, 1);
  lua_setfield(state, -2, "pairs");
  set_function(state, "pcall", safe_pcall);
  lua_pushliteral(state, "Lua 5.1");
  lua_setfield(state, -2, "_VERSION");
  set_function(state, "__server__err__handler", error_handler);
  set_function(state, "__redis__err__handler", error_handler);
  lua_pop(state, 1);
}

void add_parts(lua_State* state) {
  push_part(state, "table", kTable);
  set_function(state, "insert", safe_insert);
  set_function(state, "setn", setn);
  protect(state);
  lua_setfield(state, 1, "table");

  push_part(state, "math", kMath);
  lua_getfield(state, -1, "fmod");
  lua_setfield(state, -2, "mod");
  set_function(state, "random", random);
  set_function(state, "randomseed", random_seed);
  protect(state);
  lua_setfield(state, 1, "math");

  push_part(state, "coroutine", kCoroutine);
  protect(state);
  lua_setfield(state, 1, "coroutine");

  constexpr const char* kOs[] = {"clock"};
  push_part(state, "os", kOs);
  protect(state);
  lua_setfield(state, 1, "os");
}

// The methods of strings, too, lead to the table that nobody can reach to change it.
void add_strings(lua_State* state) {
  lua_getfield(state, LUA_GLOBALSINDEX, "string");
  lua_getfield(state, -1, "gmatch");
  lua_setfield(state, -2, "gfind");
  protect(state);
  lua_pushvalue(state, -1);
  lua_setfield(state, 1, "string");
  lua_pushliteral(state, "");
  lua_getmetatable(state, -1);
  lua_newtable(state);  // what scripts see as the metatable
  lua_pushvalue(state, -4);
  lua_setfield(state, -2, "__index");
  protect(state);
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 3);
}

// They set LuaJIT's globals themselves.
void add_own_libraries(lua_State* state) {
  const std::pair<void (*)(lua_State*), const char*> libraries[] = {
      {open_json, "cjson"}, {open_msgpack, "cmsgpack"}, {open_struct, "struct"}, {open_bit, "bit"}};
  for (const auto& [open_library, name] : libraries) {
    open_library(state);
    lua_getfield(state, LUA_GLOBALSINDEX, name);
    protect(state);
    lua_setfield(state, 1, name);
  }
}

// What tostring() makes of the value at index 1, which is no text. May push it.
const char* push_description(lua_State* state) {
  if (lua_isboolean(state, 1)) return lua_toboolean(state, 1) != 0 ? "true" : "false";
  const char* type = luaL_typename(state, 1);
  if (lua_isnil(state, 1)) return type;
  const void* address = lua_topointer(state, 1);
  if (address == nullptr) return lua_pushfstring(state, "%s: (nil)", type);
  return lua_pushfstring(state, "%s: %p", type, address);
}

}  // namespace

bool is_protected(lua_State* state, int index) {
  if (!push_real(state, index)) return false;
  lua_pop(state, 1);
  return true;
}

int refuse_missing(lua_State* state) {
  const char* name = lua_tostring(state, 2);
  return luaL_error(state, "Script attempted to access nonexistent global variable '%s'", name == nullptr ? "" : name);
}

int refuse_change(lua_State* state) { return luaL_error(state, "Attempt to modify a readonly table"); }

void protect(lua_State* state) {
  lua_newtable(state);  // real, front
  lua_newtable(state);  // its metatable
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  set_function(state, "__newindex", refuse_change);
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  push_real_tables(state);
  lua_pushvalue(state, -2);
  lua_pushvalue(state, -4);
  lua_rawset(state, -3);
  lua_pop(state, 1);
  lua_remove(state, -2);
}

void open_standard_libraries(lua_State* state) {
  lua_newtable(state);
  lua_setfield(state, LUA_REGISTRYINDEX, kRealTables);
  const std::pair<lua_CFunction, const char*> libraries[] = {{luaopen_base, ""},
                                                             {luaopen_table, LUA_TABLIBNAME},
                                                             {luaopen_string, LUA_STRLIBNAME},
                                                             {luaopen_math, LUA_MATHLIBNAME},
                                                             {luaopen_os, LUA_OSLIBNAME}};
  for (const auto& [library, name] : libraries) open(state, library, name);
  lua_newtable(state);  // at index 1: the globals of scripts
  add_base(state);
  add_parts(state);
  add_strings(state);
  add_own_libraries(state);
  lua_newtable(state);
  set_function(state, "__index", refuse_missing);
  lua_setmetatable(state, 1);
  lua_pushvalue(state, 1);
  lua_setfield(state, LUA_REGISTRYINDEX, kGlobals);
  protect(state);
  lua_pushvalue(state, -1);
  lua_getfield(state, LUA_REGISTRYINDEX, kGlobals);
  lua_insert(state, -2);
  lua_setfield(state, -2, "_G");
  lua_pop(state, 1);
  lua_replace(state, LUA_GLOBALSINDEX);
}

int error_handler(lua_State* state) {
  lua_settop(state, 1);
  if (!lua_istable(state, 1) || is_protected(state, 1)) {
    const char* text = lua_tostring(state, 1);
    if (text == nullptr) text = push_description(state);
    lua_newtable(state);
    lua_pushfstring(state, "ERR %s", text);
    lua_setfield(state, -2, "err");
    lua_replace(state, 1);
    lua_settop(state, 1);
  }
  lua_Debug where{};
  where.currentline = -1;
  for (int level = 1; where.currentline < 0 && lua_getstack(state, level, &where) != 0; ++level) {
    lua_getinfo(state, "Sl", &where);
  }
  const bool known = where.currentline >= 0;
  const State::Place tail = State::of(state).tail();
  lua_pushstring(state, known ? where.source : tail.chunk);
  raw_set_field(state, 1, "source");
  lua_pushinteger(state, known ? where.currentline : tail.line);
  raw_set_field(state, 1, "line");
  return 1;
}

}  // namespace lua
