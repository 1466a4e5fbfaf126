// RandomCalls: a program of bytes that calls what scripts can reach of the libraries, with values of every kind.
//
// A program works on a pool of values. Each step makes one from the bytes that follow, or calls a function with some of
// the pool and puts what it gives back there; errors are values too. So a library gets what another has made: tables
// that hold themselves, packed bytes, patterns, threads, protected tables.
// Limits   An interpreter a program, so that bytes alone say what happens; its memory has a ceiling, so that
// allocations
//          fail. Counts of functions that loop over them in C, and subjects of patterns, are kept small: those are slow
//          in the reference too.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "lua/sandbox.h"
#include "lua/state.h"

namespace lua {

// When garbage is collected, all of it. Whatever C++ code forgot to anchor is freed then, and its next use is seen by
// the address sanitizer.
enum class Collect { kAsUsual, kAtEachCall, kAtEachAllocation };

class RandomCalls {
 public:
  explicit RandomCalls(std::span<const uint8_t> program) : left_(program) {
    state_.set_ceiling(kCeilingBytes);
    lua_pushcfunction(lua(), list_functions);
    CHECK(lua_pcall(lua(), 0, 1, 0) == 0);
    functions_ = static_cast<int>(lua_objlen(lua(), kFunctions));
    for (int which = 1; which <= functions_; ++which) {
      push_function(which);
      lua_pop(lua(), 1);
      for (const char* library : {"cjson.", "cmsgpack.", "struct.", "bit."}) {
        if (name_.starts_with(library)) own_.push_back(which);
      }
    }
    lua_createtable(lua(), kPoolSize, 0);
  }

  void run() {
    collect_ = static_cast<Collect>(byte() % 3);
    if (collect_ == Collect::kAtEachAllocation) {
      lua_gc(lua(), LUA_GCSETPAUSE, 0);    // percent: when it is 0 the next cycle begins as one ends
      lua_gc(lua(), LUA_GCSETSTEPMUL, 0);  // percent: when it is 0 a step is a whole cycle
      lua_gc(lua(), LUA_GCCOLLECT, 0);
    }
    while (!left_.empty()) {
      lua_pushcfunction(lua(), step);
      lua_pushvalue(lua(), kFunctions);
      lua_pushvalue(lua(), kPool);
      lua_pushlightuserdata(lua(), this);
      if (lua_pcall(lua(), 3, 0, 0) != 0) lua_pop(lua(), 1);
      CHECK(lua_gettop(lua()) == kPool);
      if (collect_ == Collect::kAtEachCall) lua_gc(lua(), LUA_GCCOLLECT, 0);
    }
  }

  uint64_t calls() const { return calls_; }
  uint64_t succeeded() const { return succeeded_; }
  int functions() const { return functions_; }

 private:
  static constexpr int kFunctions = 1, kPool = 2;  // where they are on the stack
  static constexpr int kPoolSize = 12;
  static constexpr size_t kCeilingBytes = 1 << 20;
  static constexpr size_t kLongestSubject = 40;
  static constexpr double kMostSteps = 200;

  lua_State* lua() { return state_.raw(); }

  uint8_t byte() {
    if (left_.empty()) return 0;
    const uint8_t first = left_[0];
    left_ = left_.subspan(1);
    return first;
  }

  std::string_view bytes(size_t count) {
    count = std::min(count, left_.size());
    const std::string_view text(reinterpret_cast<const char*>(left_.data()), count);
    left_ = left_.subspan(count);
    return text;
  }

  // Gives the array of {name, function}, in the order of the names. Without load(), which asks a function for ever.
  static int list_functions(lua_State* lua) {
    luaL_loadstring(
        lua,
        "local globals, list = ..., {} "
        "local function add(prefix, table) "
        "  for name, value in next, table do "
        "    if type(value) == 'function' and name ~= 'load' then list[#list + 1] = {prefix .. name, value} end "
        "  end "
        "end "
        "add('', globals) "
        "for name, value in next, globals do "
        "  if type(value) == 'table' and name ~= '_G' then add(name .. '.', behind(value)) end "
        "end "
        "table.sort(list, function(a, b) return a[1] < b[1] end) "
        "return list");
    // The chunk sees next and type, and the tables behind the protected ones.
    lua_newtable(lua);
    for (const char* name : {"next", "type", "table"}) {
      lua_getglobal(lua, name);
      lua_setfield(lua, -2, name);
    }
    lua_pushcfunction(lua, behind);
    lua_setfield(lua, -2, "behind");
    lua_setfenv(lua, -2);
    lua_getfield(lua, LUA_REGISTRYINDEX, kGlobals);
    lua_call(lua, 1, 1);
    return 1;
  }

