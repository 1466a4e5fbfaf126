// The ACL file, a user a line: "user alice on #<hash> ~* +@all". `user` lines of the configuration file are read here
// too.
//
// Errors   all that is wrong with an ACL file, in one text, as the reference tells it.
// Source   valkey-server 9.1.2: tests/unit/acl/file_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acl/users.h"
#include "base/result.h"
#include "config/values.h"

namespace acl {

// What users are made with, and what they replace: a user of a name that was there before keeps its id.
struct Making {
  Registry& registry;
  const Users& before;
  bool new_channels = false;

  Editor editor() const { return Editor(registry.commands(), new_channels); }
  uint64_t id_of(std::string_view name) const;
};

// The users of a file's text; a default user that the text does not name is a new server's. `path`: for errors.
base::Result<Users, base::Failure> read_file(const Making& making, std::string_view text, std::string_view path);
// The text that makes them.
std::string file_text(const Users& users);

// What is wrong with a `user` line whatever the commands are; its rules, where it is right.
base::Result<std::vector<std::string>, base::Failure> check_directive(const Commands& commands,
                                                                      const std::vector<std::string>& words);
// The user that such a line makes; the failure is a line for the log. REQUIRES: check_directive finds nothing wrong.
base::Result<User, base::Failure> make_user(const Editor& editor, uint64_t id, const std::vector<std::string>& words);
// The users of the configuration file's lines, beside those that were there. The failure is a line for the log.
// REQUIRES: check_directive finds nothing wrong.
base::Result<Users, base::Failure> read_directives(const Making& making,
                                                   const std::vector<config::Directive>& directives);

}  // namespace acl
