#include "lua/keys.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace lua {
namespace {

static_assert(std::is_trivially_copyable_v<Key> && alignof(Key) <= 8);

// Indexes of arrays, other numbers, strings.
int rank(const Key& key) {
  if (key.text != nullptr) return 2;
  return key.number >= 1 && key.number == std::floor(key.number) ? 0 : 1;
}

bool before(const Key& first, const Key& second) {
  const int first_rank = rank(first);
  const int second_rank = rank(second);
  if (first_rank != second_rank) return first_rank < second_rank;
  if (first.text == nullptr) return first.number < second.number;
  return std::string_view(first.text, first.size) < std::string_view(second.text, second.size);
}

}  // namespace

SortedKeys::SortedKeys(lua_State* state, Buffer& keys) : state_(state), keys_(keys), begin_(keys.size()) {
  lua_pushnil(state);
  while (lua_next(state, -2) != 0) {
    const int type = lua_type(state, -2);
    Key key{nullptr, 0, 0};
    if (type == LUA_TSTRING) key.text = lua_tolstring(state, -2, &key.size);
    if (type == LUA_TNUMBER) key.number = lua_tonumber(state, -2);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
      keys.append({reinterpret_cast<const char*>(&key), sizeof key});
      ++count_;
    } else {
      ++others_;
    }
    lua_pop(state, 1);
  }
  Key* first = reinterpret_cast<Key*>(keys.data() + begin_);
  std::sort(first, first + count_, before);
}

Key SortedKeys::operator[](size_t index) {
  Key key;
  std::memcpy(&key, keys_.data() + begin_ + index * sizeof key, sizeof key);
  return key;
}

void SortedKeys::push(const Key& key) {
  if (key.text != nullptr)
    lua_pushlstring(state_, key.text, key.size);
  else
    lua_pushnumber(state_, key.number);
  lua_pushvalue(state_, -1);
  lua_rawget(state_, -3);
}

}  // namespace lua
