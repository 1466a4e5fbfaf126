#include "base/glob.h"

#include <cstddef>
#include <utility>

namespace base {
namespace {

constexpr size_t kStarsMax = 1000;
constexpr size_t kStepsFree = size_t{1} << 20;
constexpr size_t kStepsPerByte = 64;

// ASCII only, whatever the locale; signed, because ranges compare signed bytes.
constexpr signed char lower(signed char c) { return c >= 'A' && c <= 'Z' ? static_cast<signed char>(c + 32) : c; }

constexpr bool same(char a, char b, bool nocase) {
  if (a == b) return true;
  return nocase && lower(static_cast<signed char>(a)) == lower(static_cast<signed char>(b));
}

// What one element of a pattern (anything but a star) says of one byte.
struct Verdict {
  bool matches;
  size_t next;  // index of the element after it
};

bool in_range(char from, char to, char byte, bool nocase) {
  auto low = static_cast<signed char>(from);
  auto high = static_cast<signed char>(to);
  auto c = static_cast<signed char>(byte);
  // The ends are put in order before the case is folded, so [a-Z] and [Z-a] fold to an empty range.
  if (low > high) std::swap(low, high);
  if (nocase) {
    low = lower(low);
    high = lower(high);
    c = lower(c);
  }
  return c >= low && c <= high;
}

// `at` is the index after the bracket.
Verdict match_set(std::string_view pattern, size_t at, char byte, bool nocase) {
  const size_t size = pattern.size();
  const bool negated = at < size && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < size && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < size) {
      found |= pattern[at + 1] == byte;
      at += 2;
    } else if (at + 2 < size && pattern[at + 1] == '-') {
      found |= in_range(pattern[at], pattern[at + 2], byte, nocase);
      at += 3;
    } else {
      found |= same(pattern[at], byte, nocase);
      at += 1;
    }
  }
  return {found != negated, at < size ? at + 1 : size};
}

Verdict match_element(std::string_view pattern, size_t at, char byte, bool nocase) {
  switch (pattern[at]) {
    case '?': return {true, at + 1};
    case '[': return match_set(pattern, at + 1, byte, nocase);
    case '\\':
      if (at + 1 < pattern.size()) ++at;  // the last byte stands for itself
      [[fallthrough]];
    default: return {same(pattern[at], byte, nocase), at + 1};
  }
}

size_t skip_stars(std::string_view pattern, size_t at) {
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at;
}

}  // namespace

// Every element but the star takes exactly one byte. So once the part between two stars has matched at its first
// possible place, a later place can not help the rest: only the last star ever needs to take more.
bool glob_match(std::string_view pattern, std::string_view text, bool nocase) {
  if (text.empty()) return pattern.empty();
  constexpr size_t kNone = std::string_view::npos;
  size_t p = 0;
  size_t t = 0;
  size_t after_star = kNone;  // index in the pattern after the last star, and the text it was last tried at
  size_t tried = 0;
  size_t stars = 0;
  size_t steps = kStepsFree + kStepsPerByte * text.size();

  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      p = skip_stars(pattern, p);
      if (p == pattern.size()) return true;
      if (++stars > kStarsMax) return false;
      after_star = p;
      tried = t;
      continue;
    }
    if (p < pattern.size()) {
      const Verdict verdict = match_element(pattern, p, text[t], nocase);
      // A long set is as much work as many elements.
      const size_t work = verdict.next - p;
      if (work > steps) return false;
      steps -= work;
      if (verdict.matches) {
        p = verdict.next;
        ++t;
        continue;
      }
    }
    if (after_star == kNone) return false;
    p = after_star;
    t = ++tried;
  }
  return skip_stars(pattern, p) == pattern.size();
}

bool glob_is_literal(std::string_view pattern) { return pattern.find_first_of("*?[\\") == std::string_view::npos; }

}  // namespace base
