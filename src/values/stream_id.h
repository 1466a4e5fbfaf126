// StreamId: the 128-bit number of a stream's entry, written "milliseconds-sequence".
//
// Source   valkey-server 9.1.2, probed; tests/unit/values/stream_id_test.cc pins what is accepted.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace values {

struct StreamId {
  uint64_t ms = 0;
  uint64_t sequence = 0;

  static constexpr StreamId least() { return {0, 0}; }
  static constexpr StreamId greatest() { return {UINT64_MAX, UINT64_MAX}; }
  constexpr auto operator<=>(const StreamId&) const = default;

  constexpr bool is_zero() const { return ms == 0 && sequence == 0; }
  // The ids beside it; none beyond the greatest and the least.
  constexpr std::optional<StreamId> next() const {
    if (*this == greatest()) return std::nullopt;
    return sequence == UINT64_MAX ? StreamId{ms + 1, 0} : StreamId{ms, sequence + 1};
  }
  constexpr std::optional<StreamId> previous() const {
    if (is_zero()) return std::nullopt;
    return sequence == 0 ? StreamId{ms - 1, UINT64_MAX} : StreamId{ms, sequence - 1};
  }
};

// "5-3", or "5" with the sequence that is passed for what is missing.
std::optional<StreamId> parse_stream_id(std::string_view text, uint64_t missing_sequence);

// The id of a new entry: "*" (nothing given), "5-*" (only the milliseconds) or an id in full.
struct NewStreamId {
  StreamId id;
  bool has_ms = false;
  bool has_sequence = false;
};
std::optional<NewStreamId> parse_new_stream_id(std::string_view text);

inline constexpr size_t kStreamIdChars = 41;
using StreamIdBuffer = char[kStreamIdChars];
std::string_view format_stream_id(StreamId id, StreamIdBuffer& buffer);

}  // namespace values
