// Consumer groups of a stream: who got which entry and has not acknowledged it yet.
//
// Shape    a group has its pending entries by id, each owned by exactly one consumer, and its consumers by name; a
//          consumer has the ids of its own. Both are SortedIndex, so they consist of small nodes.
// Cost     O(log n) a pending entry and a consumer; O(1) to deliver entries in order.
// Threads  the stream's.
#pragma once

#include <cstdint>
#include <new>
#include <string_view>

#include "structures/sorted_index.h"
#include "values/stream_id.h"

namespace values {

// The order of items that have an id.
template <typename Item>
struct ByStreamId {
  using Key = StreamId;
  static Key key_of(const Item& item) { return item.id; }
  static bool less(const Key& a, const Key& b) { return a < b; }
};

// The order of pointers to what has a name: by its bytes.
template <typename Named>
struct ByName {
  using Key = std::string_view;
  static Key key_of(Named* const& item) { return item->name(); }
  static bool less(const Key& a, const Key& b) { return a < b; }
};

class Consumer {
 public:
  struct Pending {
    StreamId id;
  };
  using PendingIds = structures::SortedIndex<Pending, ByStreamId<Pending>>;

  // When it last tried to get entries, and when it last got one; kNever if not yet.
  static constexpr int64_t kNever = -1;
  int64_t seen_ms = 0;
  int64_t active_ms = kNever;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }
  const PendingIds& pending() const { return pending_; }
  size_t memory_bytes() const { return sizeof(Consumer) + name_bytes_ + pending_.memory_bytes(); }

 private:
  friend class ConsumerGroup;
  static Consumer* make(std::string_view name);
  void destroy();
  explicit Consumer(std::string_view name);
  ~Consumer() = default;

  PendingIds pending_;
  size_t name_bytes_;
};

struct PendingEntry {
  StreamId id;
  int64_t delivered_ms;
  uint64_t deliveries;
  Consumer* consumer;
};

// What the elements of an index (pointers) take together, estimated from the first of them: this is asked at each
// change of a stream, and a client can make groups and consumers without end.
template <typename Index>
size_t sampled_memory(const Index& index) {
  constexpr uint64_t kSampled = 16;
  size_t bytes = 0;
  uint64_t sampled = 0;
  for (auto at = index.first(); at && sampled < kSampled; at.next(), ++sampled) bytes += (*at)->memory_bytes();
  return sampled == 0 ? 0 : bytes * index.size() / sampled;
}

class ConsumerGroup {
 public:
  using Pending = structures::SortedIndex<PendingEntry, ByStreamId<PendingEntry>>;
  using Consumers = structures::SortedIndex<Consumer*, ByName<Consumer>>;

  // Entries that were read, of all that were ever added; kUnknown if that cannot be told.
  static constexpr int64_t kUnknown = -1;
  StreamId last_id;
  int64_t entries_read = kUnknown;

  static ConsumerGroup* make(std::string_view name);
  void destroy();
  ConsumerGroup* copy() const;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }
  const Pending& pending() const { return pending_; }
  const Consumers& consumers() const { return consumers_; }
  size_t memory_bytes() const;
  // About how many allocations it consists of.
  uint64_t free_cost() const;

  // Null if there is none.
  Consumer* consumer(std::string_view name) const;
  // REQUIRES: there is none of this name.
  Consumer& add_consumer(std::string_view name, int64_t now_ms);
  // Its pending entries go with it.
  void erase_consumer(Consumer& consumer);

  // `consumer` owns the entry from now on, whoever had it. The pointer holds until the next change.
  PendingEntry* assign(StreamId id, Consumer& consumer);
  // Whether it was pending.
  bool acknowledge(StreamId id);
  // The same for the entry at a cursor of pending(); the cursor of the next one.
  Pending::Cursor acknowledge(Pending::Cursor at);

 private:
  explicit ConsumerGroup(std::string_view name);
  ~ConsumerGroup() = default;

  Pending pending_;
  Consumers consumers_;
  size_t name_bytes_;
};

}  // namespace values
