#include "lua/json_lexer.h"

#include <strings.h>
#include <cstdint>
#include <cstdlib>

namespace lua::json {
namespace {

using Type = Token::Type;

Token error_at(size_t at, std::string_view reason) { return {Type::kError, at, reason}; }

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

// Whether a number that begins here is none that JSON knows. `at` ends with a NUL.
bool is_invalid_number(const char* at) {
  if (*at == '+') return true;
  if (*at == '-') ++at;
  if (*at == '0') return (at[1] | 0x20) == 'x' || is_digit(at[1]);
  if (*at <= '9') return false;
  return strncasecmp(at, "inf", 3) == 0 || strncasecmp(at, "nan", 3) == 0;
}

// Numbers of up to 15 digits without point or exponent, which are exact; 0 bytes if it is no such number.
size_t parse_short_integer(const char* begin, double& number) {
  constexpr size_t kExactDigits = 15;
  const char* at = *begin == '-' ? begin + 1 : begin;
  const char* digits = at;
  int64_t value = 0;
  while (is_digit(*at) && static_cast<size_t>(at - digits) < kExactDigits) value = value * 10 + (*at++ - '0');
  const bool longer = is_digit(*at) || *at == '.' || (*at | 0x20) == 'e' || (*at | 0x20) == 'x';
  if (at == digits || longer) return 0;
  number = *begin == '-' ? -static_cast<double>(value) : static_cast<double>(value);
  return static_cast<size_t>(at - begin);
}

char unescaped(char byte) {
  switch (byte) {
    case '"':
    case '\\':
    case '/': return byte;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

void append_utf8(Buffer& out, unsigned code) {
  const auto tail = [&](unsigned shift) { out.append(static_cast<char>(0x80 | ((code >> shift) & 0x3F))); };
  if (code < 0x80) {
    out.append(static_cast<char>(code));
  } else if (code < 0x800) {
    out.append(static_cast<char>(0xC0 | (code >> 6)));
    tail(0);
  } else if (code < 0x10000) {
    out.append(static_cast<char>(0xE0 | (code >> 12)));
    tail(6);
    tail(0);
  } else {
    out.append(static_cast<char>(0xF0 | (code >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

const char* token_name(const Token& token) {
  switch (token.type) {
    case Type::kObjectBegin: return "T_OBJ_BEGIN";
    case Type::kObjectEnd: return "T_OBJ_END";
    case Type::kArrayBegin: return "T_ARR_BEGIN";
    case Type::kArrayEnd: return "T_ARR_END";
    case Type::kString: return "T_STRING";
    case Type::kNumber: return "T_NUMBER";
    case Type::kBoolean: return "T_BOOLEAN";
    case Type::kNull: return "T_NULL";
    case Type::kColon: return "T_COLON";
    case Type::kComma: return "T_COMMA";
    case Type::kEnd: return "T_END";
    case Type::kError: break;
  }
  return token.text.data();  // the reasons are literals
}

Token Lexer::next() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  const size_t begin = at_;
  if (begin == text_.size()) return {Type::kEnd, begin, {}};
  const auto single = [&](Type type) {
    ++at_;
    return Token{type, begin, {}};
  };
  switch (text_[begin]) {
    case '{': return single(Type::kObjectBegin);
    case '}': return single(Type::kObjectEnd);
    case '[': return single(Type::kArrayBegin);
    case ']': return single(Type::kArrayEnd);
    case ':': return single(Type::kColon);
    case ',': return single(Type::kComma);
    case '\0': return {Type::kEnd, begin, {}};
    case '"': return string(begin);
    default: return word(begin);
  }
}

Token Lexer::word(size_t begin) {
  const std::string_view rest = text_.substr(begin);
  const char first = rest[0];
  const auto literal = [&](Type type, size_t bytes, bool boolean) {
    at_ += bytes;
    return Token{.type = type, .at = begin, .text = {}, .boolean = boolean};
  };
  if (rest.starts_with("true")) return literal(Type::kBoolean, 4, true);
  if (rest.starts_with("false")) return literal(Type::kBoolean, 5, false);
  if (rest.starts_with("null")) return literal(Type::kNull, 4, false);
  const bool may_be_invalid = settings_.decode_invalid_numbers == InvalidNumbers::kAllow;
  if (first == '-' || is_digit(first)) {
    if (!may_be_invalid && is_invalid_number(rest.data())) return error_at(begin, "invalid number");
    return number(begin);
  }
  const bool like_a_number = first == '+' || (first | 0x20) == 'i' || (first | 0x20) == 'n';
  if (may_be_invalid && like_a_number && is_invalid_number(rest.data())) return number(begin);
  return error_at(begin, "invalid token");
}

Token Lexer::number(size_t begin) {
  const char* text = text_.data() + begin;
  Token token{Type::kNumber, begin, {}};
  size_t bytes = parse_short_integer(text, token.number);
  if (bytes == 0) {
    char* end = nullptr;
    token.number = std::strtod(text, &end);
    bytes = static_cast<size_t>(end - text);
  }
  // What strtod skips before a number is none of JSON's, but a sign and digits stand at its place.
  if (bytes == 0) return error_at(begin, "invalid number");
  at_ += bytes;
  return token;
}

// Where the next byte is that has a meaning in strings; the NUL behind the text is one. Decoding texts of 16 kB
// takes 2.3 times as long with find_first_of, which searches the set for each byte.
size_t Lexer::string_stop(size_t at) const {
  const char* byte = text_.data() + at;
  while (*byte != '"' && *byte != '\\' && *byte != '\0') ++byte;
  return static_cast<size_t>(byte - text_.data());
}

Token Lexer::string(size_t begin) {
  const size_t from = begin + 1;
  const size_t stop = string_stop(from);
  const char byte = text_.data()[stop];  // the NUL behind the text is none of text_'s
  if (byte == '\0') return error_at(stop, "unexpected end of string");
  if (byte == '\\') return escaped_string(begin);
  at_ = stop + 1;
  return {Type::kString, begin, text_.substr(from, stop - from)};
}

Token Lexer::escaped_string(size_t begin) {
  scratch_.cut(0);
  at_ = begin + 1;
  while (true) {
    const size_t stop = string_stop(at_);
    if (text_.data()[stop] == '\0') return error_at(stop, "unexpected end of string");
    scratch_.append(text_.substr(at_, stop - at_));
    at_ = stop + 1;
    if (text_[stop] == '"') return {Type::kString, begin, scratch_.view()};
    const char escape = text_.data()[at_];
    if (escape == 'u') {
      if (!unicode_escape()) return error_at(stop, "invalid unicode escape code");
    } else {
      const char byte = unescaped(escape);
      if (byte == 0) return error_at(stop, "invalid escape code");
      scratch_.append(byte);
      ++at_;
    }
  }
}

// The four hexadecimal digits at `at`, or -1.
int Lexer::hexadecimal(size_t at) const {
  if (text_.size() < 4 || at > text_.size() - 4) return -1;
  int value = 0;
  for (const char byte : text_.substr(at, 4)) {
    const int lower = byte | 0x20;
    if (!is_digit(byte) && (lower < 'a' || lower > 'f')) return -1;
    value = value * 16 + (is_digit(byte) ? byte - '0' : lower - 'a' + 10);
  }
  return value;
}

// Appends what the escape at the 'u' stands for; two that form a surrogate pair are one character.
bool Lexer::unicode_escape() {
  const int first = hexadecimal(at_ + 1);
  if (first < 0) return false;
  at_ += 5;
  auto code = static_cast<unsigned>(first);
  if ((code & 0xF800) == 0xD800) {
    if (code >= 0xDC00 || text_.substr(at_, 2) != "\\u") return false;
    const int second = hexadecimal(at_ + 2);
    if (second < 0 || (second & 0xFC00) != 0xDC00) return false;
    at_ += 6;
    code = 0x10000 + ((code & 0x3FF) << 10 | (static_cast<unsigned>(second) & 0x3FF));
  }
  append_utf8(scratch_, code);
  return true;
}

}  // namespace lua::json
