// LargeReply: a command whose reply is written in slices (large_reply.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "command/call.h"
#include "command/table.h"
#include "keyspace/large_reads.h"
#include "keyspace/shard_lock.h"
#include "resp/buffer.h"

namespace dispatch {

struct LargeReply final : keyspace::LargeRead {
  // Of the client's own worker.
  uint64_t client = 0;
  const command::Command* command = nullptr;
  std::vector<std::string> words;
  base::WallTime started;
  size_t request_bytes = 0;
  int protocol = 2;
  int64_t ns = 0;  // that the command has taken

  // Under the lock of the key's shard.
  std::unique_ptr<command::Slices> left;
  resp::Buffer reply;
  std::vector<keyspace::Waiter> waiting;  // to change the key, to be told when this is done

  void write_some();
  void finish() override;
};

}  // namespace dispatch
