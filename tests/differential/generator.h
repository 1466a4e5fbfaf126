// Makes command streams from the syntax: mostly valid commands, a fraction of malformed ones, and two special items.
//
// A stream is a function of its seed and of the list of commands, so a seed gives it again.
#pragma once

#include <string>
#include <vector>

#include "grammar.h"
#include "pools.h"

namespace differential {

using Words = std::vector<std::string>;

struct Item {
  enum class Kind {
    kCommand,  // One command, pipelined with its neighbours.
    kSweep,    // A whole SCAN iteration with these options, compared as a set.
    kDying,    // Keys are set with a short life; after it, the commands in `then` meet them dead.
  };
  Kind kind = Kind::kCommand;
  std::string name;  // Of the command, "config|get".
  Words words;       // The command; the options of the sweep; the keys that die.
  std::vector<Item> then;
};

class Generator {
 public:
  Generator(std::vector<CommandSyntax> commands, uint64_t seed);

  std::vector<Item> stream(size_t length);
  void leave_out_sweeps() { sweeps_ = false; }

 private:
  Item command();
  Item sweep();
  Item dying();

  void append_all(const std::vector<Argument>& arguments, const CommandSyntax& command, Words* words);
  void append(const Argument& argument, const CommandSyntax& command, Words* words);
  void append_value(const Argument& argument, const CommandSyntax& command, Words* words);
  std::string value_of(const Argument& argument, const CommandSyntax& command);
  void damage(const CommandSyntax& command, Words* words);
  std::string spelled(const std::string& word);

  const CommandSyntax& draw();

  std::vector<CommandSyntax> commands_;
  std::vector<uint64_t> weights_up_to_;
  Pools pools_;
  bool sweeps_ = true;
  size_t last_repeats_ = 0;  // How often the last repeated argument was written: what numkeys must say.
};

}  // namespace differential
