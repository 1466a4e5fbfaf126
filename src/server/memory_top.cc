// MEMORY TOP: the largest keys, from what is kept of them as they grow (keyspace/sizes.h).
#include "server/memory_top.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "commands/type_names.h"
#include "server/server.h"

namespace server {

using keyspace::LargeBy;
using keyspace::LargeKey;

std::vector<LargestKey> largest_keys(Server& server, LargeBy by, size_t most) {
  std::vector<LargestKey> found;
  for (uint32_t shard = 0; shard < server.keyspace.shard_count(); ++shard) {
    const keyspace::LargeKeysByDatabase* databases = server.keyspace.all_large_keys(shard);
    if (databases == nullptr) continue;
    for (const auto& [database, large] : *databases) {
      for (const LargeKey& key : large->by(by)) found.push_back({database, &key});
    }
  }
  // Allocations have steps: by bytes many are equal.
  const auto order = [by](const LargestKey& one) {
    return std::tuple(~one.key->measure(by), ~one.key->size.elements, std::string_view(one.key->key), one.database);
  };
  std::ranges::sort(found, {}, order);
  if (found.size() > most) found.resize(most);
  return found;
}

void memory_top(command::Call& call) {
  constexpr int64_t kMost = 1000;
  command::Args args = call.args();
  const int64_t most = args.integer(1, kMost, command::Error("ERR count must be between 1 and 1000"));
  LargeBy by = LargeBy::kBytes;
  if (args.accept("by")) {
    if (args.accept("elements")) {
      by = LargeBy::kElements;
    } else if (!args.accept("bytes")) {
      args.fail(command::kSyntaxError);
    }
  }
  if (!args.done()) return call.fail(args.error());
  const auto keys = largest_keys(server_of(call), by, static_cast<size_t>(most));
  resp::Writer& reply = call.reply();
  reply.array(keys.size());
  for (const auto& [database, key] : keys) {
    reply.map(5);
    reply.bulk("key");
    reply.bulk(key->key);
    reply.bulk("db");
    reply.integer(database);
    reply.bulk("type");
    reply.bulk(commands::type_name(key->size.type));
    reply.bulk("bytes");
    reply.integer(static_cast<int64_t>(key->size.bytes));
    reply.bulk("elements");
    reply.integer(static_cast<int64_t>(key->size.elements));
  }
}

}  // namespace server
