// Expiry in the background: frees keys promptly after their time, in bounded slices.
//
// Keys are also deleted when somebody meets them; this is for those that nobody asks for.
#pragma once

#include "keyspace/database.h"

namespace keyspace {

// Deletes what has expired in one shard, looking at about `budget` entries at most. REQUIRES: the shard is held. True
// when nothing that is due was left.
bool expire_shard(Unit& unit, uint32_t shard, int budget);

}  // namespace keyspace
