// Args: reads a command's words in order; the first thing that is wrong latches, and what follows reads as nothing.
//
//   Args args(call);                       // stands behind the command's name
//   const std::string_view key = args.text();
//   const int64_t count = args.integer();
//   while (args.more()) {
//     if (args.accept("NX")) ...
//     else args.fail(kSyntaxError);
//   }
//   if (args.failed()) return call.fail(args.error());
//
// The caller checks once, at the end. An error's text is the client's.
#pragma once

#include <strings.h>

#include <span>
#include <string_view>

#include "base/numbers.h"
#include "command/errors.h"

namespace command {

inline bool same_word(std::string_view word, std::string_view token) {
  return word.size() == token.size() && strncasecmp(word.data(), token.data(), token.size()) == 0;
}

class Args {
 public:
  // `first` is the first word to be read.
  explicit Args(std::span<const std::string_view> words, size_t first = 1) : words_(words), at_(first) {}

  bool more() const { return !failed() && at_ < words_.size(); }
  size_t left() const { return failed() ? 0 : words_.size() - at_; }

  // The next word. Missing: a syntax error.
  std::string_view text() {
    if (!more()) {
      fail(kSyntaxError);
      return {};
    }
    return words_[at_++];
  }

  // The next word as an integer; anything else is `otherwise`.
  int64_t integer(Error otherwise = kNotAnInteger) {
    const std::string_view word = text();
    if (failed()) return 0;
    const auto value = base::parse_int64(word);
    if (!value) fail(otherwise);
    return value.value_or(0);
  }

  // The same within bounds, both inclusive.
  int64_t integer(int64_t least, int64_t most, Error otherwise = kNotAnInteger) {
    const int64_t value = integer(otherwise);
    if (!failed() && (value < least || value > most)) fail(otherwise);
    return value;
  }

  // Takes the next word if it is this one, in any case of letters.
  bool accept(std::string_view token) {
    if (!more() || !same_word(words_[at_], token)) return false;
    ++at_;
    return true;
  }
  bool next_is(std::string_view token) const { return more() && same_word(words_[at_], token); }
  std::string_view peek() const { return more() ? words_[at_] : std::string_view(); }
  void skip(size_t count = 1) { at_ += count; }

  void fail(Error error) {
    if (!failed()) error_ = error;
  }
  bool failed() const { return !error_.text().empty(); }
  // REQUIRES: failed().
  Error error() const { return error_; }
  // True if all words were read and nothing was wrong; words that are left are a syntax error.
  bool done() {
    if (more()) fail(kSyntaxError);
    return !failed();
  }

 private:
  std::span<const std::string_view> words_;
  size_t at_;
  Error error_{{}};  // without a text: nothing is wrong
};

}  // namespace command
