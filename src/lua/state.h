// State: one Lua interpreter in which scripts of many users run, and leave nothing behind for one another.
//
// Scripts see Lua 5.1 with cjson, cmsgpack, struct and bit. They cannot change a global, a library or the metatable of
// strings, load bytecode, or reach files, the system, other scripts or the interpreter itself. The interpreter is
// LuaJIT with its compiler off (docs/decisions/0007-scripts.md).
//
// Errors   script errors are Lua errors: who raises one in C++ holds no object with a destructor.
// Memory   counted; of what is over the ceiling the script that asks for it fails ("not enough memory"), unless the
//          host says that it must not now (LuaJIT cannot fail inside C++ frames that hold something).
// Stack    Lua's own calls take none. Where Lua calls C that calls Lua (string.gsub, table.sort, pcall, coroutines), a
//          script fails likewise soon after it has taken 384 KB, and before it has taken twice that.
// Threads  one at a time.
// Source   valkey-server 9.1.2, probed through EVAL; tests/transcripts/scripting.
#pragma once

#include <luajit-2.1/lua.hpp>

#include <cstddef>
#include <cstdint>

namespace lua {

class State {
 public:
  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // The one that a Lua state, or a coroutine of it, belongs to.
  static State& of(lua_State* state);

  lua_State* raw() const { return state_; }
  size_t memory_bytes() const { return bytes_; }

  // The most that the interpreter may take, 0: any.
  void set_ceiling(size_t bytes) { ceiling_ = bytes; }
  // Between the two calls allocation does not fail.
  void enter_host() { in_host_ = true; }
  void leave_host() { in_host_ = false; }

  // The table at the top of the stack becomes the global `name`, which scripts read and cannot change. Pops it.
  void add_library(const char* name);
  // The value at the top of the stack becomes the global `name`, which scripts cannot replace. Pops it.
  void set_global(const char* name);
  // Lets scripts see the library of one global under another name too.
  void add_alias(const char* name, const char* of);

  // Compiles a script; a Lua function is pushed, or the error's text. False: an error.
  bool compile(const char* text, size_t size, const char* chunk);
  // Calls the function below `arguments` values; `results` come in their place, or the error: a table with `err`, and
  // with `source` and `line` if they are known.
  bool call(int arguments, int results);
  // The place that is told of an error whose frames are gone, which a tail call (`return f(x)`) has replaced. The
  // chunk's name is static.
  struct Place {
    const char* chunk;
    int line;
  };
  void set_tail(Place place) { tail_ = place; }
  Place tail() const { return tail_; }

 private:
  static void* allocate(void* self, void* memory, size_t old_size, size_t new_size);
  bool may_grow(size_t bytes) const;

  lua_State* state_ = nullptr;
  size_t bytes_ = 0;
  size_t ceiling_ = 0;
  bool in_host_ = true;
  const char* stack_start_ = nullptr;  // while something runs: where it began on the thread's stack
  Place tail_{"", 1};
};

// Raises the error of who changes what is shared.
int refuse_change(lua_State* state);
// Raises the error of who reads a global, the second argument, that is not there.
int refuse_missing(lua_State* state);
// Whether the value at an index is a table that scripts cannot change.
bool is_protected(lua_State* state, int index);

}  // namespace lua
