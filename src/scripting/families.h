// The families of commands that run scripts. server/command_table.cc joins them with the others.
#pragma once

#include <span>

#include "command/spec.h"

namespace scripting {

std::span<const command::Spec> script_commands();
std::span<const command::Spec> function_commands();

}  // namespace scripting
