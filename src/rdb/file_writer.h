// The parts of an RDB file, appended to a string in their order: header, notes, libraries, databases with their keys,
// end.
//
//   file     := header note* function* (database sizes? entry*)* end
//   header   := "REDIS" version:4 digits, below 80 | "VALKEY" version:3 digits
//   entry    := expiry? idle? type key value
//   end      := 255 crc64:64          over all before; 0: none was made
//
// Threads  none of their own; write_entry() under the lock of the key.
// Source   what valkey-server 9.1.2 and redis-server 7.0.15 write and read: tests/rdb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/write_value.h"

namespace rdb {

void write_header(std::string& out, uint16_t version);
void write_note(std::string& out, std::string_view name, std::string_view value);
void write_library(std::string& out, std::string_view code);
void write_database(std::string& out, uint64_t number);
// Hints of how many keys follow, and how many of those expire.
void write_sizes(std::string& out, uint64_t keys, uint64_t expiring);

// What stands before a key's value.
struct EntryHead {
  std::string_view key;
  int64_t expiry_ms = -1;                // -1: none
  std::optional<uint64_t> idle_seconds;  // where keys are evicted by their last use
  std::optional<uint8_t> frequency;      // where by how often
};
void write_text_entry(std::string& out, const EntryHead& head, std::string_view text, WriteOptions options);
// REQUIRES: as for write_collection()
void write_collection_entry(std::string& out, const EntryHead& head, const values::Collection& collection,
                            WriteOptions options);

void write_end(std::string& out);  // without the checksum
void write_checksum(std::string& out, uint64_t crc);

}  // namespace rdb
