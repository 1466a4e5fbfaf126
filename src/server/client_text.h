// What a client may call itself, and how it is described: a line of CLIENT LIST.
#pragma once

#include <string>
#include <string_view>

#include "command/errors.h"
#include "dispatch/client.h"

namespace server {

// Printable ASCII without spaces, so that a line of CLIENT LIST stays one line of words. What follows a NUL is kept but
// neither looked at nor shown.
inline bool is_plain_word(std::string_view text) {
  for (const char letter : command::repeated(text)) {
    if (letter < '!' || letter > '~') return false;
  }
  return true;
}
constexpr base::Error kBadClientName{"ERR Client names cannot contain spaces, newlines or special characters."};

// The letters of CLIENT LIST's flags=, "N" if there is none.
std::string flag_letters(const dispatch::Client& client);

// The line, with its line feed. `argument_bytes` is what the client's running command was given.
std::string describe(const dispatch::Client& client, base::MonoTime now, size_t argument_bytes);

}  // namespace server
