// Commands sent from Lua scripts and functions: what the scripts are, and how their replies are compared.
//
// A script takes one command, or two, as arguments, calls them and returns what they answer, so that a reply goes
// through Lua's values and back. What differs then although the commands agree is the order of Lua's tables alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator.h"
#include "link.h"

namespace differential {

struct ScriptForm {
  const char* body;    // Of a chunk, or of a function (KEYS, ARGV).
  size_t commands;     // That it calls, 0 to 2; if 2, the number of words of the first comes before them.
  int first_reply_at;  // In the array that it returns; -1: it returns the one reply itself.
  bool resp3;          // Maps and sets are tables, whose order is each server's own.
};

// Of the text of a script, what EVALSHA takes.
using Digests = std::map<std::string, std::string>;

const ScriptForm& draw_form(Pools* pools);
const ScriptForm& plain_form();

// The commands, as many as the form takes, as arguments of a call of it.
Item wrapped(const ScriptForm& form, std::vector<Item> commands, Pools* pools);

// Calls no command, but returns or raises a value.
Item value_script(Pools* pools);

// Loads the functions and scripts that the items call. The digests are none if the server refuses one.
Digests load_scripts(Link* server);

// As it is sent; without digests EVALSHA keeps the text of its script, for people.
Words sent_words(const Item& item, const Digests& digests);

enum class Verdict { kSame, kAccepted, kDifferent };

Verdict judge_script(const Item& item, const Value& ours, const Value& reference);

}  // namespace differential
