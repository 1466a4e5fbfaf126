// disk_work: what a command has to do with files is done on a thread for that, one after the other, and its reply
// follows; neither a loop nor a key waits for a slow disk.
//
// Threads  `work` runs on that thread: it may use what any thread may. What it captures is copied.
#pragma once

#include <functional>

#include "config/row.h"
#include "server/server.h"

namespace server {

// Replies OK, or the error that `work` returns. The call is deferred.
inline void reply_after_disk_work(command::Call& call, std::function<config::Outcome()> work) {
  dispatch::Worker& own = worker_of(call);
  call.defer();
  server_of(call).disk().post([&own, whose = own.deferral(), work = std::move(work)] {
    own.loop().mailbox().post([&own, whose, done = work()] {
      own.finish(whose, [&done](resp::Writer& reply) { done ? reply.ok() : reply.error(done.error().text()); });
    });
  });
}

}  // namespace server
