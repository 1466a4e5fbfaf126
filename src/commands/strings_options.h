// The options that SET, GETEX and MSETEX share: when to store, and until when.
//
// Quirk kept for compatibility: the same word twice is no error, and the last value counts (SET k v EX 10 EX 20); only
// IFEQ must stand alone. Pinned by tests/transcripts/strings/set.transcript.
#pragma once

#include <optional>
#include <string_view>

#include "command/call.h"

namespace commands {

enum class Condition : uint8_t { kNone, kIfMissing, kIfPresent, kIfEqual };
enum class Lifetime : uint8_t { kNone, kSeconds, kMilliseconds, kUntilSeconds, kUntilMilliseconds, kKeep, kPersist };

struct StoreOptions {
  Condition condition = Condition::kNone;
  Lifetime lifetime = Lifetime::kNone;
  bool get = false;
  std::string_view comparison{};     // of IFEQ
  std::string_view lifetime_text{};  // of EX, PX, EXAT and PXAT, not yet read as a number
};

enum class StoreCommand : uint8_t { kSet, kGetex, kMsetex };

// Reads all words that are left; what is wrong is left in `args`.
StoreOptions read_store_options(command::Args& args, StoreCommand command);

// The Unix time in ms at which a lifetime given as text ends; Entry::kNoExpiry for the lifetimes without a text.
// Nullopt if there is none: then the reply is written.
std::optional<int64_t> expiry_of(command::Call& call, Lifetime lifetime, std::string_view text);

// True if a key with this expiry is to be deleted at once.
bool is_past(command::Call& call, int64_t expiry_ms);

}  // namespace commands
