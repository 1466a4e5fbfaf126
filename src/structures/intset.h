// Intset: a sorted array of distinct integers, all of one width, in one allocation.
//
// Shape    width:32 length:32 (integer:16*length | integer:32*length | integer:64*length), little endian; the width is
//          2, 4 or 8 bytes: the widest that a member ever needed. Byte for byte as RDB holds it.
// Cost     contains O(log n), at O(1), add and remove O(n): the bytes behind move. The allocation is as long as the
//          allocator's size class, so that few additions need another.
// Limits   kMaxSize integers. The holder turns to another structure long before that.
// Threads  the owner's.
// Errors   bytes that come from outside go through is_valid() first.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/random.h"

namespace structures {

// A handle: trivially copyable, not owning by itself. Its memory may move with add() and remove().
class Intset {
 public:
  static constexpr uint32_t kMaxSize = UINT32_MAX;

  static Intset make();
  // Whether these bytes are an intset with members, sorted and distinct, and nothing behind it.
  static bool is_valid(std::string_view bytes);
  // REQUIRES: is_valid(bytes).
  static Intset from_bytes(std::string_view bytes);
  // The one allocation, aligned to 8 bytes, as a handle elsewhere keeps it.
  static Intset from_memory(void* memory) { return Intset(static_cast<char*>(memory)); }
  void* memory() const { return memory_; }
  void destroy();
  Intset copy() const { return from_bytes(bytes()); }

  std::string_view bytes() const { return {memory_, byte_count(width(), size())}; }
  size_t memory_bytes() const;
  uint32_t size() const { return header(4); }
  bool empty() const { return size() == 0; }

  // In ascending order. REQUIRES: index < size().
  int64_t at(uint32_t index) const { return load(index, width()); }
  // REQUIRES: !empty().
  int64_t min() const { return at(0); }
  int64_t max() const { return at(size() - 1); }
  int64_t random(base::Random& random) const { return at(static_cast<uint32_t>(random.below(size()))); }

  bool contains(int64_t value) const;
  // The index of the first member that is not below `value`; size() if there is none.
  uint32_t lower_bound(int64_t value) const;
  // True if the member is new. REQUIRES: size() < kMaxSize.
  bool add(int64_t value);
  // True if it was there. The width stays.
  bool remove(int64_t value);

 private:
  static constexpr size_t kHeaderBytes = 8;

  explicit Intset(char* memory) : memory_(memory) {}

  static size_t byte_count(uint32_t width, uint32_t size) { return kHeaderBytes + size_t{width} * size; }
  static uint32_t width_for(int64_t value);

  uint32_t header(size_t offset) const {
    uint32_t value;
    std::memcpy(&value, memory_ + offset, sizeof value);
    return value;
  }
  void set_header(size_t offset, uint32_t value) { std::memcpy(memory_ + offset, &value, sizeof value); }
  uint32_t width() const { return header(0); }
  char* place(uint32_t index) const { return memory_ + byte_count(width(), index); }

  template <typename T>
  T load_as(uint32_t index) const {
    T value;
    std::memcpy(&value, memory_ + kHeaderBytes + index * sizeof value, sizeof value);
    return value;
  }
  int64_t load(uint32_t index, uint32_t width) const {
    if (width == sizeof(int16_t)) return load_as<int16_t>(index);
    return width == sizeof(int32_t) ? load_as<int32_t>(index) : load_as<int64_t>(index);
  }
  void store(uint32_t index, int64_t value);
  template <typename T>
  uint32_t lower_bound_as(int64_t value) const;
  void reallocate(size_t old_bytes, size_t new_bytes);
  void widen_and_add(int64_t value);

  char* memory_;
};

}  // namespace structures
