// Commands: the command table as rules see it: names that renaming leaves alone, categories as bits, and which commands
// are about the selected database.
//
// Threads  built once, then read by all.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "command/table.h"

namespace acl {

class Commands {
 public:
  explicit Commands(const command::Table& table);

  // By the name of its row, "get" or "client|kill", in any case of letters; null if there is none.
  const command::Command* find(std::string_view full_name) const;
  // The bit of a category's name, in any case of letters; 0 if there is none.
  static uint32_t category(std::string_view name);

  // All that have rights of their own.
  const std::vector<const command::Command*>& all() const { return ruled_; }
  // What has the rights of a command: a form of one (command::Command::forms) has that one's.
  const command::Command& ruled(const command::Command& command) const { return *facts_[command.index].ruled; }
  bool is_in(const command::Command& command, uint32_t category) const {
    return (facts_[command.index].categories & category) != 0;
  }
  // Whether it does something to the selected database, or to keys in it.
  bool uses_selected_database(const command::Command& command) const {
    return facts_[command.index].uses_selected_database;
  }
  // Above every Command::index.
  size_t index_end() const { return facts_.size(); }

 private:
  struct Facts {
    const command::Command* ruled = nullptr;
    uint32_t categories = 0;
    bool uses_selected_database = false;
  };

  std::vector<const command::Command*> ruled_;
  std::vector<Facts> facts_;  // by Command::index
};

}  // namespace acl
