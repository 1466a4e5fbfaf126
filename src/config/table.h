// The table of settings, and finding rows in it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/row.h"

namespace config {

// All rows, sorted by name.
std::span<const Row> rows();

// The row of that name or alias, in any case; nullptr if there is none. Cost: a binary search.
const Row* find(std::string_view name);

// True for a name that older versions had and that is accepted and ignored in files and on the command line,
// with any one value. CONFIG GET and CONFIG SET do not know these.
bool is_ignored_name(std::string_view name);

// What CONFIG GET shows for `patterns`: sorted by name, each name once. A pattern without glob characters finds
// its one setting, hidden or not, and is shown as it was written. Aliases are shown when they match themselves.
struct Shown {
  std::string name;
  const Row* row;
};
std::vector<Shown> match(std::span<const std::string_view> patterns);

}  // namespace config
