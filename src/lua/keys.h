// The keys of a table, numbers and strings, in an order that is always the same.
//
// LuaJIT's own order depends on a random seed that each interpreter has. What scripts write must not: they store texts
// of JSON, compare them and hash them.
//
// Cost     O(n log n) for n keys; nothing is copied but where strings lie, which the table keeps alive.
#pragma once

#include <cstddef>
#include <luajit-2.1/lua.hpp>

#include "lua/buffer.h"

namespace lua {

struct Key {
  const char* text;  // null: a number
  size_t size;
  double number;
};

// The keys of the table at the top, at the end of a buffer of keys: numbers as they ascend, then strings by their
// bytes. Those that lie there before belong to tables around this one.
class SortedKeys {
 public:
  SortedKeys(lua_State* state, Buffer& keys);

  size_t size() const { return count_; }
  // How many keys there are of other types.
  size_t others() const { return others_; }
  // The tables that lie in this one may have moved the buffer: a copy.
  Key operator[](size_t index);
  // Pushes the key, then its value.
  void push(const Key& key);
  // Gives the place in the buffer back.
  void end() { keys_.cut(begin_); }

 private:
  lua_State* state_;
  Buffer& keys_;
  size_t begin_;
  size_t count_ = 0;
  size_t others_ = 0;
};

}  // namespace lua
