#include "acl/commands.h"

#include <algorithm>

#include "base/check.h"
#include "command/args.h"
#include "command/describe.h"

namespace acl {
namespace {

uint32_t categories_of(const command::Spec& spec) {
  uint32_t bits = 0;
  for (const std::string_view name : command::category_names(spec)) bits |= Commands::category(name);
  return bits;
}

}  // namespace

Commands::Commands(const command::Table& table) : facts_(table.size()) {
  const uint32_t about_keys = category("keyspace") | category("read") | category("write");
  for (const command::Command& command : table.all()) {
    Facts& facts = facts_[command.index];
    const command::Spec& spec = *command.spec;
    facts.ruled = &command;
    if (command.is_form) {
      facts.ruled = find(spec.name.substr(0, spec.name.find('|')));
      CHECK(facts.ruled != nullptr);
    } else {
      ruled_.push_back(&command);
    }
    facts.categories = categories_of(*facts.ruled->spec);
    // What names databases and has no keys is about those alone: SELECT, SWAPDB.
    facts.uses_selected_database =
        command::has_keys(spec) || (spec.database_words == nullptr && (facts.categories & about_keys) != 0);
  }
}

const command::Command* Commands::find(std::string_view full_name) const {
  const auto found = std::find_if(ruled_.begin(), ruled_.end(), [&](const command::Command* command) {
    return command::same_word(full_name, command->spec->name);
  });
  return found == ruled_.end() ? nullptr : *found;
}

uint32_t Commands::category(std::string_view name) {
  const auto names = command::all_categories();
  static_assert(command::kCategories <= 32);
  for (size_t at = 0; at < names.size(); ++at) {
    if (command::same_word(name, names[at])) return uint32_t{1} << at;
  }
  return 0;
}

}  // namespace acl
