// The names of the types, as TYPE, SCAN's TYPE option and OBJECT tell them.
#pragma once

#include <array>
#include <string_view>

#include "keyspace/entry.h"

namespace commands {

// By keyspace::Type.
constexpr std::array<std::string_view, 6> kTypeNames{"string", "list", "set", "zset", "hash", "stream"};

constexpr std::string_view type_name(keyspace::Type type) { return kTypeNames[static_cast<size_t>(type)]; }

}  // namespace commands
