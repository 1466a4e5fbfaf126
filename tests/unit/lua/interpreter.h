// An interpreter with the libraries, and an allocator that counts and can be told to fail.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "lua/libraries.h"

namespace lua {

// An interpreter whose memory is malloc's, so that the address sanitizer knows each object's end.
class Interpreter {
 public:
  Interpreter() : state_(lua_newstate(allocate, this)) {
    luaL_openlibs(state_);
    luaJIT_setmode(state_, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    for (const auto open : {open_json, open_msgpack, open_struct, open_bit}) {
      open(state_);
      CHECK(lua_gettop(state_) == 0);  // a library left something on the stack
    }
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter() { lua_close(state_); }

  // Whether from now on each allocation that may collect does so, all of it.
  void collect_always(bool always = true) {
    lua_gc(state_, LUA_GCSETPAUSE, always ? 0 : 200);    // percent: when it is 0 the next cycle begins as one ends
    lua_gc(state_, LUA_GCSETSTEPMUL, always ? 0 : 200);  // percent: when it is 0 a step is a whole cycle
  }

  // What a chunk returns, as text; of what fails, the message.
  std::string run(const std::string& chunk) {
    if (luaL_loadbuffer(state_, chunk.data(), chunk.size(), "@user_script") == 0) lua_pcall(state_, 0, 1, 0);
    size_t size = 0;
    const char* text = lua_tolstring(state_, -1, &size);
    const std::string result = text == nullptr ? "" : std::string(text, size);
    lua_settop(state_, 0);
    return result;
  }

  lua_State* state() { return state_; }

  size_t memory_bytes() const { return memory_bytes_; }
  size_t peak_bytes() const { return peak_bytes_; }
  // From now on what goes beyond so many bytes fails, or the allocation after so many.
  void limit_bytes(size_t bytes) { most_bytes_ = bytes; }
  void fail_after(uint64_t allocations) { allocations_left_ = allocations; }
  void fail_never() { allocations_left_ = UINT64_MAX; }

 private:
  static void* allocate(void* self, void* memory, size_t before, size_t bytes) {
    auto& interpreter = *static_cast<Interpreter*>(self);
    if (bytes == 0) {
      interpreter.memory_bytes_ -= before;
      std::free(memory);
      return nullptr;
    }
    const size_t total = interpreter.memory_bytes_ - before + bytes;
    if (bytes > before && (total > interpreter.most_bytes_ || interpreter.allocations_left_-- == 0)) return nullptr;
    interpreter.memory_bytes_ = total;
    interpreter.peak_bytes_ = std::max(interpreter.peak_bytes_, total);
    return std::realloc(memory, bytes);
  }

  size_t memory_bytes_ = 0;
  size_t peak_bytes_ = 0;
  size_t most_bytes_ = SIZE_MAX;
  uint64_t allocations_left_ = UINT64_MAX;
  lua_State* state_;
};

}  // namespace lua
