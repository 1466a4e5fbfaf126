// Table: the keys of one database in one shard. Extendible hashing over small segments.
//
//   directory of 2^depth slots -> segment of 8..120 buckets -> bucket of 10 entries
//
// The top bits of a key's path choose the slot; the bits after the segment's own depth choose its home bucket by
// multiplication, so entries lie in path order: a scan walks paths upward and survives every change of shape.
// A full segment first gets more buckets (8, 16, 24, ... 120), then splits in two; no other segment is
// touched, so growth never stalls. A sparse one merges with its buddy or gives buckets back.
//
// The same segments are the time index of expiry: each bucket has a lower bound of the expiries in it, in ticks, and
// so has each segment and the table. take_due() visits just the buckets whose bound has come.
//
// Cost     find: one bucket line and the entry; about 8 bytes a key of index.
//          An empty table allocates nothing.
// Threads  used under its shard's lock; size() by any.
// Source   Fagin et al., "Extendible hashing" (1979); docs/decisions/0002-key-table.md has the arithmetic.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "keyspace/key_hash.h"
#include "keyspace/segment.h"

namespace keyspace {

class Table {
 public:
  // `hash` outlives the table; a table without one may only be swapped.
  explicit Table(const KeyHash* hash) : hash_(hash) {}
  ~Table() { clear(); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  Table(Table&& other) noexcept : hash_(other.hash_) { swap(other); }

  // Where an entry lies, or does not (entry == nullptr). Good until the table changes.
  struct Position {
    Entry* entry = nullptr;
    Bucket* bucket = nullptr;
    uint64_t slot = 0;
    uint32_t place = 0;
  };

  // Whoever does not hold the shard reads a size that was true a moment ago.
  // Where the table's entries have their memory; made when first used.
  EntryPool& pool() {
    if (pool_ == nullptr) pool_ = std::make_unique<EntryPool>();
    return *pool_;
  }

  uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  uint64_t expiring() const { return expiring_; }
  void count_expiring(int change) { expiring_ += static_cast<uint64_t>(static_cast<int64_t>(change)); }

  Position find(const Key& key) const;
  // Asks the memory for the bucket, then for the entries that may be the key's.
  void prefetch_bucket(uint64_t hash) const;
  void prefetch_entry(uint64_t hash) const;

  // REQUIRES: the key is not in the table. `due` is the tick of its expiry, at most ShortTick::kHorizon ahead of the
  // clock, or kNever. The table owns the entry then.
  void insert(uint64_t hash, Entry* entry, Tick due);
  // Puts another entry of the same key in the place; the old one is the caller's.
  void replace(const Position& at, Entry* entry, Tick due);
  // Lowers the bounds of an entry's bucket to `due`.
  void note_due(const Position& at, Tick due);
  // Takes the entry out; it is the caller's then.
  Entry* erase(const Position& at);
  // Gives back what the segment of `hash` no longer needs: fewer buckets, or one segment with its buddy. Positions end.
  void shrink(uint64_t hash) { shrink_path(hash_->path(hash)); }
  // Ends every entry.
  void clear();
  void swap(Table& other) noexcept;

  // The earliest tick at which take_due may find something.
  Tick due() const { return due_; }
  // Visits entries of the buckets whose bound is at or before `now`, at most about `budget` of them. visit(entry) says
  // the entry's own tick (as insert() takes it), or 0 when it has expired: then it is erased and handed to dead(entry).
  // True when nothing is left.
  template <typename Visit, typename Dead>
  bool take_due(Tick now, int budget, Visit visit, Dead dead);

  // Calls visit(entry) for each entry of the next home bucket at or after `path`; returns the path to go on from, or 0
  // at the end. An entry that stays in the table from the first call to the last is visited.
  template <typename Visit>
  uint64_t scan(uint64_t path, Visit visit) const;

  // Calls visit(entry) for every entry. The table must not change meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const;

  // Up to `count` entries from a random spot on, each equally likely to be near.
  void sample(uint64_t random_path, uint32_t count, std::vector<Position>& out) const;

  // The same of entries that expire, from buckets that have some. REQUIRES: expiring() > 0.
  void sample_expiring(uint64_t random_path, uint32_t count, std::vector<Position>& out) const;

  // Bytes of the index: directory, segments, buckets.
  uint64_t index_bytes() const { return index_bytes_; }
  uint32_t segment_count() const { return segments_; }

 private:
  // A segment's content while its buckets are laid out anew.
  struct Contents;

  // Only under the lock: a plain addition.
  void count_entries(int change) {
    size_.store(size() + static_cast<uint64_t>(static_cast<int64_t>(change)), std::memory_order_relaxed);
  }
  uint64_t slots() const { return uint64_t{1} << depth_; }
  uint64_t slot_of(uint64_t path) const { return depth_ == 0 ? 0 : path >> (64 - depth_); }
  const BucketArray& array_of(uint64_t path) const { return directory_[slot_of(path)]; }
  Segment& segment_of(uint64_t path) const { return *owners()[slot_of(path)]; }
  // The slots' segments follow the slots: a search that finds no more than an entry does not need them.
  Segment** owners() const { return reinterpret_cast<Segment**>(directory_ + slots()); }
  static size_t directory_bytes(uint64_t slots) { return slots * (sizeof(BucketArray) + sizeof(Segment*)); }
  void make_directory(int depth);

  bool place(Segment& segment, uint64_t path, uint8_t tag, Entry* entry, ShortTick due);
  template <typename Visit, typename Dead>
  void take_due_of(Segment& segment, Tick now, int& budget, Visit visit, Dead dead);
  void make_room(uint64_t path);
  void shrink_path(uint64_t path);
  void resize(Segment& segment, uint32_t bucket_count);
  void split(Segment& segment);
  void double_directory();
  bool merge_with_buddy(Segment& segment);
  void point_at(const Segment& segment);
  Segment* make_segment(uint64_t prefix, int depth, uint32_t bucket_count);
  void free_segment(Segment* segment);
  void lay_out(const Contents& contents, Segment* low, Segment* high);
  uint64_t path_of(const Entry& entry) const { return hash_->path((*hash_)(entry.key())); }

  const KeyHash* hash_;
  std::unique_ptr<EntryPool> pool_;
  BucketArray* directory_ = nullptr;
  std::atomic<uint64_t> size_{0};
  uint64_t expiring_ = 0;
  uint64_t index_bytes_ = 0;
  Tick due_ = kNever;
  uint32_t segments_ = 0;
  int depth_ = 0;
};

}  // namespace keyspace

#include "keyspace/table_walk.h"  // the templates' bodies
