// Mutations of a list of command lines that know the command table: whole commands made from their syntax, and words
// exchanged for others of the kind that break things.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "command/table.h"

namespace fuzz {

// One line, made from the row's syntax: keys of a small pool, numbers at their limits, options there or not.
std::string random_command(const command::Table& table, base::Random& random);

// `text` with one line or word inserted, exchanged, doubled or dropped.
std::string mutate_lines(std::string_view text, const command::Table& table, base::Random& random);

}  // namespace fuzz
