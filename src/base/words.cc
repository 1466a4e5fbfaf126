#include "base/words.h"

namespace base {
namespace {

bool is_separator(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

// Both take what follows the opening quote at `at`, add it to `word`, and leave `at` behind the closing one.
bool take_double_quoted(std::string_view line, size_t& at, std::string& word) {
  while (at < line.size()) {
    const size_t left = line.size() - at;
    if (line[at] == '\\' && left >= 3) {
      if (line[at + 1] == 'x' && left >= 4 && hex_digit(line[at + 2]) >= 0 && hex_digit(line[at + 3]) >= 0) {
        word.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
        at += 4;
      } else {
        word.push_back(unescape(line[at + 1]));
        at += 2;
      }
    } else if (line[at] == '"') {
      ++at;
      return true;
    } else {
      word.push_back(line[at++]);
    }
  }
  return false;
}

bool take_single_quoted(std::string_view line, size_t& at, std::string& word) {
  while (at < line.size()) {
    if (line[at] == '\\' && line.size() - at >= 3 && line[at + 1] == '\'') {
      word.push_back('\'');
      at += 2;
    } else if (line[at] == '\'') {
      ++at;
      return true;
    } else {
      word.push_back(line[at++]);
    }
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  size_t at = 0;
  while (true) {
    while (at < line.size() && is_separator(line[at])) ++at;
    if (at == line.size()) return words;
    std::string& word = words.emplace_back();
    while (at < line.size() && !is_separator(line[at])) {
      const char c = line[at++];
      if (c == '"') {
        if (!take_double_quoted(line, at, word)) return std::nullopt;
      } else if (c == '\'') {
        if (!take_single_quoted(line, at, word)) return std::nullopt;
      } else {
        word.push_back(c);
      }
    }
  }
}

std::string quote_word(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '\\':
      case '"':
        out += '\\';
        out += c;
        break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          out += c;
        } else {
          const auto byte = static_cast<unsigned char>(c);
          out += "\\x";
          out += kHex[byte >> 4];
          out += kHex[byte & 15];
        }
    }
  }
  out += '"';
  return out;
}

}  // namespace base
