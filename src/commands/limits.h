// The settings up to which collections keep their small encodings, as their types take them.
#pragma once

#include "command/call.h"
#include "values/hash.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"

namespace commands {

inline values::HashLimits hash_limits(const command::Call& call) {
  return {.max_listpack_entries = static_cast<uint64_t>(call.settings().hash_max_listpack_entries),
          .max_listpack_value = static_cast<uint64_t>(call.settings().hash_max_listpack_value)};
}

inline values::ListLimits list_limits(const command::Call& call) {
  return {call.settings().list_max_listpack_size, static_cast<uint32_t>(call.settings().list_compress_depth)};
}

inline values::SetLimits set_limits(const command::Call& call) {
  const config::Settings& settings = call.settings();
  return {static_cast<uint64_t>(settings.set_max_intset_entries),
          static_cast<uint64_t>(settings.set_max_listpack_entries),
          static_cast<uint64_t>(settings.set_max_listpack_value)};
}

inline values::SortedSetLimits sorted_set_limits(const command::Call& call) {
  return {static_cast<uint64_t>(call.settings().zset_max_listpack_entries),
          static_cast<uint64_t>(call.settings().zset_max_listpack_value)};
}

}  // namespace commands
