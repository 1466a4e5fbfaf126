#include "scripting/api.h"

#include <cmath>
#include <cstring>
#include <span>
#include <string>

#include "base/log.h"
#include "base/version.h"
#include "scripting/engine.h"
#include "scripting/lua_reply.h"

namespace scripting {
namespace {

// In the registry, for functions without an upvalue of their own.
constexpr char kEngine[] = "sigrun.engine";

// Pushes the table of an error. Its text gets the code ERR if it has none: if it does not begin with '-'.
void push_error(lua_State* state, const char* text) {
  lua_createtable(state, 0, 2);
  lua_pushstring(state, text);
  lua_setfield(state, -2, "err");
}

// The call's arguments, in `words`: texts stay on the stack, and numbers become texts there. False: one is neither.
bool read_words(lua_State* state, std::vector<std::string_view>& words) {
  words.clear();
  const int count = lua_gettop(state);
  for (int at = 1; at <= count; ++at) {
    const int type = lua_type(state, at);
    if (type == LUA_TNUMBER) {
      char digits[base::kDoubleChars], whole_digits[base::kInt64Chars];
      const double value = lua_tonumber(state, at);
      constexpr double kExact = 9007199254740992.0;
      const bool whole = std::abs(value) <= kExact && value == std::floor(value);
      const std::string_view text =
          whole ? base::format_int64(static_cast<int64_t>(value), whole_digits) : base::format_double(value, digits);
      lua_pushlstring(state, text.data(), text.size());
      lua_replace(state, at);
    } else if (type != LUA_TSTRING) {
      return false;
    }
    size_t size = 0;
    const char* text = lua_tolstring(state, at, &size);
    words.emplace_back(text, size);
  }
  return true;
}

// Runs the command; its reply is pushed. Returns whether it is an error.
bool run_command(lua_State* state, Engine::Running& running) {
  running.state.enter_host();
  if (!read_words(state, running.words)) {
    running.state.leave_host();
    push_error(state, "ERR Command arguments must be strings or integers");
    lua_pushboolean(state, 1);
    lua_setfield(state, -2, "ignore_error_stats_update");
    running.call.host().count_script_error("-ERR");
    return true;
  }
  bool failed = false;
  {
    LuaReply reply(state, running.resp3);
    resp::Writer writer(running.call.reply().out(), running.resp3 ? 3 : 2, reply);
    lua_checkstack(state, 8);
    running.call.host().run_from_script(running.call, running.run, running.words, writer);
    failed = !reply.error().empty();
  }
  running.state.leave_host();
  return failed;
}

int call_command(lua_State* state, bool raises) {
  Engine::Running* running = engine_of(state).running();
  if (running == nullptr) return raise(state, "ERR server.call/pcall can only be called inside a script invocation");
  if (lua_gettop(state) == 0) {
    push_error(state, "ERR Please specify at least one argument for this call");
    return raises ? lua_error(state) : 1;
  }
  const bool failed = run_command(state, *running);
  return failed && raises ? lua_error(state) : 1;
}

int api_call(lua_State* state) { return call_command(state, true); }
int api_pcall(lua_State* state) { return call_command(state, false); }

// {field = text}, of the one argument.
int single_field(lua_State* state, const char* field, bool is_error) {
  if (lua_gettop(state) != 1 || lua_type(state, 1) != LUA_TSTRING) {
    push_error(state, "ERR wrong number or type of arguments");
    return 1;
  }
  lua_createtable(state, 0, 1);
  if (is_error) {
    const char* text = lua_tostring(state, 1);
    if (*text == '-') ++text;
    lua_pushfstring(state, std::strchr(text, ' ') == nullptr ? "ERR %s" : "%s", text);
  } else {
    lua_pushvalue(state, 1);
  }
  lua_setfield(state, -2, field);
  return 1;
}

int api_error_reply(lua_State* state) { return single_field(state, "err", true); }
int api_status_reply(lua_State* state) { return single_field(state, "ok", false); }

int api_sha1hex(lua_State* state) {
  if (lua_gettop(state) != 1) return raise(state, "ERR wrong number of arguments");
  size_t size = 0;
  const char* text = lua_tolstring(state, 1, &size);
  Sha1Digits digits;
  write_sha1({text == nullptr ? "" : text, size}, digits);
  lua_pushlstring(state, digits.data(), digits.size());
  return 1;
}

int api_setresp(lua_State* state) {
  if (lua_gettop(state) != 1) return raise(state, "ERR server.setresp() requires one argument.");
  const auto version = static_cast<int>(lua_tonumber(state, 1));
  if (version != 2 && version != 3) return raise(state, "ERR RESP version must be 2 or 3.");
  if (Engine::Running* running = engine_of(state).running()) running->resp3 = version == 3;
  return 0;
}

// What a script does is replicated as its commands are; a script that wants less gets it once there are replicas.
int api_set_repl(lua_State* state) {
  if (lua_gettop(state) != 1) return raise(state, "ERR server.set_repl() requires one argument.");
  const auto flags = static_cast<int>(lua_tonumber(state, 1));
  if ((flags & ~3) != 0) {
    return raise(state, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

int api_replicate_commands(lua_State* state) {
  lua_pushboolean(state, 1);
  return 1;
}

// There is no debugger.
int api_breakpoint(lua_State* state) {
  lua_pushboolean(state, 0);
  return 1;
}
int api_debug(lua_State*) { return 0; }

int api_acl_check_cmd(lua_State* state) {
  Engine::Running* running = engine_of(state).running();
  if (running == nullptr) return raise(state, "ERR server.acl_check_cmd can only be called inside a script invocation");
  if (lua_gettop(state) == 0) return raise(state, "ERR Please specify at least one argument for this call");
  running->state.enter_host();
  const bool sound = read_words(state, running->words);
  int verdict = -1;
  if (sound) {
    const auto may = running->call.host().script_may_run(running->call, running->words);
    if (may) verdict = *may ? 1 : 0;
  }
  running->state.leave_host();
  if (!sound) return raise(state, "ERR server.acl_check_cmd() command arguments must be strings or integers");
  if (verdict < 0) return raise(state, "ERR Invalid command passed to server.acl_check_cmd()");
  lua_pushboolean(state, verdict);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"call", api_call},
                                   {"pcall", api_pcall},
                                   {"error_reply", api_error_reply},
                                   {"status_reply", api_status_reply},
                                   {"sha1hex", api_sha1hex},
                                   {"log", api_log},
                                   {"setresp", api_setresp},
                                   {"set_repl", api_set_repl},
                                   {"acl_check_cmd", api_acl_check_cmd}};
constexpr luaL_Reg kFunctionsOfScripts[] = {
    {"replicate_commands", api_replicate_commands}, {"breakpoint", api_breakpoint}, {"debug", api_debug}};

constexpr struct {
  const char* name;
  int value;
  bool always;
} kNumbers[] = {{"LOG_DEBUG", 0, true},
                {"LOG_VERBOSE", 1, true},
                {"LOG_NOTICE", 2, true},
                {"LOG_WARNING", 3, true},
                {"REPL_NONE", 0, false},
                {"REPL_AOF", 1, false},
                {"REPL_SLAVE", 2, false},
                {"REPL_REPLICA", 2, false},
                {"REPL_ALL", 3, false},
                {"REDIS_VERSION_NUM", base::kRedisVersionNumber, true},
                {"VALKEY_VERSION_NUM", base::kValkeyVersionNumber, true}};

void set_functions(lua_State* state, std::span<const luaL_Reg> functions) {
  for (const luaL_Reg& function : functions) {
    lua_pushcfunction(state, function.func);
    lua_setfield(state, -2, function.name);
  }
}

}  // namespace

int raise(lua_State* state, const char* text) {
  push_error(state, text);
  return lua_error(state);
}

int api_log(lua_State* state) {
  const int count = lua_gettop(state);
  if (count < 2) return raise(state, "ERR server.log() requires two arguments or more.");
  if (lua_isnumber(state, 1) == 0) return raise(state, "ERR First argument must be a number (log level).");
  const auto level = static_cast<int>(lua_tonumber(state, 1));
  if (level < 0 || level > 3) return raise(state, "ERR Invalid log level.");
  luaL_Buffer text;
  luaL_buffinit(state, &text);
  for (int at = 2; at <= count; ++at) {
    if (at > 2) luaL_addchar(&text, ' ');
    size_t size = 0;
    if (const char* part = lua_tolstring(state, at, &size)) luaL_addlstring(&text, part, size);
  }
  luaL_pushresult(&text);
  size_t size = 0;
  const char* line = lua_tolstring(state, -1, &size);
  base::log_text(static_cast<base::LogLevel>(level), {line, size});
  return 0;
}

void set_constants(lua_State* state, bool all) {
  for (const auto& number : kNumbers) {
    if (!all && !number.always) continue;
    lua_pushnumber(state, number.value);
    lua_setfield(state, -2, number.name);
  }
  const std::pair<const char*, std::string_view> texts[] = {
      {"REDIS_VERSION", base::kRedisVersion}, {"VALKEY_VERSION", base::kValkeyVersion}, {"SERVER_NAME", "valkey"}};
  for (const auto& [name, text] : texts) {
    lua_pushlstring(state, text.data(), text.size());
    lua_setfield(state, -2, name);
  }
}

Engine& engine_of(lua_State* state) {
  lua_getfield(state, LUA_REGISTRYINDEX, kEngine);
  auto* const engine = static_cast<Engine*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return *engine;
}

void open_server_library(lua::State& state, Engine& engine, Kind kind) {
  lua_State* const lua = state.raw();
  lua_pushlightuserdata(lua, &engine);
  lua_setfield(lua, LUA_REGISTRYINDEX, kEngine);
  lua_newtable(lua);
  set_functions(lua, kFunctions);
  if (kind == Kind::kScript) set_functions(lua, kFunctionsOfScripts);
  set_constants(lua, true);
  state.add_library("server");
  state.add_alias("redis", "server");
  if (kind == Kind::kScript) return;
  for (const char* name : {"__server__err__handler", "__redis__err__handler"}) {
    lua_pushnil(lua);
    state.set_global(name);
  }
  open_library_globals(lua);
}

}  // namespace scripting
