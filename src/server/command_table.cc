#include "server/command_table.h"

#include <array>

#include "commands/families.h"

namespace server {

std::span<const std::span<const command::Spec>> all_families() {
  static const std::array families{
      commands::string_commands(),
      connection_commands(),
  };
  return families;
}

}  // namespace server
