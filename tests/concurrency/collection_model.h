// What one key does that holds a list, hash, set, sorted set or stream: the sequential specification of those commands.
//
// Shape   As string_model.h, but an operation is its words behind the key's name, and the state is a text of lines: one
//         for each element, and for a stream its last id before them. Every key has one kind for good.
// Limits  Elements, fields and members are of few, so that clients meet; scores and values are integers.
// Source  Valkey 9.1.2's replies, which the tests confirm by running against it.
#pragma once

#include <string>
#include <vector>

#include "string_model.h"
#include "test_options.h"

enum class Kind { kList, kHash, kSet, kSortedSet, kStream };
inline constexpr int kKinds = 5;

// A command's words without the key: {"LPUSH", "17"} stands for LPUSH key 17. `unique` is a number that no other
// command has; greater ones come later.
std::vector<std::string> random_words(Kind kind, Random& random, uint64_t unique);
// The command whose reply tells the whole state.
std::vector<std::string> reading_words(Kind kind);

std::string apply_words(const std::vector<std::string>& words, KeyState& state);
