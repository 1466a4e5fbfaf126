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
std::span<const command::Spec> key_commands();
std::span<const command::Spec> expiry_commands();
std::span<const command::Spec> scan_commands();
std::span<const command::Spec> object_commands();
std::span<const command::Spec> flush_commands();

}  // namespace commands
