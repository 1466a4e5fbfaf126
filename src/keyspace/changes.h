// Changes: what the keyspace tells of keys that change, and to whom.
//
// Two kinds of listeners. Those of keyspace events (notify-keyspace-events) want names: "lpush", "expired"; a sink that
// lies above publishes them. Those that watch single keys are noted in the key's shard (observers.h).
//
// Threads  called under the lock of the key's shard, in the order of the key's changes.
#pragma once

#include <cstdint>
#include <string_view>

namespace keyspace {

// Classes of events; config::KeyspaceEvents has the same bits.
enum Event : uint32_t {
  kGenericEvent = 1U << 0,
  kStringEvent = 1U << 1,
  kListEvent = 1U << 2,
  kSetEvent = 1U << 3,
  kHashEvent = 1U << 4,
  kSortedSetEvent = 1U << 5,
  kExpiredEvent = 1U << 6,
  kEvictedEvent = 1U << 7,
  kStreamEvent = 1U << 8,
  kNewEvent = 1U << 10,
  kMissEvent = 1U << 13,
};

class ChangeSink {
 public:
  // Called for the classes in Unit::events.
  virtual void on_event(Event event, std::string_view name, uint32_t database, std::string_view key) = 0;

 protected:
  ~ChangeSink() = default;
};

}  // namespace keyspace
