// What DUMP and MIGRATE share: the bytes of a key's value.
#pragma once

#include <string>

#include "keyspace/entry.h"
#include "rdb/write_value.h"

namespace commands {

// Appends the value as RDB has it, without the footer of a payload.
void write_entry(const keyspace::Entry& entry, const rdb::WriteOptions& options, std::string& out);

}  // namespace commands
