// Fuzzes the glob matcher and the splitter of words.
//
// Input    the first byte says which: even, a pattern and a text parted by NUL; odd, a line.
//
// The glob matcher is compared with a plain dynamic program over (pattern item, place in the text), which has no
// backtracking and no step limit; the comparison is left out where the limit could have been reached.
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/glob.h"
#include "base/words.h"

namespace {

char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; }

// One item of a pattern: a star, or what one byte must be.
struct Item {
  bool star = false;
  bool any = false;
  bool negated = false;
  std::vector<std::pair<char, char>> ranges;  // low, high; as signed bytes

  bool takes(char byte, bool nocase) const {
    if (any) return true;
    bool in = false;
    for (auto [low, high] : ranges) {
      if (nocase && low != high) byte = lower(byte);
      const char seen = nocase ? lower(byte) : byte;
      in = in || (static_cast<signed char>(seen) >= static_cast<signed char>(low) &&
                  static_cast<signed char>(seen) <= static_cast<signed char>(high));
    }
    return in != negated;
  }
};

// Patterns with sets have quirks that the unit tests pin against the reference; here they only must not crash.
bool parse_simple(std::string_view pattern, bool nocase, std::vector<Item>& items) {
  for (size_t at = 0; at < pattern.size(); ++at) {
    Item item;
    char byte = pattern[at];
    if (byte == '[') return false;
    if (byte == '*') {
      if (!items.empty() && items.back().star) continue;
      item.star = true;
    } else if (byte == '?') {
      item.any = true;
    } else {
      if (byte == '\\' && at + 1 < pattern.size()) byte = pattern[++at];
      if (nocase) byte = lower(byte);
      item.ranges.emplace_back(byte, byte);
    }
    items.push_back(item);
  }
  return true;
}

bool matches(const std::vector<Item>& items, std::string_view text, bool nocase) {
  std::vector<bool> reached(text.size() + 1, false);  // reached[n]: the items so far match the first n bytes
  reached[0] = true;
  for (const Item& item : items) {
    std::vector<bool> next(text.size() + 1, false);
    for (size_t at = 0; at <= text.size(); ++at) {
      if (item.star) {
        next[at] = reached[at] || (at > 0 && next[at - 1]);
      } else {
        next[at] = at > 0 && reached[at - 1] && item.takes(text[at - 1], nocase);
      }
    }
    reached.swap(next);
  }
  return reached[text.size()];
}

void check_glob(std::string_view input) {
  const size_t middle = std::min(input.find('\0'), input.size());
  // Copies of exactly their size: reading past the end is seen.
  const std::vector<char> pattern_bytes(input.begin(), input.begin() + static_cast<ptrdiff_t>(middle));
  const std::string_view rest = middle < input.size() ? input.substr(middle + 1) : std::string_view();
  const std::vector<char> text_bytes(rest.begin(), rest.end());
  const std::string_view pattern(pattern_bytes.data(), pattern_bytes.size());
  const std::string_view text(text_bytes.data(), text_bytes.size());
  for (const bool nocase : {false, true}) {
    const bool matched = base::glob_match(pattern, text, nocase);
    if (!nocase && base::glob_is_literal(pattern) && !text.empty()) CHECK(matched == (pattern == text));
    std::vector<Item> items;
    const bool within_limit = pattern.size() * (text.size() + 1) < (1U << 12) && pattern.size() <= 1000;
    if (text.empty() || !within_limit || !parse_simple(pattern, nocase, items)) continue;
    CHECK(matched == matches(items, text, nocase));
  }
}

void check_words(std::string_view input) {
  const std::vector<char> line_bytes(input.begin(), input.end());
  const auto words = base::split_words({line_bytes.data(), line_bytes.size()});
  if (!words) return;
  std::string again;
  for (const std::string& word : *words) {
    CHECK(word.size() <= input.size());
    const std::string quoted = base::quote_word(word);
    for (const char byte : quoted) CHECK(byte >= ' ' && byte <= '~');
    again += quoted + ' ';
  }
  const auto split_again = base::split_words(again);
  CHECK(split_again && *split_again == *words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0)
    check_glob(input);
  else
    check_words(input);
  return 0;
}
