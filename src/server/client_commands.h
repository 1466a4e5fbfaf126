// Handlers of CLIENT that have files of their own; client_commands.cc has the rows.
#pragma once

#include "command/call.h"

namespace server {

void client_info(command::Call& call);
void client_list(command::Call& call);
void client_kill(command::Call& call);
void client_pause(command::Call& call);
void client_unpause(command::Call& call);
void client_tracking(command::Call& call);
void client_caching(command::Call& call);
void client_getredir(command::Call& call);
void client_trackinginfo(command::Call& call);

}  // namespace server
