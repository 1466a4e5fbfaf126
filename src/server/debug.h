// DEBUG's subcommands that are more than a line.
#pragma once

#include "command/call.h"

namespace server {

// DEBUG POPULATE <count> [<prefix>] [<size>]: keys with made-up strings, those that are not there yet.
void debug_populate(command::Call& call);
// DEBUG PROTOCOL <type>: a reply of each type that the protocol has.
void debug_protocol(command::Call& call);
// DEBUG OBJECT <key> [fast]: how a value is held.
void debug_object(command::Call& call);

}  // namespace server
