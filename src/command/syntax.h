// Syntax: a command's arguments in one line of text, from which COMMAND DOCS makes its tree.
//
//   key:k0 value condition(NX|XX|IFEQ=comparison-value@8.1.0)? GET@6.2.0? data[field value]*
//
// Shape    arguments, separated by a space. Each is, in this order and without spaces between:
//            TOKEN                 a word of its own; its name is the same in lower case, or stands behind: CH/change
//            TOKEN=                before what follows it: EX=seconds:i
//            name                  a string; with a letter of another type: :i integer, :d double, :t unix-time,
//                                  :p pattern, :k key
//            name/shown            with a display text that is not the name
//            name:k0               with the index of its key specification
//            name(a|b)             one of the arguments within
//            name[a b]             all of them, as a block
//            @1.2.3                since that version
//            !1.2.3                deprecated since that version
//            {text}                with a summary: words without brackets or quotes
//            ?                     optional
//            *                     may come several times
//            +                     may come several times, each time with its token
//          A token begins with a capital letter, a name with a small one. Other tokens and texts are quoted: '~'.
// Cost     nothing is allocated: an argument's parts are parts of the line, and what is within is read when asked for.
// Errors   a line that is not so fails; well_formed(rows) reads all rows when they are compiled.
// Source   the lines are made from the reference's COMMAND DOCS (/work/shared/spec/syntax-9.1.tsv).
#pragma once

#include <cstdint>
#include <string_view>

namespace command {

enum class ArgumentType : uint8_t { kString, kInteger, kDouble, kKey, kPattern, kUnixTime, kPureToken, kOneOf, kBlock };

struct Argument {
  std::string_view name;   // empty: the token in lower case
  std::string_view shown;  // empty: the name
  std::string_view token;
  std::string_view since;
  std::string_view deprecated_since;
  std::string_view summary;
  std::string_view inside;  // of kOneOf and kBlock
  ArgumentType type = ArgumentType::kString;
  int8_t key_spec = -1;
  bool has_token = false;  // a token may be empty
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;

  constexpr bool nests() const { return type == ArgumentType::kOneOf || type == ArgumentType::kBlock; }
};

// Reads the arguments of one level, in order.
class ArgumentReader {
 public:
  // `separator` is '|' within kOneOf.
  explicit constexpr ArgumentReader(std::string_view text, char separator = ' ') : text_(text), separator_(separator) {}
  // REQUIRES: within.nests().
  explicit constexpr ArgumentReader(const Argument& within)
      : ArgumentReader(within.inside, within.type == ArgumentType::kOneOf ? '|' : ' ') {}

  // False at the end, and where the text is wrong.
  constexpr bool next(Argument& out) {
    if (failed_ || at_ == text_.size()) return false;
    if (at_ > 0 && !take(separator_)) return fail();
    out = {};
    if (!read_what(out) || !read_when(out) || !read_summary(out)) return fail();
    read_how_often(out);
    return true;
  }
  constexpr bool failed() const { return failed_; }

 private:
  static constexpr bool is_capital(char sign) { return sign >= 'A' && sign <= 'Z'; }
  static constexpr bool is_small(char sign) { return sign >= 'a' && sign <= 'z'; }
  static constexpr bool is_digit(char sign) { return sign >= '0' && sign <= '9'; }

  constexpr char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  constexpr bool take(char sign) {
    if (peek() != sign) return false;
    ++at_;
    return true;
  }
  constexpr bool fail() {
    failed_ = true;
    return false;
  }

  // A word, or what stands in quotes.
  constexpr bool read_word(std::string_view& out) {
    const bool quoted = take('\'');
    const size_t begin = at_;
    while (at_ < text_.size()) {
      const char sign = peek();
      const bool is_of_word = is_capital(sign) || is_small(sign) || is_digit(sign) || sign == '-' || sign == '_';
      if (quoted ? sign == '\'' : !is_of_word) break;
      ++at_;
    }
    out = text_.substr(begin, at_ - begin);
    return quoted ? take('\'') : !out.empty();
  }

  constexpr bool read_what(Argument& out) {
    if (is_capital(peek()) || peek() == '\'') {
      out.has_token = true;
      if (!read_word(out.token)) return false;
      if (!take('=')) {
        out.type = ArgumentType::kPureToken;
        return !take('/') || read_word(out.name);
      }
    }
    if (!is_small(peek()) || !read_word(out.name)) return false;
    if (take('/') && !read_word(out.shown)) return false;
    if (take('(')) return read_inside(out, ArgumentType::kOneOf, '(', ')');
    if (take('[')) return read_inside(out, ArgumentType::kBlock, '[', ']');
    return !take(':') || read_type(out);
  }

  constexpr bool read_inside(Argument& out, ArgumentType type, char open, char close) {
    out.type = type;
    const size_t begin = at_;
    bool quoted = false;
    for (int depth = 1; at_ < text_.size(); ++at_) {
      const char sign = peek();
      if (sign == '\'') quoted = !quoted;
      if (quoted) continue;
      depth += sign == open ? 1 : sign == close ? -1 : 0;
      if (depth > 0) continue;
      out.inside = text_.substr(begin, at_ - begin);
      ++at_;
      return !out.inside.empty();
    }
    return false;
  }

  constexpr bool read_type(Argument& out) {
    switch (peek()) {
      case 'i': out.type = ArgumentType::kInteger; break;
      case 'd': out.type = ArgumentType::kDouble; break;
      case 't': out.type = ArgumentType::kUnixTime; break;
      case 'p': out.type = ArgumentType::kPattern; break;
      case 'k': out.type = ArgumentType::kKey; break;
      default: return false;
    }
    ++at_;
    if (!is_digit(peek())) return true;
    out.key_spec = static_cast<int8_t>(peek() - '0');
    ++at_;
    return true;
  }

  constexpr bool read_version(std::string_view& out) {
    const size_t begin = at_;
    while (is_digit(peek()) || peek() == '.') ++at_;
    out = text_.substr(begin, at_ - begin);
    return !out.empty();
  }
  constexpr bool read_when(Argument& out) {
    if (take('@') && !read_version(out.since)) return false;
    return !take('!') || read_version(out.deprecated_since);
  }

  constexpr bool read_summary(Argument& out) {
    if (!take('{')) return true;
    const size_t end = text_.find('}', at_);
    if (end == std::string_view::npos || end == at_) return false;
    out.summary = text_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }

  constexpr void read_how_often(Argument& out) {
    out.optional = take('?');
    out.multiple_token = take('+');
    out.multiple = out.multiple_token || take('*');
  }

  std::string_view text_;
  size_t at_ = 0;
  char separator_;
  bool failed_ = false;
};

// Whether all levels can be read.
constexpr bool is_syntax(ArgumentReader reader) {
  Argument argument;
  while (reader.next(argument)) {
    if (argument.nests() && !is_syntax(ArgumentReader(argument))) return false;
  }
  return !reader.failed();
}
constexpr bool is_syntax(std::string_view text) { return is_syntax(ArgumentReader(text)); }

constexpr uint32_t count_arguments(ArgumentReader reader) {
  uint32_t count = 0;
  for (Argument argument; reader.next(argument);) ++count;
  return count;
}

}  // namespace command
