#include "server/command_table.h"

#include <array>

#include "commands/families.h"
#include "config/load.h"

namespace server {

std::span<const std::span<const command::Spec>> all_families() {
  static const std::array families{
      commands::string_commands(),
      commands::many_strings_commands(),
      commands::number_commands(),
      commands::string_parts_commands(),
      commands::lcs_commands(),
      commands::bitmap_commands(),
      commands::bitmap_combine_commands(),
      commands::bitmap_fields_commands(),
      commands::key_commands(),
      commands::expiry_commands(),
      commands::scan_commands(),
      commands::object_commands(),
      commands::flush_commands(),
      connection_commands(),
      command_commands(),
      client_commands(),
      monitor_commands(),
      cluster_commands(),
      module_commands(),
      replication_commands(),
      config_commands(),
      memory_commands(),
      debug_commands(),
      shutdown_commands(),
      info_commands(),
      latency_commands(),
      time_commands(),
      lolwut_commands(),
      command_log_commands(),
  };
  return families;
}

config::Outcome rename_commands(command::Table& table, std::span<const config::Directive> directives) {
  for (const config::Directive& directive : directives) {
    const auto renamed = table.rename(directive.words[1], directive.words[2]);
    if (!renamed) return config::fatal_at(directive.line, directive.text, renamed.error().text());
  }
  return base::Done{};
}

}  // namespace server
