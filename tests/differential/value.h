// A RESP value as a tree, and the scan that finds where one ends without building it.
//
// Cost: the scan is what runs for each reply; trees are built only for replies that are not the same bytes.
// Errors: bytes that are no RESP value end the scan with kMalformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace differential {

struct Value {
  char kind = '_';           // The type byte of RESP3; null bulks and arrays of RESP2 are '_' with text "$" or "*".
  std::string text;          // Payload of a scalar.
  std::vector<Value> items;  // Elements; of a map or attribute: key, value, key, value.

  bool is_error() const { return kind == '-' || kind == '!'; }
  bool is_aggregate() const { return kind == '*' || kind == '~' || kind == '%' || kind == '>' || kind == '|'; }
  // The value that follows `key` in a map, or in a flat array of pairs; nullptr if absent.
  const Value* find(std::string_view key) const;
};

bool operator==(const Value& left, const Value& right);

inline constexpr size_t kIncomplete = static_cast<size_t>(-1);
inline constexpr size_t kMalformed = static_cast<size_t>(-2);

// Where the value that starts at `from` ends.
size_t value_end(std::string_view buffer, size_t from);

// The tree of the value that starts at `*at`, which value_end has accepted; `*at` moves past it.
Value parse_value(std::string_view buffer, size_t* at);

// On one line, with every byte visible; long ones are cut at `limit` bytes.
std::string render(const Value& value, size_t limit = 600);
std::string quoted(std::string_view bytes);

void append_command(std::string* out, const std::vector<std::string>& arguments);

}  // namespace differential
