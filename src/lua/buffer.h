// Bytes in the making, for functions that may raise a Lua error.
//
// A raised error leaves a frame without running destructors, so the bytes belong to Lua's collector: up to kSmallBytes
// lie in the object, more in a userdata that a slot of the stack anchors, and that goes with the slot.
//
// Cost     appends are amortized O(1).
// Limits   capacity doubles from what was appended; beyond what Lua can allocate it raises "not enough memory". While
// it
//          grows it needs a slot more, which LuaJIT's functions make by themselves, even where lua_checkstack refuses.
#pragma once

#include <cstring>
#include <luajit-2.1/lua.hpp>
#include <string_view>
#include <type_traits>

namespace lua {

class Buffer {
 public:
  // The slot is a new one at this place of the stack: what lies there and above moves up.
  Buffer(lua_State* state, int slot) : state_(state), slot_(slot) {
    luaL_checkstack(state, 1, nullptr);
    lua_pushnil(state);
    lua_insert(state, slot);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void append(char byte) {
    *room(1) = byte;
    ++size_;
  }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(size_t count, char byte) {
    if (count == 0) return;
    std::memset(room(count), byte, count);
    size_ += count;
  }
  // Where `bytes` more may be written; grew() then says how many were.
  char* room(size_t bytes) {
    if (bytes > capacity_ - size_) grow(bytes);
    return data() + size_;
  }
  void grew(size_t bytes) { size_ += bytes; }

  // Forgets what lies beyond `bytes`.
  void cut(size_t bytes) { size_ = bytes; }
  size_t size() const { return size_; }
  std::string_view view() { return {data(), size_}; }
  void push_string() { lua_pushlstring(state_, data(), size_); }

  // Aligned for any number or pointer; moves with the next append.
  char* data() { return large_ != nullptr ? large_ : small_; }

 private:
  static constexpr size_t kSmallBytes = 512;

  void grow(size_t bytes);

  lua_State* state_;
  int slot_;
  char* large_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = kSmallBytes;
  alignas(8) char small_[kSmallBytes];
};

static_assert(std::is_trivially_destructible_v<Buffer>);

}  // namespace lua
