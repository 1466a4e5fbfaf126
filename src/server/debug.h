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
// DEBUG DIGEST, and DIGEST-VALUE <key>...: what is held, in 20 bytes.
void debug_digest(command::Call& call);
void debug_digest_value(command::Call& call);
// DEBUG RELOAD [NOSAVE]
void debug_reload(command::Call& call);

}  // namespace server
