// Whether two replies to one command say the same.
#pragma once

#include <string_view>

#include "value.h"

namespace differential {

// By the command's rule in policy.h. Errors are always compared word for word.
bool same_reply(std::string_view command_name, const Value& ours, const Value& reference);

// The same elements, in whatever order. Maps by pairs.
bool same_elements(const Value& ours, const Value& reference);

}  // namespace differential
