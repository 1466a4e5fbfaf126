// ScriptCache: the scripts that EVALSHA finds, by the SHA-1 of their text.
//
// What only EVAL brought is kept as long as it is among the kMostEvaluated last used; what SCRIPT LOAD brought stays.
//
// Threads  whoever holds the token U.
// Source   valkey-server 9.1.2: commands-since-7.2.md, 7.3.
#pragma once

#include <array>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "scripting/program.h"

namespace scripting {

struct Script {
  std::string sha;
  std::string text;
  Program program;
  bool stays = false;
};

// 40 lower-case hexadecimal digits.
using Sha1Digits = std::array<char, 40>;
void write_sha1(std::string_view text, Sha1Digits& digits);

class ScriptCache {
 public:
  static constexpr size_t kMostEvaluated = 500;

  // By digits of either case; null if it is not there. The script counts as used now.
  Script* find(std::string_view sha);
  bool has(std::string_view sha) const;
  // REQUIRES: it is not there. Calls evict(script) for one that must go.
  template <typename Evict>
  Script& add(Script script, Evict evict) {
    if (!script.stays && evaluated_ >= kMostEvaluated) {
      const auto oldest = scripts_of_eval_.begin();
      evict(*oldest);
      by_sha_.erase(oldest->sha);
      bytes_ -= bytes_of(*oldest);
      scripts_of_eval_.erase(oldest);
      --evaluated_;
    }
    return insert(std::move(script));
  }
  void keep(Script& script);
  void clear();

  size_t size() const { return by_sha_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  static size_t bytes_of(const Script& script) { return sizeof(Script) + script.sha.size() + script.text.size(); }
  Script& insert(Script script);

  std::list<Script> scripts_of_eval_;  // the least recently used first
  std::list<Script> loaded_;
  std::unordered_map<std::string_view, std::list<Script>::iterator> by_sha_;
  size_t evaluated_ = 0;
  size_t bytes_ = 0;
};

}  // namespace scripting
