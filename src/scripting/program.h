// Program: something compiled that can be run, a script of EVAL or a function.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace scripting {

// Each has an interpreter of its own, so that SCRIPT FLUSH leaves functions alone, and FUNCTION FLUSH scripts.
enum class Kind : uint8_t { kScript, kFunction };

// What errors call the text.
constexpr const char* chunk_of(Kind kind) { return kind == Kind::kScript ? "@user_script" : "@user_function"; }

struct Program {
  int function = 0;        // in its interpreter's registry
  bool has_flags = false;  // a script without a first line of flags may do what its caller may
  uint32_t flags = 0;      // ScriptFlags
  int tail_line = 1;       // of the last `return` in its text
};

// The line, of these of the text (the first is 1), on which the last `return` stands; the first if there is none.
int last_return_line(std::string_view text, int first = 1, int last = std::numeric_limits<int>::max());

}  // namespace scripting
