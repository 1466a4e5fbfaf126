// Result<T>: a value or an Error, for operating errors (input, disk, peer, limit).
//
// Has std::expected's names, which clang 14 lacks. An Error is a static text and costs no allocation; where
// a text needs arguments, Failure carries an owned one. Bugs are CHECKs, not Results.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace base {

// What went wrong, in the words that the user reads.
class Error {
 public:
  constexpr explicit Error(std::string_view static_text) : text_(static_text) {}
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;  // static storage
};

// The same, with words that are made at run time (a file name, a line, an argument).
class Failure {
 public:
  explicit Failure(std::string text) : text_(std::move(text)) {}
  std::string_view text() const { return text_; }

 private:
  std::string text_;
};

template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  constexpr Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  constexpr Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  constexpr bool has_value() const { return state_.index() == 0; }
  constexpr explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value()
  constexpr T& value() {
    DCHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  constexpr const T& value() const {
    DCHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  constexpr T& operator*() { return value(); }
  constexpr const T& operator*() const { return value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }

  // REQUIRES: !has_value()
  constexpr const E& error() const {
    DCHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

// The result of what yields nothing but may fail.
struct Done {};

}  // namespace base
