// Which words of a command are keys. Locks, ACL and COMMAND GETKEYS all use this.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace command {

struct KeyWord {
  uint32_t index;  // of the word
  uint16_t flags;  // KeyFlags
};

// Appends the keys' places. Words that cannot be keys (a count that is no number, a range beyond the end) give none:
// the handler will refuse the command. Any number of words is safe.
void find_keys(const Spec& spec, std::span<const std::string_view> words, std::vector<KeyWord>& out);

}  // namespace command
