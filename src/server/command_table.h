// The command table: all families, joined.
#pragma once

#include <span>

#include "command/table.h"
#include "config/row.h"
#include "config/values.h"

namespace server {

std::span<const std::span<const command::Spec>> all_families();

// rename-command. The failure is what the start ends with.
config::Outcome rename_commands(command::Table& table, std::span<const config::Directive> directives);

// Families of this folder, each in the file of its name.
std::span<const command::Spec> acl_commands();
std::span<const command::Spec> connection_commands();
std::span<const command::Spec> command_commands();
std::span<const command::Spec> client_commands();
std::span<const command::Spec> monitor_commands();
std::span<const command::Spec> pubsub_commands();
std::span<const command::Spec> cluster_commands();
std::span<const command::Spec> module_commands();
std::span<const command::Spec> replication_commands();
std::span<const command::Spec> config_commands();
std::span<const command::Spec> memory_commands();
std::span<const command::Spec> migrate_commands();
std::span<const command::Spec> debug_commands();
std::span<const command::Spec> saving_commands();
std::span<const command::Spec> shutdown_commands();
std::span<const command::Spec> info_commands();
std::span<const command::Spec> hot_keys_commands();
std::span<const command::Spec> latency_commands();
std::span<const command::Spec> time_commands();
std::span<const command::Spec> lolwut_commands();
std::span<const command::Spec> command_log_commands();

}  // namespace server
