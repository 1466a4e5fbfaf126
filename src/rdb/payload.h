// Payload: a value by itself, as DUMP gives and RESTORE takes it.
//
//   payload := value version:16 crc64:64     little endian; the checksum covers all before it
//
// Source   tests/transcripts/dump; Redis 8.0's version is read, too, though Valkey 9.1.2 refuses it (COMPATIBILITY.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rdb {

struct Payload {
  std::string_view value;
  uint16_t version = 0;
};

// Adds the version and the checksum.
void seal_payload(std::string& value, uint16_t version);
// Nothing if the checksum is wrong or the version is none that may be read; `any_version`: one from the future may.
std::optional<Payload> open_payload(std::string_view bytes, bool any_version);

}  // namespace rdb
