// Owned: a handle that is destroyed with its owner, unless it was let go: values are made of input that may turn out
// wrong at its last byte.
#pragma once

#include <utility>

namespace rdb {

template <typename Handle>
class Owned {
 public:
  explicit Owned(Handle handle) : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(other.handle_), owns_(std::exchange(other.owns_, false)) {}
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (owns_) handle_.destroy();
  }

  Handle* operator->() { return &handle_; }
  Handle& operator*() { return handle_; }
  Handle release() {
    owns_ = false;
    return handle_;
  }

 private:
  Handle handle_;
  bool owns_ = true;
};

}  // namespace rdb
