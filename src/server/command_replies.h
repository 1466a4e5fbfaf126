// What COMMAND INFO and COMMAND DOCS tell of one command.
#pragma once

#include "command/table.h"
#include "resp/writer.h"

namespace server {

void write_command_info(resp::Writer& reply, const command::Command& command);
// Two values: the name, and a map of what there is to say.
void write_command_docs(resp::Writer& reply, const command::Command& command);

}  // namespace server