  static int behind(lua_State* lua) {
    if (luaL_getmetafield(lua, 1, "__index") == 0) lua_pushvalue(lua, 1);
    return 1;
  }

  static int step(lua_State* lua) {
    auto& self = *static_cast<RandomCalls*>(lua_touserdata(lua, 3));
    lua_pop(lua, 1);
    luaL_checkstack(lua, 40, "");
    if (self.byte() % 5 < 2) {
      self.push_value();
      self.keep();
    } else {
      self.call();
    }
    return 0;
  }

  void push_from_pool() { lua_rawgeti(lua(), kPool, 1 + byte() % kPoolSize); }
  // The value at the top of the stack goes to the pool.
  void keep() { lua_rawseti(lua(), kPool, 1 + byte() % kPoolSize); }

  void push_function(int which) {
    lua_rawgeti(lua(), kFunctions, which);
    lua_rawgeti(lua(), -1, 2);
    lua_rawgeti(lua(), -2, 1);
    name_ = lua_tostring(lua(), -1);  // the list keeps it
    lua_pop(lua(), 1);
    lua_remove(lua(), -2);
  }

  // Of the type that the function mostly wants, if the pool has one; from random values nearly all calls would fail.
  int wanted_type(int at) const {
    const bool is_text = name_.starts_with("string.") || name_.starts_with("struct.") || name_ == "cjson.decode" ||
                         name_.starts_with("cmsgpack.unpack") || name_ == "loadstring";
    if (is_text && (at == 0 || (at == 1 && (matches() || name_ == "struct.unpack")))) return LUA_TSTRING;
    if (name_.starts_with("table.") && at == 0) return LUA_TTABLE;
    if (name_ == "setmetatable" || name_.starts_with("raw") || name_ == "unpack")
      return at < 1 ? LUA_TTABLE : LUA_TNONE;
    if (name_.starts_with("bit.") || name_.starts_with("math.")) return LUA_TNUMBER;
    return LUA_TNONE;
  }

  void push_argument(int at) {
    push_from_pool();
    const int wanted = wanted_type(at);
    for (int tries = 0; wanted != LUA_TNONE && tries < 4 && lua_type(lua(), -1) != wanted; ++tries) {
      lua_pop(lua(), 1);
      push_from_pool();
    }
  }

  bool moves_elements() const { return name_ == "table.insert" || name_ == "table.remove"; }
  bool matches() const {
    return name_ == "string.find" || name_ == "string.match" || name_.starts_with("string.g");  // gmatch, gfind, gsub
  }

  // See the limits above.
  void bound_top() {
    if (moves_elements() && lua_type(lua(), -1) == LUA_TNUMBER) {
      const double number = lua_tonumber(lua(), -1);
      if (number == number && std::abs(number) <= kMostSteps) return;
      lua_pop(lua(), 1);
      lua_pushnumber(lua(), kMostSteps);
    } else if (matches() && lua_type(lua(), -1) == LUA_TSTRING) {
      size_t size = 0;
      const char* text = lua_tolstring(lua(), -1, &size);
      lua_pushlstring(lua(), text, std::min(size, kLongestSubject));
      lua_remove(lua(), -2);
    }
  }

  void call() {
    const int which = byte() % (functions_ + kPoolSize);
    name_ = {};
    if (byte() % 2 == 0) {
      push_function(own_[byte() % own_.size()]);
    } else if (which < functions_) {
      push_function(1 + which);
    } else {
      push_from_pool();  // what gmatch, wrap or loadstring gave
    }
    const int arguments = 1 + byte() % 4;
    for (int at = 0; at < arguments; ++at) {
      push_argument(at);
      bound_top();
    }
    ++calls_;
    const int status = lua_pcall(lua(), arguments, LUA_MULTRET, 0);
    succeeded_ += status == 0;
    lua_settop(lua(), kPool + 2);  // two results are enough; nil where there are fewer
    keep();
    keep();
  }

