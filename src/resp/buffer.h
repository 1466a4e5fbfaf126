// Buffer: bytes in a row that grow at the end and are taken from the front.
//
// Cost     append: a copy; growth doubles. consume() moves nothing. Small numbers and headers are written in place.
// Threads  one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace resp {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t capacity) { grow(capacity); }
  ~Buffer() { std::free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

  std::string_view view() const { return {data_ + begin_, end_ - begin_}; }
  const char* data() const { return data_ + begin_; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  size_t capacity() const { return capacity_; }

  // Room for `bytes` more at the returned place; commit() says how many were written.
  char* reserve(size_t bytes) {
    if (__builtin_expect(capacity_ - end_ < bytes, 0)) make_room(bytes);
    return data_ + end_;
  }
  // The same for who knows what will come: where it does not fit, the buffer grows by `bytes` or by `least`.
  char* reserve_exactly(size_t bytes, size_t least) {
    if (capacity_ - end_ < bytes) grow(size() + (bytes > least ? bytes : least));
    return data_ + end_;
  }
  void commit(size_t bytes) {
    DCHECK(end_ + bytes <= capacity_);
    end_ += bytes;
  }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  // Drops bytes from the front.
  void consume(size_t bytes) {
    begin_ += bytes;
    DCHECK(begin_ <= end_);
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Drops bytes from the end.
  void truncate(size_t size) { end_ = begin_ + size; }
  void clear() { begin_ = end_ = 0; }
  // Gives the memory back. REQUIRES: empty().
  void release() {
    DCHECK(empty());
    std::free(data_);
    data_ = nullptr;
    begin_ = end_ = capacity_ = 0;
  }

 private:
  void make_room(size_t bytes) {
    if (begin_ > 0 && capacity_ - size() >= bytes && begin_ >= size()) {
      std::memmove(data_, data_ + begin_, size());
      end_ -= begin_;
      begin_ = 0;
      return;
    }
    grow(size() + bytes > 2 * size() ? size() + bytes : 2 * size());
  }
  void grow(size_t capacity) {
    constexpr size_t kLeast = 512;
    if (capacity < kLeast) capacity = kLeast;
    if (begin_ > 0) {
      std::memmove(data_, data_ + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    data_ = static_cast<char*>(std::realloc(data_, capacity));
    CHECK(data_ != nullptr);
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace resp
