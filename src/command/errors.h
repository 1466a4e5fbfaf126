// What clients are told when something is wrong: every text once, as Valkey 9.1.2 words it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace command {

using base::Error;

constexpr Error kSyntaxError{"ERR syntax error"};
constexpr Error kNotAnInteger{"ERR value is not an integer or out of range"};
constexpr Error kNotAFloat{"ERR value is not a valid float"};
constexpr Error kWrongType{"WRONGTYPE Operation against a key holding the wrong kind of value"};
constexpr Error kNoSuchKey{"ERR no such key"};
constexpr Error kIndexOutOfRange{"ERR index out of range"};
constexpr Error kDatabaseOutOfRange{"ERR DB index is out of range"};
constexpr Error kDatabaseFull{"OOM command not allowed when used memory > 'db-maxmemory' of the database."};
constexpr Error kOutOfMemory{"OOM command not allowed when used memory > 'maxmemory'."};
constexpr Error kNoAuthentication{"NOAUTH Authentication required."};
constexpr Error kWrongPassword{"WRONGPASS invalid username-password pair or user is disabled."};
constexpr Error kInvalidCursor{"ERR invalid cursor"};
constexpr Error kOverflow{"ERR increment or decrement would overflow"};
constexpr Error kTooLong{"ERR string exceeds maximum allowed size (proto-max-bulk-len)"};
constexpr Error kSameObject{"ERR source and destination objects are the same"};

// A client's word as an error repeats it: only up to a NUL, if it has one.
inline std::string_view repeated(std::string_view word) { return word.substr(0, word.find('\0')); }

// "ERR wrong number of arguments for 'get' command".
inline std::string wrong_arity(std::string_view name) {
  return "ERR wrong number of arguments for '" + std::string(name) + "' command";
}
// "... Try DEBUG HELP.", in the word by which the client called the command.
inline std::string try_help(std::string_view called) {
  std::string name(repeated(called));
  for (char& letter : name) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  return "Try " + name + " HELP.";
}
// "ERR unknown subcommand 'foo'. Try CLIENT HELP."
inline std::string unknown_subcommand(std::string_view called, std::string_view word) {
  return "ERR unknown subcommand '" + std::string(repeated(word.substr(0, 128))) + "'. " + try_help(called);
}
// "ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG HELP."
inline std::string wrong_subcommand(std::string_view called, std::string_view word) {
  return "ERR unknown subcommand or wrong number of arguments for '" + std::string(repeated(word.substr(0, 128))) +
         "'. " + try_help(called);
}
// "ERR invalid expire time in 'set' command".
inline std::string invalid_expiry(std::string_view name) {
  return "ERR invalid expire time in '" + std::string(name) + "' command";
}

}  // namespace command
