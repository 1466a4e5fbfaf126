// What SSCAN, HSCAN and ZSCAN share: their cursor, and the options behind it.
#pragma once

#include <optional>
#include <string_view>

#include "base/glob.h"
#include "command/call.h"

namespace commands {

struct CollectionScan {
  uint64_t cursor = 0;
  uint64_t count = 10;
  bool any = true;  // "*" takes the empty text too, which no glob matches
  std::string_view pattern{};
  bool only_fields = false;   // HSCAN's NOVALUES
  bool only_members = false;  // ZSCAN's NOSCORES

  bool takes(std::string_view text) const { return any || base::glob_match(pattern, text); }
};

enum class ScanCommand : uint8_t { kSscan, kHscan, kZscan };

// The options are read once the key is known to be there and of the right type: before that nobody looks at them.
//
//   const auto cursor = parse_cursor(call.word(2));   // commands/cursor.h; none: kInvalidCursor
//   ... the key ...                                   // not there: reply_scan_end()
//   CollectionScan scan{.cursor = *cursor};
//   if (!read_scan_options(call, ScanCommand::kSscan, scan)) return;
//
// False after the reply said what is wrong.
bool read_scan_options(command::Call& call, ScanCommand which, CollectionScan& scan);

// The two parts of a reply: the cursor to go on from, and a header for so many words.
void reply_scan_header(command::Call& call, uint64_t cursor, size_t count);
inline void reply_scan_end(command::Call& call) { reply_scan_header(call, 0, 0); }

}  // namespace commands
