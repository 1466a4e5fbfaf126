// MEMORY TOP count [BY (BYTES|ELEMENTS)]: the largest keys.
#pragma once

#include "command/call.h"

namespace server {

// REQUIRES: all locks are held.
void memory_top(command::Call& call);

}  // namespace server
