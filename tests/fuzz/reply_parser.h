// An independent reader of replies: says whether bytes are exactly one RESP value. Shares no code with src/.
#pragma once

#include <cstddef>
#include <string_view>

namespace fuzz {

// The length of the one value that `bytes` begin with; 0 if they do not begin with a whole, well-formed value of the
// protocol version (2 or 3).
size_t reply_length(std::string_view bytes, int protocol);

}  // namespace fuzz
