// Passwords in commands: what MONITOR and the command log show instead.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace server {

// The words of a command, each secret among them replaced by "(redacted)".
std::vector<std::string_view> redacted(const command::Spec& spec, std::span<const std::string_view> words);

}  // namespace server
