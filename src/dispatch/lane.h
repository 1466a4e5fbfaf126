// Lane: what a command that runs has of its worker.
#pragma once

#include "dispatch/worker.h"

namespace dispatch {

struct Worker::Lane {
  keyspace::LockSet locks;
  keyspace::Garbage garbage;
  std::unique_ptr<keyspace::Unit> unit;
  Batch batch, transaction_batch;
  size_t deferred_part = Deferral::kWhole;
  resp::Buffer out{kReadBytes};
  std::unique_ptr<char[]> read_buffer{new char[kReadBytes]};
  std::vector<runtime::Mailbox*> bells;
  Client* running = nullptr;
  Client* served = nullptr;
  bool delivers_after_command = false;
  bool has_own_invalidations = false;
  bool error_is_counted = false;
  size_t reply_start = 0;
};

}  // namespace dispatch
