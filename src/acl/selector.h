// Selector: what a user may do: some commands, on some keys, channels and databases. A user has a root selector and any
// number of others; one of them must allow all that a command does.
//
// Cost     a command: a bit. A key, a channel: its patterns in turn. A database: a search in a sorted list.
// Threads  written by who makes a user; never changed after that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "command/table.h"

namespace acl {

enum Access : uint8_t { kRead = 1, kWrite = 2, kReadWrite = kRead | kWrite };

struct KeyPattern {
  uint8_t access = 0;
  std::string text;
};

struct Selector {
  // Commands: by Command::index, subcommands apart.
  std::vector<bool> commands;
  // Of commands that are not among those: allowed with one of these first words, which are in lower case.
  std::map<uint32_t, std::vector<std::string>> first_words;
  // The rules that made all this, beginning from every command or from none: "+get", "-@write".
  bool from_all = false;
  std::vector<std::string> command_rules;

  bool all_keys = false;
  std::vector<KeyPattern> keys;
  bool all_channels = false;
  std::vector<std::string> channels;
  bool all_databases = true;
  std::vector<int32_t> databases;  // sorted

  bool may_all() const;  // every command, on everything

  // Questions about a command's parts. `first_word`: the one behind its name, or nothing.
  bool allows_command(const command::Command& command, std::string_view first_word) const;
  bool allows_key(std::string_view name, uint16_t key_flags) const;  // command::KeyFlags
  bool allows_every_key(uint8_t access) const;
  // Whether there is anything that may be done to this key.
  bool knows_key(std::string_view key) const;
  // A pattern to listen to must be one of the selector's own.
  bool allows_channel(std::string_view name, bool is_pattern) const;
  bool allows_database(int64_t index) const;

  // As ACL GETUSER shows it.
  std::string commands_text() const;
  std::string keys_text() const;
  std::string channels_text() const;
  std::string databases_text() const;
  // As the rules that make it: "~k* resetchannels -@all +get".
  std::string text() const;
};

}  // namespace acl
