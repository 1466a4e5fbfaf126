#include "lua/state.h"

#include <cstddef>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "lua/sandbox.h"

namespace lua {
namespace {

constexpr ptrdiff_t kMostStack = ptrdiff_t{384} * 1024;

const char* stack_now() { return static_cast<const char*>(__builtin_frame_address(0)); }

}  // namespace

// LuaJIT does not count how deeply C functions that it calls call it. Whoever nests them takes memory now and then: for
// a coroutine, or as the slots of Lua's stack run out, which doubles each time; so between two looks the thread's stack
// doubles at most.
bool State::may_grow(size_t bytes) const {
  if (in_host_) return true;
  if (stack_start_ != nullptr && stack_start_ - stack_now() > kMostStack) return false;
  return ceiling_ == 0 || bytes_ + bytes <= ceiling_;
}

void* State::allocate(void* self, void* memory, size_t old_size, size_t new_size) {
  auto& state = *static_cast<State*>(self);
  if (new_size == 0) {
    std::free(memory);
    state.bytes_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size && !state.may_grow(new_size - old_size)) return nullptr;
  void* const moved = std::realloc(memory, new_size);
  if (moved == nullptr) return nullptr;
  state.bytes_ += new_size - old_size;
  return moved;
}

State& State::of(lua_State* state) {
  void* self = nullptr;
  lua_getallocf(state, &self);
  return *static_cast<State*>(self);
}

State::State() {
  state_ = lua_newstate(allocate, this);
  CHECK(state_ != nullptr);
  luaJIT_setmode(state_, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  open_standard_libraries(state_);
  in_host_ = false;
}

State::~State() {
  in_host_ = true;
  lua_close(state_);
}

void State::add_library(const char* name) {
  protect(state_);
  set_global(name);
}

void State::set_global(const char* name) {
  lua_getfield(state_, LUA_REGISTRYINDEX, kGlobals);
  lua_insert(state_, -2);
  lua_setfield(state_, -2, name);
  lua_pop(state_, 1);
}

void State::add_alias(const char* name, const char* of) {
  lua_getfield(state_, LUA_REGISTRYINDEX, kGlobals);
  lua_getfield(state_, -1, of);
  lua_setfield(state_, -2, name);
  lua_pop(state_, 1);
}

bool State::compile(const char* text, size_t size, const char* chunk) {
  return luaL_loadbufferx(state_, text, size, chunk, "t") == 0;
}

bool State::call(int arguments, int results) {
  const int function = lua_gettop(state_) - arguments;
  lua_pushcfunction(state_, error_handler);
  lua_insert(state_, function);
  const char* const outer = std::exchange(stack_start_, stack_now());
  const int status = lua_pcall(state_, arguments, results, function);
  stack_start_ = outer;
  lua_remove(state_, function);
  return status == 0;
}

}  // namespace lua
