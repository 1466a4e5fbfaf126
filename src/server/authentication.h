// Authentication: one user, `default`, whose password is `requirepass`.
#pragma once

#include <string_view>

#include "command/call.h"

namespace server {

// Makes the call's client that user, or says false and counts the refusal.
bool authenticate(command::Call& call, std::string_view user, std::string_view password);

}  // namespace server
