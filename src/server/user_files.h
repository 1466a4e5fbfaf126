// UserFiles: the files that users and passwords come from, read again when they change.
//
//   requirepass-file   looked at each second. A password that has left it is valid for requirepass-file-grace seconds
//                      more, so that clients and the server need not change theirs at the same moment.
//   aclfile            looked at each acl-auto-reload-interval, and read as ACL LOAD reads it
//
// Errors   a file that is no good changes nothing and is told once, on the log.
// Threads  start() before there are workers; check() by one worker; everything else on the disk thread.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "config/row.h"
#include "config/settings.h"

namespace server {

class Server;

class UserFiles {
 public:
  // REQUIRES: the users are loaded. The failure is a line for the log.
  config::Outcome start(Server& server, const config::Settings& settings);
  // Once a second.
  void check(Server& server, const config::Settings& settings, int64_t now_s);

  // requirepass-file's passwords, by their hashes: those that it holds, and until when others are valid.
  struct Passwords {
    std::vector<std::string> valid;
    std::map<std::string, int64_t> leaving;  // hash -> seconds of the monotonic clock

    void take(std::vector<std::string> hashes, int64_t now_s, int64_t grace_s);
    // True if some are not valid any more.
    bool drop_late(int64_t now_s);
    std::vector<std::string> all() const;
  };

 private:
  void look_at_passwords(Server& server, const config::Settings& settings, int64_t now_s);
  void look_at_users(Server& server, const config::Settings& settings);

  int64_t checked_s_ = 0;            // check()'s
  std::atomic<bool> looks_ = false;  // the disk may be slow
  Passwords passwords_;
  std::string password_signature_, users_signature_;
};

}  // namespace server
