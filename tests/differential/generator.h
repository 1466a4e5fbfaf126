// Makes command streams from the syntax: mostly valid commands, a fraction of malformed ones, and two special items.
//
// A stream is a function of its seed and of the list of commands, so a seed gives it again.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "grammar.h"
#include "pools.h"
#include "vocabulary.h"

namespace differential {

using Words = std::vector<std::string>;

struct ScriptForm;

struct Item {
  enum class Kind {
    kCommand,      // One command, pipelined with its neighbours.
    kSweep,        // A whole SCAN iteration with these options, compared as a set.
    kTransaction,  // MULTI, the commands in `then`, EXEC, whose replies are compared as those of the commands.
    kScript,       // The commands in `then` are called by a script of this form; the words of its call before theirs.
    kDying,        // Keys are set with a short life; after it, the commands in `then` meet them dead.
  };
  Kind kind = Kind::kCommand;
  std::string name;  // Of the command, "config|get".
  Words words;       // The command; the options of the sweep; the keys that die.
  std::vector<Item> then;
  const ScriptForm* form = nullptr;
};

struct ScriptPart {
  uint64_t share = 0;                 // One in so many commands is called by a script; 0: none.
  std::vector<CommandSyntax> others;  // What only scripts call, since sent alone it waits or changes the connection.
  std::set<std::string> left_out;     // Names of items.
};

class Generator {
 public:
  Generator(std::vector<CommandSyntax> commands, uint64_t seed);

  void add_scripts(ScriptPart part) { scripts_ = std::move(part); }
  std::vector<Item> stream(size_t length);
  void leave_out_sweeps() { sweeps_ = false; }
  void leave_out_transactions() { transactions_ = false; }

 private:
  // As it is sent: alone, or called by a script.
  Item command();
  Item script();
  Item plain(const CommandSyntax& syntax);
  Item sweep();
  Item transaction();
  Item dying();

  void append_all(const std::vector<Argument>& arguments, const CommandSyntax& command, Words* words);
  void append(const Argument& argument, const CommandSyntax& command, Words* words);
  void append_block(const Argument& block, const CommandSyntax& command, Words* words);
  void append_value(const Argument& argument, const CommandSyntax& command, Words* words);
  std::string value_of(const Argument& argument, const CommandSyntax& command);
  void damage(const CommandSyntax& command, Words* words);
  std::string spelled(const std::string& word);

  const CommandSyntax& draw();

  std::vector<CommandSyntax> commands_;
  std::vector<uint64_t> weights_up_to_;
  ScriptPart scripts_;
  Pools pools_;
  Vocabulary vocabulary_{&pools_};
  bool sweeps_ = true;
  bool transactions_ = true;
  size_t numkeys_at_ = 0;    // Where the command says how many keys or fields follow; 0 if it does not.
  size_t last_repeats_ = 0;  // How often the last repeated argument was written: what numkeys must say.
};

}  // namespace differential
