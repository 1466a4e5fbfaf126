// The patterns of SORT's BY and GET: "weight_*", "object_*->price", "#".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "command/call.h"

namespace commands {

// Whether BY with this pattern leaves the order as it is.
inline bool is_constant_pattern(std::string_view pattern) {
  return command::repeated(pattern).find('*') == std::string_view::npos;
}

// What the pattern says of an element: the element itself for "#"; else the string at the key that the pattern becomes
// with the element in the place of its first `*`, or, behind "->", a field of the hash there. The key's shard is locked
// when its turn comes. Nothing if there is no such value. REQUIRES: the unit holds U.
std::optional<std::string> find_by_pattern(command::Call& call, std::string_view pattern, std::string_view element);

}  // namespace commands
