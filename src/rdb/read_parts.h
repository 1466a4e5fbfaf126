// The parts of read_value(): one function a type of value, and what they share.
#pragma once

#include <optional>

#include "rdb/owned.h"
#include "rdb/read_value.h"

namespace rdb {

ReadValue read_list(Input& input, ValueType type, const Limits& limits);
ReadValue read_set(Input& input, ValueType type, const Limits& limits);
ReadValue read_hash(Input& input, ValueType type, const Limits& limits);
ReadValue read_sorted_set(Input& input, ValueType type, const Limits& limits);
ReadValue read_stream(Input& input, ValueType type);

// A copy of a listpack that is whole in every entry; nothing otherwise.
std::optional<Owned<structures::Listpack>> read_listpack(Input& input);
// A ziplist's elements as a listpack.
std::optional<Owned<structures::Listpack>> read_ziplist(Input& input);

// Whether the first entries of all groups of `stride` entries are different texts. REQUIRES: whole groups
bool are_distinct(structures::ListpackView pack, uint32_t stride);

}  // namespace rdb
