// The subcommands of ACL that change users.
//
// Threads  who changes users holds all locks. Clients that lose what they have are closed before the reply, each by its
//          own worker.
#pragma once

#include "command/call.h"

namespace server {

void acl_set_user(command::Call& call);
void acl_delete_users(command::Call& call);
void acl_load(command::Call& call);
void acl_save(command::Call& call);

}  // namespace server
