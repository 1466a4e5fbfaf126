#include "lua/buffer.h"

#include <algorithm>
#include <limits>

namespace lua {

void Buffer::grow(size_t bytes) {
  constexpr size_t kMost = std::numeric_limits<size_t>::max() / 4;
  if (bytes > kMost - size_) luaL_error(state_, "not enough memory");
  const size_t capacity = std::max(capacity_ * 2, size_ + bytes);
  char* larger = static_cast<char*>(lua_newuserdata(state_, capacity));
  std::memcpy(larger, data(), size_);
  lua_replace(state_, slot_);  // the old bytes were anchored until here
  large_ = larger;
  capacity_ = capacity;
}

}  // namespace lua
