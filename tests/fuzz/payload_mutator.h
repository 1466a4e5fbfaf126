// Mutates a value as RDB has it by its structure: numbers, texts and ids are exchanged, doubled and dropped as wholes,
// and what lies in a text (listpack, ziplist, intset, zipmap) is changed within, with its lengths right or wrong.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace fuzz {

// `bytes` are a type and its content, perhaps damaged already.
std::string mutate_value(std::string_view bytes, base::Random& random);

}  // namespace fuzz
