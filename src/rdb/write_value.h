// Writes one value as RDB has it: its type, then what follows behind the key in a file, or at the front of a DUMP.
//
// Shape    a small collection is its listpack or intset as it lies in memory; a large one its elements in turn.
// Cost     O(bytes of the value); texts are compressed where it pays.
// Threads  under the lock of the value's key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/format.h"
#include "values/collection.h"

namespace rdb {

struct WriteOptions {
  uint16_t version = kVersion;  // what the reader knows: older forms are written for an older one
  bool compress = true;
  std::optional<std::string_view> key;  // written between the type and the rest, as in a file
};

void write_text_value(std::string& out, std::string_view text, const WriteOptions& options);
// REQUIRES: options.version >= needed_version(collection)
void write_collection(std::string& out, const values::Collection& collection, const WriteOptions& options);

// The least version whose readers lose nothing of the value (lossless) or can hold its elements at all (needed). For a
// lossless one, types that readers since version 10 know count as known.
uint16_t lossless_version(const values::Collection& collection);
uint16_t needed_version(const values::Collection& collection);

}  // namespace rdb
