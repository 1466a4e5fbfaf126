// Row: what a setting is. The table (table.h) has one for each.
//
// A row points to its member in Settings, by a pointer to member of the right type, so that a row that does not fit
// its member does not compile.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/choices.h"
#include "config/settings.h"

namespace config {

using Outcome = base::Result<base::Done, base::Failure>;
using Arguments = std::span<const std::string_view>;

// Where a value comes from. A few settings add up at start (`save`, line by line) and replace at run time.
enum class Source { kStart, kRunning };

// yes or no.
struct Switch {
  bool Settings::*at;
  bool preset;
};

// A decimal number within bounds, both inclusive.
struct Integer {
  int64_t Settings::*at;
  int64_t preset, min, max;
};

// The same in base 8 (file modes).
struct Octal {
  int64_t Settings::*at;
  int64_t preset, min, max;
};

// Bytes, with units (1kb is 1024, 1k is 1000). A minimum below zero admits plain negative numbers.
struct Memory {
  int64_t Settings::*at;
  int64_t preset, min, max;
};

// One word of a list; see choices.h.
struct Choice {
  size_t (*read)(const Settings&);
  void (*write)(Settings&, size_t);
  std::span<const std::string_view> words;
  size_t preset;
};

// Any bytes that `check` (if there is one) finds nothing wrong with; its answer is the error text.
struct Text {
  std::string Settings::*at;
  std::string_view preset;
  std::string_view (*check)(std::string_view) = nullptr;
};

// A setting with a form of its own (special.h). `preset` is what CONFIG GET shows by default.
struct Special {
  std::string (*read)(const Settings&);
  Outcome (*write)(Settings&, Arguments, Source);
  std::string_view preset;
  // The values for the lines of CONFIG REWRITE, if they are not simply the one value of read().
  std::vector<std::string> (*lines)(const Settings&) = nullptr;
};

using Kind = std::variant<Switch, Integer, Octal, Memory, Choice, Text, Special>;

// A Choice over the enumeration of member `At`.
template <auto At, typename Enum>
constexpr Choice choice(Enum preset) {
  return {[](const Settings& settings) { return static_cast<size_t>(settings.*At); },
          [](Settings& settings, size_t index) { settings.*At = static_cast<Enum>(index); },
          {words_of<Enum>.data(), words_of<Enum>.size()},
          static_cast<size_t>(preset)};
}

enum RowFlags : uint16_t {
  kImmutable = 1u << 0,    // only at start
  kHidden = 1u << 1,       // no pattern finds it, only its name
  kProtected = 1u << 2,    // CONFIG SET only as far as enable-protected-configs lets it
  kSensitive = 1u << 3,    // logs show (redacted)
  kDenyLoading = 1u << 4,  // not to be set while the data set is being loaded
  kMultiArg = 1u << 5,     // takes several words; CONFIG SET splits its value at each space
  kSigrunOnly = 1u << 6,   // unknown to the reference
};

struct Row {
  std::string_view name;
  std::string_view alias;  // an older name, or empty
  Kind kind;
  uint16_t flags;
  std::string_view documentation;

  constexpr bool has(RowFlags flag) const { return (flags & flag) != 0; }
};

}  // namespace config