  void push_number() {
    constexpr double kEdges[] = {0, -1, 1, 2147483647, -2147483648.0, 4294967295.0, 9007199254740993.0, 1e300, -1e300};
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    const uint8_t kind = byte();
    if (kind < 120) return lua_pushnumber(lua(), kind % 20);
    if (kind < 200) return lua_pushnumber(lua(), kEdges[kind % std::size(kEdges)]);
    if (kind < 216)
      return lua_pushnumber(lua(), kind < 206 ? kInfinite : kind < 211 ? -kInfinite : kInfinite - kInfinite);
    double value = 0;
    const std::string_view text = bytes(sizeof value);
    std::memcpy(&value, text.data(), text.size());
    if (value != value) value = 0.5;  // bits of a NaN mean something to the interpreter
    lua_pushnumber(lua(), value);
  }

  // Words of the little languages that the libraries read.
  void push_phrase() {
    constexpr const char* kPhrases[] = {">!4bBhHlL",
                                        "<i3I7s",
                                        "!8dfc5",
                                        "Bc0s",
                                        "x!2i!16",
                                        "c2147483647",
                                        "%a+",
                                        "(.-)%s",
                                        "%b()",
                                        "[^%z-z]*",
                                        "%f[%w]",
                                        "()(%d)",
                                        "%1",
                                        "^(a?)(.*)$",
                                        "%-5.3s|%q",
                                        "%08.3f%g%e",
                                        "%x%c%i",
                                        "%99d",
                                        "[1,{\"a\":",
                                        "[[1.5e3]]",
                                        "{\"\\ud83d\\ude00\":[null,true]}",
                                        "\xdc\x00\x03\x01\x02\x03",
                                        "\x82\xa1"
                                        "a\x01\xa1"
                                        "b\x90",
                                        "\xdf\xff\xff\xff\xff",
                                        "\xc7\xd9\x05hello",
                                        "return ...",
                                        "__index",
                                        "__tostring",
                                        "local a = ... return a, #a",
                                        "0x10",
                                        "  12e1 "};
    std::string phrase;
    for (int left = 1 + byte() % 2; left > 0; --left) phrase += kPhrases[byte() % std::size(kPhrases)];
    if (byte() % 8 == 0) phrase.append(byte() * 8, 'x');  // beyond a buffer's first bytes
    lua_pushlstring(lua(), phrase.data(), phrase.size());
  }

  void push_table() {
    lua_newtable(lua());
    const bool is_map = byte() % 2 == 0;
    for (int at = 1, size = byte() % 6; at <= size; ++at) {
      push_from_pool();
      if (!is_map) {
        lua_rawseti(lua(), -2, at);
        continue;
      }
      push_from_pool();
      if (lua_isnil(lua(), -1) ||
          (lua_isnumber(lua(), -1) != 0 && lua_tonumber(lua(), -1) != lua_tonumber(lua(), -1))) {
        lua_pop(lua(), 2);
        continue;
      }
      lua_insert(lua(), -2);
      lua_rawset(lua(), -3);
    }
  }

  void push_value() {
    switch (byte() % 12) {
      case 0: return lua_pushnil(lua());
      case 1: return lua_pushboolean(lua(), byte() % 2);
      case 2:
      case 3: return push_number();
      case 4:
      case 5: {
        const std::string_view text = bytes(byte() % 24);
        return lua_pushlstring(lua(), text.data(), text.size());
      }
      case 6:
      case 7: return push_phrase();
      case 8: return lua_pushlightuserdata(lua(), nullptr);  // cjson.null
      case 9: push_function(1 + byte() % functions_); return bound_function();
      default: return push_table();
    }
  }

  // What calls it gives it any values.
  void bound_function() {
    if (!moves_elements() && !matches()) return;
    lua_pop(lua(), 1);
    lua_pushnil(lua());
  }

  State state_;
  std::span<const uint8_t> left_;
  Collect collect_ = Collect::kAsUsual;
  int functions_ = 0;
  std::vector<int> own_;  // those of the libraries that are our own
  uint64_t calls_ = 0;
  uint64_t succeeded_ = 0;
  std::string_view name_;  // of the function that was pushed last
};

}  // namespace lua
