// User: what everybody may know of who a client is. The rules are acl::User's, which derives from it.
//
// Threads  never changed: new rules make a new one, and whoever still uses the old one keeps it.
#pragma once

#include <cstdint>
#include <string>

namespace session {

struct User {
  std::string name;
  uint64_t id = 0;       // stays when the rules change; a user that was deleted and made again has another
  bool may_all = false;  // every command, on all keys, channels and databases

 protected:
  User() = default;
  User(const User&) = default;
  User& operator=(const User&) = default;
  ~User() = default;
};

}  // namespace session
