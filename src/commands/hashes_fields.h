// The block "FIELDS numfields field ..." with which the commands about the expiry of fields end, and the times before
// it. Nothing may follow the block.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "command/call.h"

namespace commands {

constexpr command::Error kFieldCountMismatch{
    "ERR numfields should be greater than 0 and match the provided number of fields"};

// Where the word FIELDS stands, from `first` on, with at least one word behind it; 0: nowhere.
size_t find_fields_word(command::Call& call, size_t first);

// The words behind "FIELDS numfields". Fails as Valkey does: no integer, then (with `mismatch`) a number that is
// not that of the groups of `stride` words that follow; then the reply is written.
std::optional<std::span<const std::string_view>> read_fields(command::Call& call, size_t fields_at,
                                                             command::Error mismatch, size_t stride = 1);

enum class TimeForm : uint8_t { kSeconds, kMilliseconds, kUntilSeconds, kUntilMilliseconds };

// The Unix time in ms that a word means; 0 is a time like any other. Nothing: the reply says what is wrong.
std::optional<int64_t> read_field_expiry(command::Call& call, std::string_view word, TimeForm form);

// True if fields with this expiry are to be deleted at once.
inline bool is_past_for_fields(command::Call& call, int64_t expiry_ms) {
  return expiry_ms <= call.now_ms() && call.db().unit().expires;
}

}  // namespace commands
