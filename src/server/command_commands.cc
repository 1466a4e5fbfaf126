// COMMAND: what commands there are, what is known of each, and what words of a command are keys.
//
// Threads  all of it reads the command table, which never changes.
#include <algorithm>
#include <array>
#include <vector>

#include "base/glob.h"
#include "command/call.h"
#include "command/describe.h"
#include "command/keys.h"
#include "server/command_replies.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Command;
using command::Error;
using command::Group;
using command::KeyWord;
using command::Spec;
using command::Table;
using keyspace::LockClass;

constexpr Error kInvalidCommand{"ERR Invalid command specified"};
constexpr Error kNoKeyArguments{"ERR The command has no key arguments"};
constexpr Error kInvalidCount{"ERR Invalid number of arguments specified for command"};
constexpr Error kInvalidArguments{"ERR Invalid arguments specified for command"};

const Table& table_of(Call& call) { return server_of(call).commands; }

// Without the subcommands, which their containers tell of.
std::vector<const Command*> main_commands(const Table& table) {
  std::vector<const Command*> commands;
  for (const Command& command : table.all()) {
    if (command.is_known() && !command.spec->is_subcommand()) commands.push_back(&command);
  }
  return commands;
}

void info_of_all(Call& call) {
  const auto commands = main_commands(table_of(call));
  call.reply().array(commands.size());
  for (const Command* command : commands) write_command_info(call.reply(), *command);
}

void info(Call& call) {
  if (call.count() == 2) return info_of_all(call);
  call.reply().array(call.count() - 2);
  for (const std::string_view name : call.words().subspan(2)) {
    const Command* command = table_of(call).find_full(name);
    command == nullptr ? call.reply().null() : write_command_info(call.reply(), *command);
  }
}

void docs(Call& call) {
  std::vector<const Command*> commands;
  if (call.count() == 2) commands = main_commands(table_of(call));
  for (const std::string_view name : call.words().subspan(2)) {
    if (const Command* command = table_of(call).find_full(name)) commands.push_back(command);
  }
  call.reply().map(commands.size());
  for (const Command* command : commands) write_command_docs(call.reply(), *command);
}

void count(Call& call) { call.reply().integer(static_cast<int64_t>(main_commands(table_of(call)).size())); }

void write_names(Call& call, const std::vector<const Command*>& commands) {
  call.reply().array(commands.size());
  for (const Command* command : commands) call.reply().bulk(command->spec->name);
}

bool is_in_category(const Spec& spec, std::string_view category) {
  const command::Words names = command::category_names(spec);
  const auto is_it = [&](std::string_view name) { return command::same_word(category, name); };
  return std::any_of(names.begin(), names.end(), is_it);
}

// Of subcommands, too.
void list(Call& call) {
  command::Args args = call.args();
  enum class Filter { kAll, kModule, kCategory, kPattern } filter = Filter::kModule;
  if (!args.more()) {
    filter = Filter::kAll;
  } else if (!args.accept("FILTERBY") || args.left() != 2) {
    return call.fail(command::kSyntaxError);
  } else if (args.accept("ACLCAT")) {
    filter = Filter::kCategory;
  } else if (args.accept("PATTERN")) {
    filter = Filter::kPattern;
  } else if (!args.accept("MODULE")) {
    return call.fail(command::kSyntaxError);
  }
  const std::string_view wanted = filter == Filter::kAll ? std::string_view() : args.text();
  std::vector<const Command*> commands;
  for (const Command& command : table_of(call).all()) {
    if (command.is_form || !command.is_known()) continue;
    const bool fits = filter == Filter::kAll ||
                      (filter == Filter::kCategory && is_in_category(*command.spec, wanted)) ||
                      (filter == Filter::kPattern && base::glob_match(wanted, command.spec->name, true));
    if (fits) commands.push_back(&command);  // no command here is a module's
  }
  write_names(call, commands);
}

// The command that the words after the first two make, or null after an error, which is told to the client.
const Command* read_command(Call& call) {
  const auto words = call.words().subspan(2);
  const Command* found = table_of(call).find(words[0]);
  const bool is_container = found != nullptr && !found->subcommands.empty();
  if (is_container && words.size() > 1) found = Table::find_subcommand(*found, words[1]);
  if (found == nullptr) {
    call.fail(kInvalidCommand);
  } else if (!command::has_keys(*found->spec)) {
    call.fail(kNoKeyArguments);
  } else if (!found->spec->takes(words.size())) {
    call.fail(kInvalidCount);
  } else {
    return found;
  }
  return nullptr;
}

