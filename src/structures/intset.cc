#include "structures/intset.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.h"
#include "structures/memory.h"

namespace structures {

// Numbers are read and written as they lie.
static_assert(std::endian::native == std::endian::little);

namespace {

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

uint32_t Intset::width_for(int64_t value) {
  if (fits<int16_t>(value)) return sizeof(int16_t);
  return fits<int32_t>(value) ? sizeof(int32_t) : sizeof(int64_t);
}

Intset Intset::make() {
  Intset made(static_cast<char*>(allocate(allocation_size(kHeaderBytes))));
  made.set_header(0, sizeof(int16_t));
  made.set_header(4, 0);
  return made;
}

bool Intset::is_valid(std::string_view bytes) {
  if (bytes.size() <= kHeaderBytes) return false;
  uint32_t width, size;
  std::memcpy(&width, bytes.data(), sizeof width);
  std::memcpy(&size, bytes.data() + sizeof width, sizeof size);
  if (width != sizeof(int16_t) && width != sizeof(int32_t) && width != sizeof(int64_t)) return false;
  if (bytes.size() != byte_count(width, size)) return false;
  const Intset looked_at(const_cast<char*>(bytes.data()));  // only read
  for (uint32_t i = 1; i < size; ++i) {
    if (looked_at.load(i - 1, width) >= looked_at.load(i, width)) return false;
  }
  return true;
}

Intset Intset::from_bytes(std::string_view bytes) {
  Intset made(static_cast<char*>(allocate(allocation_size(bytes.size()))));
  std::memcpy(made.memory_, bytes.data(), bytes.size());
  return made;
}

void Intset::destroy() {
  release(memory_, memory_bytes());
  memory_ = nullptr;
}

size_t Intset::memory_bytes() const { return allocation_size(byte_count(width(), size())); }

void Intset::reallocate(size_t old_bytes, size_t new_bytes) {
  const size_t old_class = allocation_size(old_bytes);
  const size_t new_class = allocation_size(new_bytes);
  if (old_class == new_class) return;
  char* moved = static_cast<char*>(allocate(new_class));
  std::memcpy(moved, memory_, std::min(old_bytes, new_bytes));
  release(memory_, old_class);
  memory_ = moved;
}

void Intset::store(uint32_t index, int64_t value) {
  char* at = place(index);
  switch (width()) {
    case sizeof(int16_t): {
      const auto narrow = static_cast<int16_t>(value);
      std::memcpy(at, &narrow, sizeof narrow);
      break;
    }
    case sizeof(int32_t): {
      const auto narrow = static_cast<int32_t>(value);
      std::memcpy(at, &narrow, sizeof narrow);
      break;
    }
    default: std::memcpy(at, &value, sizeof value);
  }
}

// The loop has one comparison a step whose outcome becomes a conditional move: nothing to mispredict.
template <typename T>
uint32_t Intset::lower_bound_as(int64_t value) const {
  uint32_t first = 0;
  for (uint32_t left = size(); left > 0;) {
    const uint32_t half = left / 2;
    const bool below = load_as<T>(first + half) < value;
    first = below ? first + half + 1 : first;
    left = below ? left - half - 1 : half;
  }
  return first;
}

uint32_t Intset::lower_bound(int64_t value) const {
  switch (width()) {
    case sizeof(int16_t): return lower_bound_as<int16_t>(value);
    case sizeof(int32_t): return lower_bound_as<int32_t>(value);
    default: return lower_bound_as<int64_t>(value);
  }
}

bool Intset::contains(int64_t value) const {
  if (width_for(value) > width()) return false;
  const uint32_t index = lower_bound(value);
  return index < size() && at(index) == value;
}

// A value that needs more width than all members lies before or behind them all.
void Intset::widen_and_add(int64_t value) {
  const uint32_t old_width = width();
  const uint32_t new_width = width_for(value);
  const uint32_t old_size = size();
  reallocate(byte_count(old_width, old_size), byte_count(new_width, old_size + 1));
  set_header(0, new_width);
  const uint32_t shift = value < 0 ? 1 : 0;
  for (uint32_t i = old_size; i-- > 0;) store(i + shift, load(i, old_width));  // from the end: places overlap
  store(value < 0 ? 0 : old_size, value);
  set_header(4, old_size + 1);
}

bool Intset::add(int64_t value) {
  CHECK(size() < kMaxSize);
  if (width_for(value) > width()) {
    widen_and_add(value);
    return true;
  }
  const uint32_t old_size = size();
  // Ascending additions are common, and skip the search.
  const uint32_t index = old_size > 0 && value > max() ? old_size : lower_bound(value);
  if (index < old_size && at(index) == value) return false;
  reallocate(byte_count(width(), old_size), byte_count(width(), old_size + 1));
  std::memmove(place(index + 1), place(index), size_t{old_size - index} * width());
  store(index, value);
  set_header(4, old_size + 1);
  return true;
}

bool Intset::remove(int64_t value) {
  if (!contains(value)) return false;
  const uint32_t old_size = size();
  const uint32_t index = lower_bound(value);
  std::memmove(place(index), place(index + 1), size_t{old_size - index - 1} * width());
  set_header(4, old_size - 1);
  reallocate(byte_count(width(), old_size), byte_count(width(), old_size - 1));
  return true;
}

}  // namespace structures
