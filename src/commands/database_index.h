// A database's number as an argument of COPY and MOVE.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/numbers.h"
#include "command/call.h"

namespace commands {

constexpr base::Error kNotA32BitInteger{"ERR value is out of range, value must between -2147483648 and 2147483647"};

inline base::Result<uint32_t> database_index(command::Call& call, std::string_view word) {
  const auto value = base::parse_int64(word);
  if (!value) return command::kNotAnInteger;
  if (*value < std::numeric_limits<int32_t>::min() || *value > std::numeric_limits<int32_t>::max())
    return kNotA32BitInteger;
  if (*value < 0 || *value >= call.db().unit().keyspace.database_count()) return command::kDatabaseOutOfRange;
  return static_cast<uint32_t>(*value);
}

}  // namespace commands
