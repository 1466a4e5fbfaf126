// User: a name, passwords, and selectors that say what it may do.
//
// Threads  written by who makes it (rules.h); never changed after that (session::User).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acl/commands.h"
#include "acl/selector.h"
#include "command/keys.h"
#include "session/user.h"

namespace acl {

// A part of a command that is not allowed, or nothing. Where several selectors deny, the last of these is told.
enum class Denied : uint8_t { kNothing, kDatabase, kCommand, kKey, kChannel };
struct Verdict {
  Denied denied = Denied::kNothing;
  uint32_t word = 0;  // the one that names the key, channel or database; 0: it names none
  bool allows() const { return denied == Denied::kNothing; }
};

// What is to be run.
struct Attempted {
  const command::Command& command;
  std::span<const std::string_view> words;  // of the row's arity
  uint32_t database = 0;                    // that is selected
  uint32_t database_count = 0;
};

struct User : session::User {
  bool enabled = false;
  bool no_password = false;
  std::vector<std::string> password_hashes;
  std::vector<Selector> selectors;  // the root, then the others

  // Commands that come before authentication are for everybody (command::kNoAuth).
  Verdict check(const Commands& commands, const Attempted& attempted) const;
  // Whether one selector allows both the command and all keys, for reading: SORT's patterns may lead to any.
  bool may_read_every_key(const Commands& commands, const Attempted& attempted) const;
  bool allows_channel(std::string_view channel, bool is_pattern) const;
  // Whether it may learn of this key: some selector names it.
  bool knows_key(std::string_view key) const;
  // Whether every channel that it may use is among those of `other`.
  bool has_no_channel_beyond(const User& other) const;
  bool has_password(std::string_view password) const;

  // As the rules that make it, behind its name.
  std::string text() const;
  // Sets may_all. After the last change of a selector.
  void settle();
};

// The keys that the check is about: what command::find_keys finds and is a key, with what is done to it for these
// words.
void find_checked_keys(const command::Spec& spec, std::span<const std::string_view> words,
                       std::vector<command::KeyWord>& out);

}  // namespace acl
