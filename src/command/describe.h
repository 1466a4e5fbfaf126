// Describe: a row in the words that COMMAND, ACL and the documentation use for it.
//
// Cost     small vectors of static texts; nobody is in a hurry here.
// Source   valkey-server 9.1.2: tests/command_table/run compares every row with its COMMAND INFO.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace command {

using Words = std::vector<std::string_view>;

Words flag_names(const Spec& spec);
Words category_names(const Spec& spec);  // without the @
// All of them, in the order in which they are told.
constexpr size_t kCategories = 21;
std::span<const std::string_view, kCategories> all_categories();
Words tip_names(const Spec& spec);
Words key_flag_names(uint16_t flags);
std::string_view group_name(Group group);

// The keys as one range, the way of clients that know no specifications; all 0 if there is none.
struct KeyRange {
  int64_t first = 0;
  int64_t last = 0;  // negative: from the end
  int64_t step = 0;
  bool complete = true;  // false: the command has other keys, too
};
KeyRange key_range(const Spec& spec);

// Whether any word of the command may be a key.
bool has_keys(const Spec& spec);

}  // namespace command
