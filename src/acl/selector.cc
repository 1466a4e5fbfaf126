#include "acl/selector.h"

#include <algorithm>

#include "base/glob.h"
#include "command/args.h"

namespace acl {
namespace {

void append(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

// What a key of these flags must be allowed for; 0: for anything.
uint8_t access_of(uint16_t key_flags) {
  uint8_t access = 0;
  if ((key_flags & command::kAccess) != 0) access |= kRead;
  if ((key_flags & (command::kInsert | command::kDelete | command::kUpdate)) != 0) access |= kWrite;
  return access;
}

std::string_view prefix_of(uint8_t access) { return access == kReadWrite ? "~" : access == kRead ? "%R~" : "%W~"; }

}  // namespace

bool Selector::may_all() const {
  return all_keys && all_channels && all_databases &&
         std::all_of(commands.begin(), commands.end(), [](bool allowed) { return allowed; });
}

bool Selector::allows_command(const command::Command& command, std::string_view first_word) const {
  if (commands[command.index]) return true;
  const auto of_command = first_words.find(command.index);
  if (of_command == first_words.end()) return false;
  return std::any_of(of_command->second.begin(), of_command->second.end(),
                     [&](const std::string& word) { return command::same_word(word, first_word); });
}

bool Selector::allows_key(std::string_view name, uint16_t key_flags) const {
  if (all_keys) return true;
  const uint8_t access = access_of(key_flags);
  return std::any_of(keys.begin(), keys.end(), [&](const KeyPattern& pattern) {
    return (pattern.access & access) == access && base::glob_match(pattern.text, name);
  });
}

bool Selector::knows_key(std::string_view key) const {
  return all_keys || std::any_of(keys.begin(), keys.end(),
                                 [&](const KeyPattern& pattern) { return base::glob_match(pattern.text, key); });
}

bool Selector::allows_every_key(uint8_t access) const {
  return all_keys || std::any_of(keys.begin(), keys.end(), [&](const KeyPattern& pattern) {
           return (pattern.access & access) == access && pattern.text == "*";
         });
}

bool Selector::allows_channel(std::string_view name, bool is_pattern) const {
  return all_channels || std::any_of(channels.begin(), channels.end(), [&](const std::string& pattern) {
           return is_pattern ? pattern == name : base::glob_match(pattern, name);
         });
}

bool Selector::allows_database(int64_t index) const {
  return all_databases || std::binary_search(databases.begin(), databases.end(), index);
}

std::string Selector::commands_text() const {
  std::string text = from_all ? "+@all" : "-@all";
  for (const std::string& rule : command_rules) append(text, rule);
  return text;
}

std::string Selector::keys_text() const {
  if (all_keys) return "~*";
  std::string text;
  for (const KeyPattern& pattern : keys) append(text, std::string(prefix_of(pattern.access)) + pattern.text);
  return text;
}

std::string Selector::channels_text() const {
  if (all_channels) return "&*";
  std::string text;
  for (const std::string& pattern : channels) append(text, "&" + pattern);
  return text;
}

std::string Selector::databases_text() const {
  if (all_databases) return "alldbs";
  std::string text;
  for (const int32_t index : databases) text += (text.empty() ? "db=" : ",") + std::to_string(index);
  return text;
}

std::string Selector::text() const {
  std::string text = keys_text();
  if (!all_channels) append(text, "resetchannels");
  if (const std::string shown = channels_text(); !shown.empty()) append(text, shown);
  if (!all_databases) append(text, databases.empty() ? "resetdbs" : databases_text());
  append(text, commands_text());
  return text;
}

}  // namespace acl
