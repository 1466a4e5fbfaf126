// Rules: the words that make a user: "on", ">password", "~keys*", "%R~keys*", "&channel", "db=1,2", "+get", "-@write",
// "(+set ~other*)". Each changes what those before it made.
//
//   Editor editor(commands, new_users);
//   auto failed = editor.apply(user, rule);
//
// Source   valkey-server 9.1.2: tests/transcripts/acl, tests/unit/acl/rules_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acl/user.h"
#include "base/result.h"

namespace acl {

// Of a rule that names no command or category: a later version might know it.
constexpr base::Error kUnknownCommand{"Unknown command or category name in ACL"};
inline bool is_unknown_command(base::Error error) { return error.text() == kUnknownCommand.text(); }

class Editor {
 public:
  // `new_channels`: whether a new user may use all channels (acl-pubsub-default).
  Editor(const Commands& commands, bool new_channels) : commands_(commands), new_channels_(new_channels) {}

  // A user that may do nothing, and one that may do everything: the default user of a server without rules.
  User make(std::string_view name, uint64_t id) const;
  User make_default(uint64_t id) const;

  base::Result<base::Done> apply(User& user, std::string_view rule) const;

 private:
  Selector new_selector() const;
  void reset(User& user) const;
  base::Result<base::Done> add_selector(User& user, std::string_view rule) const;
  base::Result<base::Done> apply(Selector& selector, std::string_view rule) const;
  base::Result<base::Done> change_command(Selector& selector, std::string_view rule) const;
  base::Result<base::Done> allow_first_word(Selector& selector, std::string_view rule) const;
  base::Result<base::Done> change_category(Selector& selector, std::string_view rule) const;
  void set_all_commands(Selector& selector, bool allowed) const;
  void set_command(Selector& selector, const command::Command& command, bool allowed) const;

  const Commands& commands_;
  bool new_channels_;
};

// A rule in parentheses that came as several words is one word again. The failure is the word whose parenthesis is
// never closed.
base::Result<std::vector<std::string>, base::Failure> join_selectors(std::span<const std::string_view> words);

// Whether a text has a blank or a NUL.
bool has_blanks(std::string_view text);

}  // namespace acl
