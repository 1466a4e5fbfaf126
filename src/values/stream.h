// Stream: entries of fields and values by growing id, with consumer groups.
//
// Shape    a handle to one body: nodes of entries (stream_node.h) in a SortedIndex by their first id, counters, and the
//          groups by name. A stream may be empty, and is a value all the same.
// Cost     to append is O(fields), amortised; to find an entry O(log nodes) and a walk through one node. To trim is
//          O(nodes that go), and a walk through one node if that is exact.
// Limits   nodes end at StreamLimits, and never exceed kMostNodeBytes.
// Threads  the owner's; destroy() may run elsewhere.
// Errors   what may not be done is told by an empty optional; texts are the commands'.
// Source   ids, trimming, entries-read and lag are those of valkey-server 9.1.2: tests/transcripts/streams.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "structures/sorted_index.h"
#include "values/collection.h"
#include "values/stream_group.h"
#include "values/stream_id.h"
#include "values/stream_node.h"

namespace values {

// What a node holds at most; zero: no limit of this kind.
struct StreamLimits {
  uint64_t node_max_bytes = 0;
  uint64_t node_max_entries = 0;
};

// What trimming takes away from the front.
struct StreamTrim {
  enum class By : uint8_t { kNothing, kLength, kId };
  By by = By::kNothing;
  bool approximate = false;  // whole nodes only
  uint64_t max_length = 0;   // By::kLength: as many entries stay
  StreamId min_id;           // By::kId: entries below it go
  uint64_t most = 0;         // entries that may go, whole nodes at a time; zero: no limit
};

struct StreamCounters {
  uint64_t length = 0;
  StreamId last_id;         // of the last entry ever added, or as XSETID says
  StreamId first_id;        // of the first entry; zero in an empty stream
  StreamId max_deleted_id;  // the greatest one that XDEL took
  uint64_t entries_added = 0;
};

class Stream {
 public:
  static constexpr Type kType = Type::kStream;
  static constexpr bool kMayBeEmpty = true;

  struct Node {
    StreamId id;
    structures::Listpack pack;
    StreamNodeView view() const { return {pack, id}; }
  };
  using Nodes = structures::SortedIndex<Node, ByStreamId<Node>>;
  using Groups = structures::SortedIndex<ConsumerGroup*, ByName<ConsumerGroup>>;

  static Stream make();
  static Stream from_word(uint64_t word) { return Stream(reinterpret_cast<Body*>(word)); }
  Stream() = default;
  uint64_t word() const { return reinterpret_cast<uint64_t>(body_); }
  void destroy();
  Stream copy() const;

  uint64_t size() const { return counters().length; }
  bool empty() const { return size() == 0; }
  std::string_view encoding() const { return "stream"; }
  size_t memory_bytes() const;
  uint64_t free_cost() const;

  const StreamCounters& counters() const { return body_->counters; }
  const Nodes& nodes() const { return body_->nodes; }
  // Of the reference's radix tree over the nodes.
  uint64_t radix_nodes() const { return body_->radix_nodes; }

  // The id that a new entry gets; none if it would not be above the last one.
  std::optional<StreamId> new_id(const NewStreamId& wanted, uint64_t now_ms) const;
  // REQUIRES: `id` is above the last one; `pairs` are fields, each before its value, below kMostNodeBytes together.
  void append(StreamId id, std::span<const std::string_view> pairs, const StreamLimits& limits);
  bool erase(StreamId id);
  // How many entries went.
  uint64_t trim(const StreamTrim& trim);
  bool contains(StreamId id) const;

  // What XSETID sets.
  void set_last_id(StreamId id) { body_->counters.last_id = id; }
  void set_entries_added(uint64_t count) { body_->counters.entries_added = count; }
  void set_max_deleted_id(StreamId id) { body_->counters.max_deleted_id = id; }

  const Groups& groups() const { return body_->groups; }
  // Null if there is none.
  ConsumerGroup* group(std::string_view name) const;
  // REQUIRES: there is none of this name.
  ConsumerGroup& add_group(std::string_view name, StreamId last_id, int64_t entries_read);
  bool erase_group(std::string_view name);

  // Entries up to `id`, of all that were ever added; ConsumerGroup::kUnknown if that cannot be told.
  int64_t estimated_entries_read(StreamId id) const;
  // Entries that the group has not read yet; none if that cannot be told.
  std::optional<uint64_t> lag(const ConsumerGroup& group) const;
  // The group got the entry `id`, which is above its last one.
  void delivered(ConsumerGroup& group, StreamId id) const;

  // For a loader: a node from outside behind all others. REQUIRES: is_stream_node(bytes).
  bool add_node(StreamId id, std::string_view bytes);
  // And what is not in the nodes; `length` and `first_id` of it count as well.
  void restore_counters(const StreamCounters& counters) { body_->counters = counters; }

 private:
  struct Body {
    Nodes nodes;
    StreamCounters counters;
    uint64_t radix_nodes = 1;
    uint64_t pack_bytes = 0;  // of all nodes, without what the allocator rounds up
    Groups groups;
  };
  explicit Stream(Body* body) : body_(body) {}

  bool tail_has_room(const Node& tail, std::span<const std::string_view> pairs, const StreamLimits& limits) const;
  void insert_node(StreamId id, structures::Listpack pack);
  Nodes::Cursor erase_node(Nodes::Cursor at);
  template <typename Change>
  void change_pack(Node& node, Change change);
  uint64_t trim_node(Node& node, const StreamTrim& trim);
  bool node_goes(const Node& node, const StreamTrim& trim) const;
  void find_first_id();
  bool has_tombstones_from(StreamId id) const;

  Body* body_ = nullptr;
};

// Walks the entries of a stream that are not deleted, within bounds, both inclusive.
//
//   StreamReader reader(stream, first, last, StreamReader::Direction::kForward);
//   while (reader.next()) { reader.entry().id() ...; while (reader.has_pair()) reader.next_pair() ... }
//
// It holds until the stream changes.
class StreamReader {
 public:
  enum class Direction : uint8_t { kForward, kBackward };
  StreamReader(const Stream& stream, StreamId first, StreamId last, Direction direction);

  bool next();
  const StreamEntry& entry() const { return entry_; }
  bool has_pair() const { return StreamNodeView::has_unread(entry_); }
  StreamNodeView::Pair next_pair() { return node_->next_pair(entry_); }

 private:
  bool step();
  bool enter_node();

  StreamId first_;
  StreamId last_;
  bool forward_;
  Stream::Nodes::Cursor at_;
  std::optional<StreamNodeView> node_;  // none before the first step
  StreamEntry entry_;
};

}  // namespace values
