// Table: all rows by name, and each row's index for its statistics.
//
// Cost     a lookup: one hash of the name in lower case and one comparison.
// Threads  built once, then read by all.
#pragma once

#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace command {

struct Command {
  const Spec* spec = nullptr;
  uint32_t index = 0;                       // dense, for per-thread statistics
  std::vector<const Command*> subcommands;  // of a container
};

class Table {
 public:
  // A container's row comes before those of its subcommands. CHECKs that no name comes twice.
  explicit Table(std::span<const std::span<const Spec>> families);

  // By the first word of a request, in any case of letters; null if there is none.
  const Command* find(std::string_view name) const;
  // A container's subcommand, by the second word.
  static const Command* find_subcommand(const Command& container, std::string_view name);
  // By "client|kill" or "get".
  const Command* find_full(std::string_view full_name) const;

  // All commands, containers and subcommands included, in the order of the families.
  const std::deque<Command>& all() const { return commands_; }
  size_t size() const { return commands_.size(); }

 private:
  struct Slot {
    uint64_t hash = 0;
    const Command* command = nullptr;
  };
  static uint64_t hash_of(std::string_view name);

  std::deque<Command> commands_;
  std::vector<Slot> slots_;  // open addressing, a power of two
};

}  // namespace command
