#include "server/command_table.h"

#include <array>

#include "commands/families.h"
#include "config/load.h"
#include "scripting/families.h"
#include "transactions/families.h"

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
      commands::hyperloglog_commands(),
      commands::set_commands(),
      commands::random_set_commands(),
      commands::set_algebra_commands(),
      commands::list_commands(),
      commands::list_search_commands(),
      commands::list_move_commands(),
      commands::list_waiting_commands(),
      commands::hash_commands(),
      commands::hash_walk_commands(),
      commands::hash_number_commands(),
      commands::hash_expiry_commands(),
      commands::hash_expiring_commands(),
      commands::stream_commands(),
      commands::stream_read_commands(),
      commands::stream_group_commands(),
      commands::stream_claim_commands(),
      commands::stream_info_commands(),
      commands::sort_commands(),
      commands::key_commands(),
      commands::dump_commands(),
      commands::expiry_commands(),
      commands::scan_commands(),
      commands::object_commands(),
      commands::flush_commands(),
      transactions::transaction_commands(),
      scripting::script_commands(),
      scripting::function_commands(),
      commands::sorted_set_commands(),
      commands::sorted_set_range_commands(),
      commands::sorted_set_pop_commands(),
      commands::sorted_set_waiting_commands(),
      commands::sorted_set_combination_commands(),
      commands::geo_commands(),
      commands::geo_search_commands(),
      acl_commands(),
      connection_commands(),
      command_commands(),
      client_commands(),
      monitor_commands(),
      pubsub_commands(),
      cluster_commands(),
      module_commands(),
      replication_commands(),
      config_commands(),
      memory_commands(),
      migrate_commands(),
      debug_commands(),
      saving_commands(),
      shutdown_commands(),
      info_commands(),
      hot_keys_commands(),
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
