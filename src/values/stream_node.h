// A node of a stream: entries with neighbouring ids in one listpack, byte for byte as RDB files and DUMP carry it.
//
// Shape    count, deleted, number of fields, the fields, 0: the master entry, whose fields are those of the first entry
//          that was added. Then the entries, each with its flags, its id less the node's (milliseconds, sequence), then
//          its values if its fields are the master's, else the number of fields and each field before its value, and at
//          the end how many elements of the listpack it takes without this one. A deleted entry keeps its place.
// Cost     reads O(elements passed). To append is one change of the listpack.
// Limits   a listpack's; callers keep a node below kMostNodeBytes.
// Threads  the owner's.
// Errors   a stranger's bytes pass is_stream_node() first.
// Source   the RDB files of valkey-server 9.1.2.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "structures/listpack.h"
#include "values/stream_id.h"

namespace values {

inline constexpr uint64_t kMostNodeBytes = uint64_t{1} << 30;

// An entry of a node, and how far its fields were read.
class StreamEntry {
 public:
  StreamId id() const { return id_; }
  bool is_deleted() const { return deleted_; }
  uint32_t fields() const { return fields_; }

 private:
  friend class StreamNodeView;
  using Position = structures::ListpackView::Position;
  StreamId id_;
  Position at_ = structures::ListpackView::kNone;  // of its flags
  Position cursor_ = 0;                            // of the next field or value to be read
  Position name_ = 0;                              // of the next field, if the fields are the master's
  uint32_t fields_ = 0;
  uint32_t unread_ = 0;  // fields
  bool deleted_ = false;
  bool same_fields_ = false;
};

class StreamNodeView {
 public:
  // `id` is that of the node: no entry's is below it.
  StreamNodeView(structures::ListpackView pack, StreamId id);

  int64_t live() const { return live_; }
  int64_t deleted() const { return deleted_; }

  // These say whether there is such an entry, deleted ones included, and put it into `entry`.
  bool first(StreamEntry& entry) const { return read(first_entry_, entry); }
  bool last(StreamEntry& entry) const { return read_before(structures::ListpackView::kNone, entry); }
  bool next(StreamEntry& entry) const;
  bool previous(StreamEntry& entry) const { return read_before(entry.at_, entry); }
  bool find(StreamId id, StreamEntry& entry) const;

  // The next field of the entry with its value. REQUIRES: one is left.
  struct Pair {
    structures::Element field;
    structures::Element value;
  };
  Pair next_pair(StreamEntry& entry) const;
  static bool has_unread(const StreamEntry& entry) { return entry.unread_ != 0; }

  bool has_fields(std::span<const std::string_view> pairs) const;
  // REQUIRES: not deleted yet. Changes no position.
  void mark_deleted(structures::Listpack& pack, StreamEntry& entry) const;

 private:
  using Position = structures::ListpackView::Position;
  bool read(Position at, StreamEntry& entry) const;
  bool read_before(Position end, StreamEntry& entry) const;

  structures::ListpackView pack_;
  StreamId id_;
  int64_t live_;
  int64_t deleted_;
  uint32_t master_fields_;
  Position first_field_;
  Position first_entry_;
};

// A node of one entry; `pairs` are fields, each before its value.
structures::Listpack make_stream_node(std::span<const std::string_view> pairs);
// REQUIRES: `id` is above those of all entries of the node, whose own id is `node_id`.
void append_to_stream_node(structures::Listpack& pack, StreamId node_id, StreamId id,
                           std::span<const std::string_view> pairs);
// Adds to the counts of entries that are there, and of those that are deleted.
void count_in_stream_node(structures::Listpack& pack, int64_t live, int64_t deleted);

// Whether bytes that came from outside are a node with at least one entry, safe to be read and changed; `deep` looks at
// each element.
bool is_stream_node(std::span<const uint8_t> bytes, bool deep);

}  // namespace values
