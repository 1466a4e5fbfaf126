#include "fuzz/reply_parser.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace fuzz {
namespace {

class Reader {
 public:
  Reader(std::string_view bytes, int protocol) : bytes_(bytes), protocol_(protocol) {}

  bool value(int depth) {
    constexpr int kDeepest = 32;
    std::string_view line;
    if (depth > kDeepest || !take_line(line) || line.empty()) return false;
    const char kind = line[0];
    const std::string_view rest = line.substr(1);
    const std::string_view known = protocol_ >= 3 ? "+-:$*%~>,#_(=" : "+-:$*";
    if (known.find(kind) == std::string_view::npos) return false;
    switch (kind) {
      case '+': return true;
      case '-': return !rest.empty();
      case ':': return is_integer(rest);
      case '$': return rest == "-1" ? protocol_ == 2 : bulk(rest, false);
      case '=': return bulk(rest, true);
      case '*': return rest == "-1" ? protocol_ == 2 : values(rest, 1, depth);
      case '~':
      case '>': return values(rest, 1, depth);
      case '%': return values(rest, 2, depth);
      case '#': return rest == "t" || rest == "f";
      case '_': return rest.empty();
      case '(': return is_integer(rest) || rest.size() > 18;
      default: return is_real(rest);
    }
  }
  size_t at() const { return at_; }

 private:
  // Up to CRLF; neither of the two stands alone.
  bool take_line(std::string_view& line) {
    const size_t end = bytes_.find_first_of("\r\n", at_);
    if (end == std::string_view::npos || bytes_.substr(end, 2) != "\r\n") return false;
    line = bytes_.substr(at_, end - at_);
    at_ = end + 2;
    return true;
  }
  static bool is_integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const auto digit = [](char sign) { return sign >= '0' && sign <= '9'; };
    return !text.empty() && text.size() <= 19 && std::all_of(text.begin(), text.end(), digit) &&
           (text[0] != '0' || text.size() == 1);
  }
  static bool is_real(std::string_view text) {
    const std::string copy(text);
    char* end = nullptr;
    std::strtod(copy.c_str(), &end);
    return !copy.empty() && *end == '\0';
  }
  bool count(std::string_view text, uint64_t& out) {
    if (!is_integer(text) || text[0] == '-' || text.size() > 10) return false;
    out = std::strtoull(std::string(text).c_str(), nullptr, 10);
    return true;
  }
  bool bulk(std::string_view text, bool verbatim) {
    uint64_t size = 0;
    if (!count(text, size) || bytes_.size() - at_ < size + 2 || bytes_.substr(at_ + size, 2) != "\r\n") return false;
    if (verbatim && (size < 4 || bytes_[at_ + 3] != ':')) return false;
    at_ += size + 2;
    return true;
  }
  bool values(std::string_view text, uint64_t each, int depth) {
    uint64_t left = 0;
    if (!count(text, left)) return false;
    for (left *= each; left > 0; --left) {
      if (!value(depth + 1)) return false;
    }
    return true;
  }

  std::string_view bytes_;
  int protocol_;
  size_t at_ = 0;
};

}  // namespace

size_t reply_length(std::string_view bytes, int protocol) {
  Reader reader(bytes, protocol);
  return reader.value(0) ? reader.at() : 0;
}

}  // namespace fuzz
