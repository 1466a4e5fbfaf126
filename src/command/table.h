// Table: all rows by name, and each row's index for its statistics.
//
// A command may be called otherwise than its row: rename().
//
// Cost     a lookup: the name in lower case as two machine words, a multiplication, and one comparison.
// Threads  built once, then read by all.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "command/spec.h"

namespace command {

struct Command {
  const Spec* spec = nullptr;
  std::string_view called;                  // by clients: the row's name, or another by rename(); empty: by none
  uint32_t index = 0;                       // dense, for per-thread statistics
  uint32_t only_key = 0;                    // the word that is its one key, where a command has just one; else 0
  std::vector<const Command*> subcommands;  // of a container
  // Of a command that has a handler itself: rows of their own for calls with a certain second word, which lock
  // otherwise. COMMAND does not tell of them.
  std::vector<const Command*> forms;
  bool is_form = false;
  bool second_word_decides = false;  // it has subcommands or forms
  bool is_known() const { return !called.empty(); }
};

class Table {
 public:
  // A command's row comes before those of its subcommands and forms. CHECKs that no name comes twice.
  explicit Table(std::span<const std::span<const Spec>> families);

  // A command, called `name` so far, is called `new_name` from now on, and so are its subcommands; by an empty name
  // nobody can. Only before others read the table.
  base::Result<base::Done> rename(std::string_view name, std::string_view new_name);

  // By the first word of a request, in any case of letters; null if there is none.
  const Command* find(std::string_view name) const;
  // A container's subcommand, by the second word.
  static const Command* find_subcommand(const Command& container, std::string_view name);
  // What words run whose first means `command`: its subcommand (null if there is none), its form, or itself.
  static const Command* called(const Command& command, std::span<const std::string_view> words) {
    return command.second_word_decides && words.size() > 1 ? find_by_second_word(command, words[1]) : &command;
  }
  // By "client|kill" or "get".
  const Command* find_full(std::string_view full_name) const;

  // All commands, containers and subcommands included, in the order of the families.
  const std::deque<Command>& all() const { return commands_; }
  size_t size() const { return commands_.size(); }

 private:
  static const Command* find_by_second_word(const Command& command, std::string_view word);

  // The first 16 bytes in lower case, and the length: two words to compare instead of a text.
  struct Folded {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Folded&) const = default;
  };
  static Folded fold(std::string_view name);
  static uint64_t hash_of(const Folded& folded) {
    return (folded.low * 0x9e3779b97f4a7c15) ^ (folded.high * 0xc2b2ae3d27d4eb4f);
  }
  struct Slot {
    Folded folded;
    const Command* command = nullptr;
  };
  void insert(const Command& command);

  std::deque<Command> commands_;
  std::deque<std::string> new_names_;
  std::vector<Slot> slots_;  // open addressing, a power of two
};

}  // namespace command
