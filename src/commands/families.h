// The families of commands that need the keyspace only. server/command_table.cc joins them with the others.
#pragma once

#include <span>

#include "command/spec.h"

namespace commands {

std::span<const command::Spec> string_commands();
std::span<const command::Spec> many_strings_commands();
std::span<const command::Spec> number_commands();
std::span<const command::Spec> string_parts_commands();
std::span<const command::Spec> lcs_commands();
std::span<const command::Spec> bitmap_commands();
std::span<const command::Spec> bitmap_combine_commands();
std::span<const command::Spec> bitmap_fields_commands();
std::span<const command::Spec> hyperloglog_commands();
std::span<const command::Spec> set_commands();
std::span<const command::Spec> random_set_commands();
std::span<const command::Spec> set_algebra_commands();
std::span<const command::Spec> list_commands();
std::span<const command::Spec> list_search_commands();
std::span<const command::Spec> list_move_commands();
std::span<const command::Spec> list_waiting_commands();
std::span<const command::Spec> hash_commands();
std::span<const command::Spec> hash_walk_commands();
std::span<const command::Spec> hash_number_commands();
std::span<const command::Spec> hash_expiry_commands();
std::span<const command::Spec> hash_expiring_commands();
std::span<const command::Spec> stream_commands();
std::span<const command::Spec> stream_read_commands();
std::span<const command::Spec> stream_group_commands();
std::span<const command::Spec> stream_claim_commands();
std::span<const command::Spec> stream_info_commands();
std::span<const command::Spec> sort_commands();
std::span<const command::Spec> key_commands();
std::span<const command::Spec> dump_commands();
std::span<const command::Spec> expiry_commands();
std::span<const command::Spec> scan_commands();
std::span<const command::Spec> object_commands();
std::span<const command::Spec> flush_commands();
std::span<const command::Spec> sorted_set_commands();
std::span<const command::Spec> sorted_set_range_commands();
std::span<const command::Spec> sorted_set_pop_commands();
std::span<const command::Spec> sorted_set_waiting_commands();
std::span<const command::Spec> sorted_set_combination_commands();
std::span<const command::Spec> geo_commands();
std::span<const command::Spec> geo_search_commands();

}  // namespace commands
