// What one string key does, one command at a time: the sequential specification that histories are checked against.
//
// Shape   A key is absent or holds bytes. apply_to_key() changes it and returns the raw RESP2 reply that a correct
// server gives. Source  Valkey 9.1.2's replies, which the tests confirm by running against it.
#pragma once

#include <optional>
#include <string>
#include <vector>

enum class Verb {
  kGet,
  kSet,
  kSetNx,
  kGetSet,
  kGetDel,
  kIncr,
  kAppend,
  kDel,
  kSetIfEqual,
  kDelIfEqual,
  kSetRange,
  kStrlen
};
inline constexpr int kVerbs = 12;

struct KeyOperation {
  Verb verb = Verb::kGet;
  std::string value = {};      // what it writes
  std::string condition = {};  // what IFEQ compares with
  int offset = 0;              // SETRANGE's
  // A command on a collection instead of the verb (collection_model.h).
  std::vector<std::string> words = {};
};

using KeyState = std::optional<std::string>;

std::string apply_to_key(const KeyOperation& operation, KeyState& state);
