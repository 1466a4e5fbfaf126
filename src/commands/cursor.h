// SCAN's cursor: the top 53 bits of the hash at which the walk goes on. 0 begins and ends it.
//
// It stays below 2^53 for clients that read it as a double, and means the same for any number of shards.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace commands {

constexpr int kCursorShift = 11;

// Any unsigned integer as strtoull reads it (" 7", "+7", "007"), but no negative one that fits 64 bits.
std::optional<uint64_t> parse_cursor(std::string_view word);

constexpr uint64_t hash_of_cursor(uint64_t cursor) { return cursor << kCursorShift; }
constexpr uint64_t cursor_of_hash(uint64_t hash) { return hash >> kCursorShift; }

}  // namespace commands
