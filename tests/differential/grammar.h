// The syntax of commands, as COMMAND DOCS of the reference server gives it.
#pragma once

#include <string>
#include <vector>

#include "link.h"

namespace differential {

enum class ArgumentType { kString, kInteger, kDouble, kKey, kPattern, kUnixTime, kPureToken, kOneOf, kBlock };

struct Argument {
  std::string name;
  ArgumentType type = ArgumentType::kString;
  std::string token;  // Written before the value; with "" as a token of its own ("\"\"" in the docs) it is not set.
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;  // The token is written before each of the values.
  std::vector<Argument> arguments;
};

struct CommandSyntax {
  std::string name;                // "config|get"
  std::vector<std::string> words;  // {"CONFIG", "GET"}
  std::string group;
  std::vector<std::string> flags;
  std::vector<Argument> arguments;

  bool has_flag(std::string_view flag) const;
};

// All commands, subcommands instead of their containers. Empty if the server gives no docs.
std::vector<CommandSyntax> read_syntax(Link* reference);

// Whether a server has the command, by calling it with far too many arguments; for a server without COMMAND.
bool knows_command(Link* server, const CommandSyntax& command);

// The names that a server knows, subcommands as "config|get"; none if it has no COMMAND.
std::vector<std::string> read_names(Link* server);

}  // namespace differential
