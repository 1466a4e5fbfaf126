// What the families of string and bitmap commands share: replies, and key specifications of one key.
#pragma once

#include "command/call.h"

namespace commands {

// The text at an entry, or nil if there is none.
inline void reply_text(command::Call& call, const keyspace::Entry* entry) {
  if (entry == nullptr) return call.reply().null();
  keyspace::TextBuffer buffer;
  call.reply().bulk(entry->text(buffer));
}

inline int64_t expiry_at(const keyspace::Entry* entry) {
  return entry == nullptr ? keyspace::Entry::kNoExpiry : entry->expiry_ms();
}

constexpr command::KeySpecs one_key(uint16_t flags) { return {command::key_at(1, flags)}; }

}  // namespace commands
