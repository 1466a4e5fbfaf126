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
  kIdle,       // As kExact, but for the times since, and of, a delivery or a visit.
  kShape,      // The same type, or the same error: the value itself is random or the server's own.
};

// nullptr if the command is sent; else why not.
const char* exclusion_reason(const CommandSyntax& command);

// Of those that are never sent alone, what scripts may call: what would wait does not there, or it is refused.
bool only_in_scripts(const CommandSyntax& command);

// One in so many commands is called by a script.
inline constexpr uint64_t kScriptShare = 8;
inline constexpr uint64_t kScriptlessEvery = 8;  // Of so many streams two have no scripts, one in each version of RESP.

// How often the command is drawn; 100 is usual.
int weight_of(const CommandSyntax& command);

Comparison comparison_of(std::string_view command_name);

// Milliseconds for commands that answer in milliseconds, else seconds.
int64_t time_tolerance(std::string_view command_name);

// nullptr if the difference counts; else why we want it so.
const char* accepted_difference(std::string_view command_name, const std::vector<std::string>& arguments,
                                const Value& ours, const Value& reference);

// Whether OBJECT ENCODING tells of an integer that a script may have set: a text in the reference, whose scripts share
// their arguments with what they call.
bool is_integer_of_script(std::string_view command_name, const Value& ours, const Value& reference);

}  // namespace differential