// False after an error, or after the reply for a command that may well have no keys.
bool read_keys(Call& call, std::vector<KeyWord>& keys) {
  const Command* found = read_command(call);
  if (found == nullptr) return false;
  const Spec& spec = *found->spec;
  const auto words = call.words().subspan(2);
  command::find_keys(spec, words, keys);
  std::erase_if(keys, [](const KeyWord& key) { return (key.flags & command::kNotKey) != 0; });
  for (KeyWord& key : keys) {
    if ((key.flags & command::kVariableFlags) != 0 && spec.key_flags != nullptr) key.flags = spec.key_flags(words);
  }
  // PFMERGE alone may have a range without words; the reference then names no keys at all.
  const bool has_empty_range = std::any_of(spec.keys.begin(), spec.keys.end(), [&words](const command::KeySpec& range) {
    return range.find == command::KeySpec::Find::kRange && range.keyword.empty() && range.index >= std::ssize(words);
  });
  const bool has_none = keys.empty() && !spec.has(command::kNoMandatoryKeys);
  if (!has_none && !has_empty_range) return true;
  call.fail(kInvalidArguments);
  return false;
}

void getkeys(Call& call) {
  std::vector<KeyWord> keys;
  if (!read_keys(call, keys)) return;
  call.reply().array(keys.size());
  for (const KeyWord& key : keys) call.reply().bulk(call.word(2 + key.index));
}

void getkeysandflags(Call& call) {
  std::vector<KeyWord> keys;
  if (!read_keys(call, keys)) return;
  call.reply().array(keys.size());
  for (const KeyWord& key : keys) {
    call.reply().array(2);
    call.reply().bulk(call.word(2 + key.index));
    const command::Words flags = command::key_flag_names(key.flags);
    call.reply().set(flags.size());
    for (const std::string_view flag : flags) call.reply().simple(flag);
  }
}

void help(Call& call) {
  static constexpr std::array<std::string_view, 14> kLines{
      "(no subcommand)",
      "    What is known of all commands, as INFO tells it.",
      "COUNT",
      "    How many commands there are.",
      "DOCS [<command> ...]",
      "    The documentation of these commands, or of all.",
      "GETKEYS <command> [<argument> ...]",
      "    The keys among a command's words.",
      "GETKEYSANDFLAGS <command> [<argument> ...]",
      "    The keys among a command's words, and what is done with each.",
      "INFO [<command> ...]",
      "    Arity, flags, keys and categories of these commands, or of all.",
      "LIST [FILTERBY MODULE <module> | ACLCAT <category> | PATTERN <pattern>]",
      "    The names of the commands.",
  };
  write_help(call.reply(), "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

constexpr uint32_t kFlags = command::kLoading | command::kStale;

constexpr Spec kCommand[] = {
    {.name = "command",
     .arity = -1,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = info_of_all,
     .group = Group::kServer,
     .tips = command::kNondeterministicOutputOrder,
     .since = "2.8.13",
     .summary = "Tells what is known of all commands.",
     .complexity = "O(N) of the commands."},
    {.name = "command|count",
     .arity = 2,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = count,
     .group = Group::kServer,
     .since = "2.8.13",
     .summary = "Tells how many commands there are.",
     .complexity = "O(1)"},
    {.name = "command|docs",
     .arity = -2,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = docs,
     .group = Group::kServer,
     .tips = command::kNondeterministicOutputOrder,
     .since = "7.0.0",
     .summary = "Tells the documentation of commands.",
     .complexity = "O(N) of the commands.",
     .syntax = "command-name?*"},
    {.name = "command|getkeys",
     .arity = -3,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = getkeys,
     .group = Group::kServer,
     .since = "2.8.13",
     .summary = "Tells which words of a command are keys.",
     .complexity = "O(N) of the words.",
     .syntax = "command arg?*"},
    {.name = "command|getkeysandflags",
     .arity = -3,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = getkeysandflags,
     .group = Group::kServer,
     .since = "7.0.0",
     .summary = "Tells which words of a command are keys, and what it does with each.",
     .complexity = "O(N) of the words.",
     .syntax = "command arg?*"},
    {.name = "command|help",
     .arity = 2,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = help,
     .group = Group::kServer,
     .since = "5.0.0",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    {.name = "command|info",
     .arity = -2,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = info,
     .group = Group::kServer,
     .tips = command::kNondeterministicOutputOrder,
     .since = "2.8.13",
     .summary = "Tells arity, flags, keys and categories of commands.",
     .complexity = "O(N) of the commands.",
     .history = "7.0.0 Tells of all commands if none is named.",
     .syntax = "command-name?*"},
    {.name = "command|list",
     .arity = -2,
     .flags = kFlags,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = list,
     .group = Group::kServer,
     .tips = command::kNondeterministicOutputOrder,
     .since = "7.0.0",
     .summary = "Tells the names of commands.",
     .complexity = "O(N) of the commands.",
     .syntax = "FILTERBY=filterby(MODULE=module-name|ACLCAT=category|PATTERN=pattern:p)?"},
};
static_assert(command::well_formed(kCommand));

}  // namespace

std::span<const Spec> command_commands() { return kCommand; }

}  // namespace server
