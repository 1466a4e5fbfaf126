// The tokens of a JSON text.
//
// What is accepted is the reference's, which is more than JSON: control characters in strings, "1.", and if the
// settings allow it NaN, infinities, hexadecimal, leading zeros and a plus sign. A NUL ends the text.
//
// Limits   never reads past the NUL that Lua keeps behind every string.
// Errors   a token of type kError has the reason as its text; growing the buffer may raise "not enough memory".
#pragma once

#include <string_view>

#include "lua/buffer.h"
#include "lua/json.h"

namespace lua::json {

struct Token {
  enum class Type {
    kObjectBegin,
    kObjectEnd,
    kArrayBegin,
    kArrayEnd,
    kString,
    kNumber,
    kBoolean,
    kNull,
    kColon,
    kComma,
    kEnd,
    kError,
  };

  Type type;
  size_t at;              // where it begins, or where the error is
  std::string_view text;  // of a string, valid until the next token; of an error, the reason
  double number = 0;
  bool boolean = false;
};

// As an error names it.
const char* token_name(const Token& token);

class Lexer {
 public:
  // `text` has a NUL behind it, and outlives the lexer; `scratch` receives strings that have escapes.
  Lexer(std::string_view text, const Settings& settings, Buffer& scratch)
      : text_(text), settings_(settings), scratch_(scratch) {}

  Token next();
  size_t position() const { return at_; }  // behind the last token

 private:
  size_t string_stop(size_t at) const;
  Token string(size_t begin);
  Token escaped_string(size_t begin);
  Token number(size_t begin);
  Token word(size_t begin);
  bool unicode_escape();
  int hexadecimal(size_t at) const;

  std::string_view text_;
  const Settings& settings_;
  Buffer& scratch_;
  size_t at_ = 0;
};

}  // namespace lua::json
