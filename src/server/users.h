// Users as the server keeps them: where they come from at the start, who is logged in, and what the default user's
// password is.
#pragma once

#include <string>
#include <string_view>

#include "acl/file.h"
#include "command/call.h"
#include "config/row.h"
#include "config/settings.h"
#include "server/server.h"

namespace server {

// What is wrong with the `user` lines of the configuration, where no command needs to be known: the start ends with it.
config::Outcome check_user_directives(const acl::Commands& commands, const config::Settings& settings);
// All that is wrong with one of them.
config::Outcome check_user_directive(const acl::Commands& commands, const config::Directive& directive);

// The users that the settings name, in their lines or in the ACL file. The failure is a line for the log; nothing has
// changed then. Before there are clients.
config::Outcome load_users(Server& server, const config::Settings& settings);

// Puts the users of the ACL file in force, and returns them. The failure is an error reply but for its code; nothing
// has changed then. Reads a file: without locks.
base::Result<std::shared_ptr<const acl::Users>, base::Failure> load_acl_file(Server& server,
                                                                             const config::Settings& settings);

// Puts users in force. REQUIRES: Registry::edits() is held, or there are no clients yet.
void publish_users(Server& server, acl::Users users);

// requirepass: the only password of the default user; empty: it needs none.
void set_default_password(Server& server, std::string_view password);
// requirepass-file: all passwords of the default user, each as its acl::password_hash(). REQUIRES: there is one.
void set_default_passwords(Server& server, std::span<const std::string> hashes);
// The hashes of the passwords of requirepass-file. The failure is a line for the log.
base::Result<std::vector<std::string>, base::Failure> read_password_file(const std::string& path);

// Whether the client is to be closed since its user has gone, or listens to channels that its user may not any more.
bool has_lost_its_user(dispatch::Worker& worker, const dispatch::Client& client, const acl::Users& users);
// Whether the client listens to something that its user, with these rules, may not.
bool listens_without_right(dispatch::Worker& worker, const dispatch::Client& client, const acl::User& user);

// What makes a user as the settings say.
acl::Editor editor_of(Server& server, const config::Settings& settings);

// Makes the call's client that user, or says false, counts it and notes it in ACL LOG.
bool log_in(command::Call& call, std::string_view user, std::string_view password);

}  // namespace server
