#include "config/value.h"

#include <algorithm>

#include "base/check.h"
#include "config/parse.h"

namespace config {
namespace {

std::string octal_text(int64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + value % 8));
    value /= 8;
  } while (value > 0);
  return digits;
}

// One overload a kind: how it reads, how it parses, what its default is.

std::string read(const Settings& settings, const Switch& kind) { return settings.*kind.at ? "yes" : "no"; }
std::string read(const Settings& settings, const Integer& kind) { return std::to_string(settings.*kind.at); }
std::string read(const Settings& settings, const Octal& kind) { return octal_text(settings.*kind.at); }
std::string read(const Settings& settings, const Memory& kind) { return std::to_string(settings.*kind.at); }
std::string read(const Settings& settings, const Choice& kind) { return std::string(kind.words[kind.read(settings)]); }
std::string read(const Settings& settings, const Text& kind) { return settings.*kind.at; }
std::string read(const Settings& settings, const Special& kind) { return kind.read(settings); }

Outcome write(Settings& settings, const Switch& kind, std::string_view text) {
  const bool is_yes = equal_ignoring_case(text, "yes");
  if (!is_yes && !equal_ignoring_case(text, "no")) return wrong("argument must be 'yes' or 'no'");
  settings.*kind.at = is_yes;
  return base::Done{};
}

Outcome write(Settings& settings, const Integer& kind, std::string_view text) {
  const auto value = parse_bounded(text, kind.min, kind.max);
  if (!value) return value.error();
  settings.*kind.at = *value;
  return base::Done{};
}

Outcome write(Settings& settings, const Octal& kind, std::string_view text) {
  constexpr size_t kDigitsMax = 20;  // far beyond any bound, and short of an overflow
  const bool is_negative = !text.empty() && text[0] == '-';
  const std::string_view digits = text.substr(is_negative ? 1 : 0);
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  if (!std::all_of(digits.begin(), digits.end(), is_octal) || digits.size() > kDigitsMax) {
    return wrong("argument couldn't be parsed as an octal number");
  }
  int64_t value = 0;
  for (const char c : digits) value = value * 8 + (c - '0');
  if (is_negative) value = -value;
  if (value < kind.min || value > kind.max) {
    return base::Failure("argument must be between " + octal_text(kind.min) + " and " + octal_text(kind.max) +
                         " inclusive");
  }
  settings.*kind.at = value;
  return base::Done{};
}

Outcome write(Settings& settings, const Memory& kind, std::string_view text) {
  const auto value = parse_bounded_memory(text, kind.min, kind.max);
  if (!value) return value.error();
  settings.*kind.at = *value;
  return base::Done{};
}

Outcome write(Settings& settings, const Choice& kind, std::string_view text) {
  for (size_t i = 0; i < kind.words.size(); ++i) {
    if (!equal_ignoring_case(kind.words[i], text)) continue;
    kind.write(settings, i);
    return base::Done{};
  }
  return not_one_of(kind.words);
}

Outcome write(Settings& settings, const Text& kind, std::string_view text) {
  if (kind.check != nullptr) {
    const std::string_view complaint = kind.check(text);
    if (!complaint.empty()) return wrong(complaint);
  }
  settings.*kind.at = text;
  return base::Done{};
}

// Every kind but Special takes exactly one word, which set() has made sure of.
template <typename Kind>
Outcome write(Settings& settings, const Kind& kind, Arguments arguments, Source) {
  return write(settings, kind, arguments[0]);
}
Outcome write(Settings& settings, const Special& kind, Arguments arguments, Source source) {
  return kind.write(settings, arguments, source);
}

void preset(Settings& settings, const Switch& kind) { settings.*kind.at = kind.preset; }
void preset(Settings& settings, const Integer& kind) { settings.*kind.at = kind.preset; }
void preset(Settings& settings, const Octal& kind) { settings.*kind.at = kind.preset; }
void preset(Settings& settings, const Memory& kind) { settings.*kind.at = kind.preset; }
void preset(Settings& settings, const Choice& kind) { kind.write(settings, kind.preset); }
void preset(Settings& settings, const Text& kind) { settings.*kind.at = kind.preset; }

void preset(Settings& settings, const Special& kind) {
  if (kind.preset.empty()) return;  // the member's own zero state
  const Outcome outcome = kind.write(settings, split_at_spaces(kind.preset), Source::kRunning);
  CHECK(outcome.has_value());
}

}  // namespace

std::vector<std::string_view> split_at_spaces(std::string_view text) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  size_t begin = 0;
  for (size_t end = text.find(' '); end != text.npos; end = text.find(' ', begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string get(const Settings& settings, const Row& row) {
  return std::visit([&](const auto& kind) { return read(settings, kind); }, row.kind);
}

Outcome set(Settings& settings, const Row& row, Arguments arguments, Source source) {
  if (!row.has(kMultiArg) && arguments.size() != 1) return wrong(kWrongCount);
  return std::visit([&](const auto& kind) { return write(settings, kind, arguments, source); }, row.kind);
}

void reset(Settings& settings, const Row& row) {
  std::visit([&](const auto& kind) { preset(settings, kind); }, row.kind);
}

}  // namespace config
