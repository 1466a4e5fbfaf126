// The words that each type's commands want: keys that mostly hold that type, fields, members, scores, bounds, ids,
// groups, consumers. From plain pools nearly every reply would be an error.
#pragma once

#include <optional>
#include <string>

#include "grammar.h"
#include "pools.h"

namespace differential {

// The one sorted set whose scores are all 0, so that ranges of texts of it are defined. Only vocabulary.cc names it.
inline constexpr std::string_view kTextKey = "lex";

class Vocabulary {
 public:
  explicit Vocabulary(Pools* pools) : pools_(*pools) {}

  std::string key(const CommandSyntax& command);
  // What stands for the argument of this name, if its command wants a word of its own.
  std::optional<std::string> word(const std::string& name, const CommandSyntax& command);
  // Greater than each before, so that most XADD are taken.
  std::string next_entry_id();
  // The ends of ranges of sorted sets.
  std::string score_bound();
  std::string text_bound();

 private:
  std::optional<std::string> hash_word(const std::string& name, const CommandSyntax& command);
  std::optional<std::string> list_word(const std::string& name);
  std::optional<std::string> set_word(const std::string& name);
  std::optional<std::string> sorted_set_word(const std::string& name, const CommandSyntax& command);
  std::optional<std::string> sort_word(const std::string& name);
  std::optional<std::string> geo_word(const std::string& name);
  std::optional<std::string> stream_word(const std::string& name, const CommandSyntax& command);
  std::optional<std::string> restore_word(const std::string& name);
  std::string numbered(const char* prefix, uint64_t count) { return prefix + std::to_string(pools_.below(count)); }
  std::string small_integer() { return std::to_string(static_cast<int64_t>(pools_.below(60)) - 10); }
  std::string entry_id();
  std::string entry_bound();
  std::string weight_key();

  Pools& pools_;
  uint64_t entries_ = 0;  // Ids handed out by next_entry_id().
};

}  // namespace differential
