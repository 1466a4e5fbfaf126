#include "scripting/engine.h"

#include "scripting/api.h"
#include "scripting/lua_error.h"
#include "scripting/lua_reply.h"
#include "scripting/shebang.h"

namespace scripting {
namespace {

// What an interpreter may take; a script that wants more fails.
constexpr size_t kMostBytes = size_t{1} << 30;

void push_words(lua_State* lua, std::span<const std::string_view> words) {
  lua_createtable(lua, static_cast<int>(words.size()), 0);
  int at = 0;
  for (const std::string_view word : words) {
    lua_pushlstring(lua, word.data(), word.size());
    lua_rawseti(lua, -2, ++at);
  }
}

}  // namespace

Engine& Engine::of(command::Call& call) { return static_cast<Engine&>(call.host().scripts()); }

lua::State& Engine::open(Kind kind) {
  std::unique_ptr<lua::State>& state = states_[static_cast<size_t>(kind)];
  if (state != nullptr) return *state;
  state = std::make_unique<lua::State>();
  state->enter_host();
  open_server_library(*state, *this, kind);
  state->leave_host();
  state->set_ceiling(kMostBytes);
  if (watchdog_ == nullptr) {
    watchdog_ = std::make_unique<Watchdog>([](lua_State* lua, lua_Debug*) { engine_of(lua).interrupt(lua); });
  }
  return *state;
}

void Engine::count() {
  const auto set = [](std::atomic<uint64_t>& count, uint64_t value) { count.store(value, std::memory_order_relaxed); };
  set(counts_.interpreter_bytes, interpreter_bytes(Kind::kScript));
  set(counts_.script_bytes, scripts_.bytes());
  set(counts_.scripts, scripts_.size());
  set(counts_.functions_interpreter_bytes, interpreter_bytes(Kind::kFunction));
  set(counts_.library_bytes, libraries_.bytes());
  set(counts_.libraries, libraries_.all().size());
  set(counts_.functions, libraries_.function_count());
}

base::Result<Script*, base::Failure> Engine::load(std::string_view text, bool stays) {
  Sha1Digits digits;
  write_sha1(text, digits);
  const std::string_view sha(digits.data(), digits.size());
  if (Script* known = scripts_.find(sha)) {
    if (stays) scripts_.keep(*known);
    return known;
  }
  auto shebang = read_shebang(text);
  if (!shebang) return shebang.error();
  lua::State& state = open(Kind::kScript);
  lua_State* const lua = state.raw();
  if (!state.compile(text.data() + shebang->end, text.size() - shebang->end, chunk_of(Kind::kScript))) {
    return base::Failure("ERR Error compiling script (new function): " + take_error(lua));
  }
  state.enter_host();
  const int function = luaL_ref(lua, LUA_REGISTRYINDEX);
  state.leave_host();
  Script& script = scripts_.add({.sha = std::string(sha),
                                 .text = std::string(text),
                                 .program = {.function = function,
                                             .has_flags = shebang->present,
                                             .flags = shebang->flags,
                                             .tail_line = last_return_line(text)},
                                 .stays = stays},
                                [&](const Script& old) {
                                  luaL_unref(lua, LUA_REGISTRYINDEX, old.program.function);
                                  counts_.evicted.fetch_add(1, std::memory_order_relaxed);
                                });
  count();
  return &script;
}

void Engine::flush() {
  scripts_.clear();
  states_[static_cast<size_t>(Kind::kScript)].reset();
  count();
}

// Of the error table at the top of the stack.
void Engine::reply_error(command::Call& call, lua_State* lua) {
  if (!lua_istable(lua, -1)) {  // there was no memory for a table
    const char* text = lua_tostring(lua, -1);
    return call.fail("ERR " + std::string(text == nullptr ? "the script failed" : text));
  }
  lua_getfield(lua, -1, "err");
  const bool has_text = lua_isstring(lua, -1) != 0;  // or a number
  lua_pop(lua, 1);
  std::string text(has_text ? error_field(lua, "err") : "ERR unknown error");
  if (const auto source = error_field(lua, "source"); !source.empty()) {
    text += " script: on " + std::string(source);
    text += ":" + std::string(error_field(lua, "line")) + ".";
  }
  lua_getfield(lua, -1, "ignore_error_stats_update");
  if (lua_toboolean(lua, -1) != 0) call.host().error_was_counted();
  call.fail(text);
}

// A script finds its words as globals, a function as its arguments.
void Engine::push_program(lua::State& state, Kind kind, const Program& program, const Words& words) {
  lua_State* const lua = state.raw();
  lua_settop(lua, 0);
  lua_checkstack(lua, 16);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, program.function);
  state.set_tail({chunk_of(kind), program.tail_line});
  push_words(lua, words.keys);
  if (kind == Kind::kScript) state.set_global("KEYS");
  push_words(lua, words.arguments);
  if (kind == Kind::kScript) state.set_global("ARGV");
}

void Engine::run(command::Call& call, Kind kind, const Program& program, Words words, bool ro) {
  const bool no_writes = (program.flags & kNoWrites) != 0;
  if (ro && program.has_flags && !no_writes) {
    return call.fail("ERR Can not execute a script with write flag using *_ro command.");
  }
  const bool needs_memory = program.has_flags && (program.flags & (kAllowOom | kNoWrites)) == 0;
  if (needs_memory && call.host().is_out_of_memory(call.session().database)) return call.fail(command::kOutOfMemory);
  lua::State& state = open(kind);
  lua_State* const lua = state.raw();
  call.host().tell_monitors_first(call);
  Running running{.call = call,
                  .state = state,
                  .kind = kind,
                  .run = {.read_only = ro || no_writes, .allows_oom = program.has_flags, .phase = phase_},
                  .words = {}};
  state.enter_host();
  push_program(state, kind, program, words);
  state.leave_host();
  const uint32_t database = call.session().database;
  const bool readonly = call.session().readonly;
  begin(running);
  const bool good = state.call(lua_gettop(lua) - 1, 1);
  end();
  call.host().script_ended();
  call.session().database = database;
  call.session().readonly = readonly;
  state.enter_host();
  if (good) {
    reply_value(lua, call, running.resp3);
  } else {
    reply_error(call, lua);
  }
  lua_settop(lua, 0);
  state.leave_host();
  auto& bytes = kind == Kind::kScript ? counts_.interpreter_bytes : counts_.functions_interpreter_bytes;
  bytes.store(state.memory_bytes(), std::memory_order_relaxed);
}

}  // namespace scripting
