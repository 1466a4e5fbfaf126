// Takes out of a command what two servers may rightly do differently: a clock's id, a random member, a wait.
#pragma once

#include <string>
#include <vector>

#include "grammar.h"
#include "vocabulary.h"

namespace differential {

// After all else was done to the command.
void settle(const CommandSyntax& command, Vocabulary* vocabulary, std::vector<std::string>* words);

// Whether a word may be put anywhere in it.
bool may_be_damaged(const CommandSyntax& command, const std::vector<std::string>& words);

}  // namespace differential
