// The first line of a script or library: "#!lua flags=no-writes,allow-oom", with "name=..." for a library.
//
// Source  valkey-server 9.1.2; tests/transcripts/scripting pins the errors' texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace scripting {

enum ScriptFlags : uint32_t {
  kNoWrites = 1U << 0,
  kAllowOom = 1U << 1,
  kAllowStale = 1U << 2,
  kNoCluster = 1U << 3,
  kAllowCrossSlotKeys = 1U << 4,
};

struct Shebang {
  bool present = false;
  uint32_t flags = 0;
  size_t end = 0;  // where the rest begins: at the line's end
};

// In the order in which they are told.
inline constexpr struct {
  std::string_view name;
  uint32_t flag;
} kScriptFlags[] = {{"no-writes", kNoWrites},
                    {"allow-oom", kAllowOom},
                    {"allow-stale", kAllowStale},
                    {"no-cluster", kNoCluster},
                    {"allow-cross-slot-keys", kAllowCrossSlotKeys}};

// The flag of this name, or 0.
uint32_t script_flag(std::string_view name);

// Of a script for EVAL. Failure: the error's text.
base::Result<Shebang, base::Failure> read_shebang(std::string_view text);

// Letters, digits and underscores, and at least one: what libraries and functions may be called.
bool is_library_word(std::string_view name);
constexpr std::string_view kLibraryWords =
    " names can only contain letters, numbers, or underscores(_) and must be at least one character long";

// Of a library.
struct LibraryHead {
  std::string name;
  size_t end = 0;  // where the rest begins: at the line's end
};
base::Result<LibraryHead, base::Failure> read_library_head(std::string_view code);

}  // namespace scripting
