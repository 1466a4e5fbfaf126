// Buffer: bytes in a row that grow at the end and are taken from the front.
//
// Cost     append: a copy; growth doubles, and copies nothing of a large one. consume() moves nothing; of a large one
//          it gives the memory back. Small numbers and headers are written in place.
// Threads  one.
#pragma once

#include <sys/mman.h>

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
  ~Buffer() { free_data(); }
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

  // Replaces `removed` bytes at `at`, counted from the first one; what follows moves.
  void replace(size_t at, size_t removed, std::string_view bytes) {
    DCHECK(at + removed <= size());
    if (bytes.size() > removed) reserve(bytes.size() - removed);
    char* place = data_ + begin_ + at;
    if (bytes.size() != removed) std::memmove(place + bytes.size(), place + removed, size() - at - removed);
    std::memcpy(place, bytes.data(), bytes.size());
    end_ += bytes.size() - removed;
  }

  // Drops bytes from the front.
  void consume(size_t bytes) {
    begin_ += bytes;
    DCHECK(begin_ <= end_);
    if (capacity_ >= kMappedBytes) give_back(begin_ - bytes);
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Drops bytes from the end.
  void truncate(size_t size) { end_ = begin_ + size; }
  void clear() { begin_ = end_ = 0; }
  // Gives the memory back. REQUIRES: empty().
  void release() {
    DCHECK(empty());
    free_data();
    data_ = nullptr;
    begin_ = end_ = capacity_ = 0;
  }

 private:
  // A buffer of so many bytes and more is a mapping of its own, which the kernel can make longer without a copy: to
  // copy 16 MB takes 5 ms.
  static constexpr size_t kMappedBytes = 8 * 1024 * 1024;

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
    if (capacity <= capacity_) return;  // there was room at the front
    if (capacity >= kMappedBytes) return map(capacity);
    data_ = static_cast<char*>(std::realloc(data_, capacity));
    CHECK(data_ != nullptr);
    capacity_ = capacity;
  }
  void map(size_t capacity) {
    void* mapped = capacity_ >= kMappedBytes
                       ? mremap(data_, capacity_, capacity, MREMAP_MAYMOVE)
                       : mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED);
    if (capacity_ < kMappedBytes && data_ != nullptr) {
      std::memcpy(mapped, data_, end_);
      std::free(data_);
    }
    data_ = static_cast<char*>(mapped);
    capacity_ = capacity;
  }
  // The steps of a mapping that have been consumed since `begin`.
  void give_back(size_t begin) {
    constexpr size_t kStep = 1024 * 1024;
    const size_t from = begin / kStep * kStep, to = begin_ / kStep * kStep;
    if (to > from) madvise(data_ + from, to - from, MADV_DONTNEED);
  }
  void free_data() {
    if (capacity_ >= kMappedBytes) {
      munmap(data_, capacity_);
    } else {
      std::free(data_);
    }
  }

  char* data_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace resp
