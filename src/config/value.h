// Reading and writing one setting by its row, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/row.h"

namespace config {

// The value as CONFIG GET shows it.
std::string get(const Settings& settings, const Row& row);

// Parses `arguments` and stores the value. On failure nothing has changed, and the failure holds the reference's
// words for what is wrong with the value. Flags (immutable, protected) are the caller's affair.
Outcome set(Settings& settings, const Row& row, Arguments arguments, Source source);

// Applies the default of `row`.
void reset(Settings& settings, const Row& row);

// How CONFIG SET makes several words of its one value: at each single space, so two in a row enclose an empty word.
std::vector<std::string_view> split_at_spaces(std::string_view text);

}  // namespace config
