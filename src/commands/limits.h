// The settings up to which collections keep their small encodings, as their types take them.
#pragma once

#include "command/call.h"
#include "rdb/read_value.h"
#include "values/hash.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"

namespace commands {

inline values::HashLimits hash_limits(const config::Settings& settings) {
  return {.max_listpack_entries = static_cast<uint64_t>(settings.hash_max_listpack_entries),
          .max_listpack_value = static_cast<uint64_t>(settings.hash_max_listpack_value)};
}
inline values::HashLimits hash_limits(const command::Call& call) { return hash_limits(call.settings()); }

inline values::ListLimits list_limits(const config::Settings& settings) {
  return {settings.list_max_listpack_size, static_cast<uint32_t>(settings.list_compress_depth)};
}
inline values::ListLimits list_limits(const command::Call& call) { return list_limits(call.settings()); }

inline values::SetLimits set_limits(const config::Settings& settings) {
  return {static_cast<uint64_t>(settings.set_max_intset_entries),
          static_cast<uint64_t>(settings.set_max_listpack_entries),
          static_cast<uint64_t>(settings.set_max_listpack_value)};
}
inline values::SetLimits set_limits(const command::Call& call) { return set_limits(call.settings()); }

inline values::SortedSetLimits sorted_set_limits(const config::Settings& settings) {
  return {static_cast<uint64_t>(settings.zset_max_listpack_entries),
          static_cast<uint64_t>(settings.zset_max_listpack_value)};
}
inline values::SortedSetLimits sorted_set_limits(const command::Call& call) {
  return sorted_set_limits(call.settings());
}

// For values that are read from RDB.
inline rdb::Limits value_limits(const config::Settings& settings, int64_t now_ms) {
  return {.list = list_limits(settings),
          .set = set_limits(settings),
          .sorted_set = sorted_set_limits(settings),
          .hash = hash_limits(settings),
          .now_ms = now_ms};
}

}  // namespace commands
