// JSON texts of what a script may return: Lua values of every kind that becomes a reply, right and wrong ones.
#pragma once

#include <string>

#include "pools.h"

namespace differential {

// Maps and sets have one element at most, since Lua's tables have an order of each server's own.
std::string script_value(Pools* pools, int depth = 4);

}  // namespace differential
