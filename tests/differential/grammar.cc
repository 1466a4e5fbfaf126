// Reads COMMAND DOCS and COMMAND. See grammar.h.
#include "grammar.h"

#include <algorithm>
#include <map>

namespace differential {

namespace {

ArgumentType type_of(std::string_view name) {
  static const std::map<std::string_view, ArgumentType> kTypes = {
      {"string", ArgumentType::kString},   {"integer", ArgumentType::kInteger},
      {"double", ArgumentType::kDouble},   {"key", ArgumentType::kKey},
      {"pattern", ArgumentType::kPattern}, {"unix-time", ArgumentType::kUnixTime},
      {"block", ArgumentType::kBlock},     {"pure-token", ArgumentType::kPureToken},
      {"oneof", ArgumentType::kOneOf}};
  auto found = kTypes.find(name);
  return found == kTypes.end() ? ArgumentType::kString : found->second;
}

Argument read_argument(const Value& docs) {
  Argument argument;
  if (const Value* name = docs.find("name")) argument.name = name->text;
  if (const Value* type = docs.find("type")) argument.type = type_of(type->text);
  if (const Value* token = docs.find("token")) argument.token = token->text;
  if (const Value* flags = docs.find("flags")) {
    for (const Value& flag : flags->items) {
      argument.optional |= flag.text == "optional";
      argument.multiple |= flag.text == "multiple";
      argument.multiple_token |= flag.text == "multiple_token";
    }
  }
  if (const Value* arguments = docs.find("arguments")) {
    for (const Value& one : arguments->items) argument.arguments.push_back(read_argument(one));
  }
  return argument;
}

std::vector<std::string> upper_words(const std::string& name) {
  std::vector<std::string> words(1);
  for (char c : name) {
    if (c == '|') {
      words.emplace_back();
    } else {
      words.back() += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return words;
}

void add_command(const std::string& name, const Value& docs, std::vector<CommandSyntax>* out) {
  if (const Value* subcommands = docs.find("subcommands")) {
    for (size_t at = 0; at + 1 < subcommands->items.size(); at += 2) {
      add_command(subcommands->items[at].text, subcommands->items[at + 1], out);
    }
    // COMMAND works alone too; other containers do not.
    if (name != "command") return;
  }
  CommandSyntax syntax;
  syntax.name = name;
  syntax.words = upper_words(name);
  if (const Value* group = docs.find("group")) syntax.group = group->text;
  if (const Value* arguments = docs.find("arguments")) {
    for (const Value& one : arguments->items) syntax.arguments.push_back(read_argument(one));
  }
  out->push_back(std::move(syntax));
}

using FlagsByName = std::map<std::string, std::vector<std::string>>;

void add_flags(const Value& row, FlagsByName* flags) {
  if (row.items.size() < 10) return;
  std::vector<std::string>& own = (*flags)[row.items[0].text];
  for (const Value& flag : row.items[2].items) own.push_back(flag.text);
  for (const Value& subcommand : row.items[9].items) add_flags(subcommand, flags);
}

}  // namespace

bool CommandSyntax::has_flag(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::vector<CommandSyntax> read_syntax(Link* reference) {
  FlagsByName flags;
  for (const Value& row : reference->call({"COMMAND"}).items) add_flags(row, &flags);
  std::vector<CommandSyntax> commands;
  Value docs = reference->call({"COMMAND", "DOCS"});
  for (size_t at = 0; at + 1 < docs.items.size(); at += 2) {
    add_command(docs.items[at].text, docs.items[at + 1], &commands);
  }
  for (CommandSyntax& command : commands) command.flags = flags[command.name];
  // The server's order hangs on its hash seed; ours must not, or a seed would not give the same stream again.
  std::sort(commands.begin(), commands.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return commands;
}

bool knows_command(Link* server, const CommandSyntax& command) {
  std::vector<std::string> words = command.words;
  words.insert(words.end(), 40, "probe");
  Value reply = server->call(words);
  return !reply.text.starts_with("ERR unknown");
}

std::vector<std::string> read_names(Link* server) {
  FlagsByName flags;
  for (const Value& row : server->call({"COMMAND"}).items) add_flags(row, &flags);
  std::vector<std::string> names;
  for (const auto& [name, unused] : flags) names.push_back(name);
  return names;
}

}  // namespace differential
