// What the tester knows about single commands: which it leaves out and why, how often it sends the others, how their
// replies are compared, and which differences are accepted. Behaviour as data; every row has its reason.
#pragma once

#include <string_view>

#include "grammar.h"
#include "value.h"

namespace differential {

enum class Comparison {
  kExact,      // The same bytes.
  kUnordered,  // The same elements in any order (a set, a map, a sweep).
  kTime,       // Integers may lie kTimeToleranceMs apart: the two servers read their own clocks.
  kShape,      // The same type, or the same error: the value itself is random or the server's own.
};

// nullptr if the command is sent; else why not.
const char* exclusion_reason(const CommandSyntax& command);

// How often the command is drawn; 100 is usual.
int weight_of(const CommandSyntax& command);

Comparison comparison_of(std::string_view command_name);

// Milliseconds for commands that answer in milliseconds, else seconds.
int64_t time_tolerance(std::string_view command_name);

// nullptr if the difference counts; else why we want it so.
const char* accepted_difference(std::string_view command_name, const std::vector<std::string>& arguments,
                                const Value& ours, const Value& reference);

}  // namespace differential
