// BlockedCall: a command that waits for keys, with all that it takes to run it again for its client, on any worker.
//
// Threads  made by its client's worker; while it is claimed, whoever serves it has it alone, and after that, by the
//          message that it was served, its client's worker again. So it is shared, and lives until both have let go.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "acl/user.h"
#include "command/call.h"
#include "command/table.h"
#include "dispatch/client.h"
#include "keyspace/waiters.h"
#include "resp/buffer.h"
#include "session/session.h"

namespace dispatch {

struct BlockedCall : keyspace::BlockedCommand {
  uint32_t worker = 0;
  uint64_t client = 0;
  const command::Command* command = nullptr;
  std::vector<std::string> words;
  std::vector<keyspace::Key> keys;  // in the order of the row; their texts are in `words`
  session::Session session;         // what a handler may ask of it
  std::shared_ptr<session::Mail> mail;
  std::shared_ptr<keyspace::Tracker> tracker;  // of the client, or null
  bool remembers = false;                      // its reads are tracked
  base::WallTime started;
  size_t request_bytes = 0;

  // What serving it made.
  resp::Buffer reply;
  int64_t ns = 0;
  bool refused = false;  // its checks refused it now,
  acl::Verdict verdict;  // maybe this one
};

}  // namespace dispatch
