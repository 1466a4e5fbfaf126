// MEMORY TOP count [BY (BYTES|ELEMENTS)]: the largest keys.
#pragma once

#include <vector>

#include "command/call.h"
#include "keyspace/sizes.h"

namespace server {

class Server;

// The key holds until its shard is let go of.
struct LargestKey {
  uint32_t database;
  const keyspace::LargeKey* key;
};
// The largest first, at most so many. REQUIRES: all locks are held.
std::vector<LargestKey> largest_keys(Server& server, keyspace::LargeBy by, size_t most);

// REQUIRES: all locks are held.
void memory_top(command::Call& call);

}  // namespace server
