// HashTable: a set of entries, found by the text in them. Extendible hashing over small segments.
//
//   directory of 2^depth slots -> segment of 8..120 buckets -> bucket of 10 references to entries
//   small: 1, 2 or 4 buckets without a directory, all of which are searched
//
// The key table of the keyspace is one, and so are large hashes, sets and the members of sorted sets. An entry is one
// allocation; what it looks like is for its Traits to say. The top bits of an entry's path choose the slot; the bits
// after the segment's own depth choose its home bucket by multiplication, so entries lie in path order: a scan walks
// paths upward and survives every change of shape.
// A full segment first gets more buckets (8, 16, 24, ... 120), then splits in two; no other segment is touched, so
// growth never stalls. A sparse one merges with its buddy or gives buckets back.
//
// The same segments are the time index of expiry: each bucket has a lower bound of the expiries in it, in ticks, and
// so has each segment and the table. take_due() visits just the buckets whose bound has come.
//
// Shape    Traits is copied into the table and says:
//            using Entry;
//            uint64_t hash_of(const Entry&) const;      // of its text, keyed by a secret
//            uint64_t path(uint64_t hash) const;        // the bits that say where, from the top down
//            static std::string_view text(const Entry&);
//            static bool expires(const Entry&);         // counted by expiring()
//            static bool timed(const Entry&);           // has a tick in the time index, for this or another reason
//            static size_t weight(const Entry&);         // what weight() adds up: the bytes it takes, mostly
//            static void destroy(Entry*);
// Cost     find: one bucket line and the entry; about 8 bytes an entry of index, 64 for the first ten entries.
//          An empty table allocates nothing.
// Threads  its owner's; size() by any.
// Source   Fagin et al., "Extendible hashing" (1979); docs/decisions/0002-key-table.md has the arithmetic.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/prefetch.h"
#include "base/random.h"
#include "structures/segment.h"

namespace structures {

template <typename Traits>
class HashTable {
 public:
  using Entry = typename Traits::Entry;

  explicit HashTable(Traits traits = Traits()) : traits_(traits) {}
  ~HashTable() { clear(); }
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;
  HashTable(HashTable&& other) noexcept : traits_(other.traits_) { swap(other); }

  // Where an entry lies, or does not (entry == nullptr). Good until the table changes.
  struct Position {
    Entry* entry = nullptr;
    Bucket* bucket = nullptr;
    uint64_t slot = 0;
    uint32_t place = 0;
  };

  const Traits& traits() const { return traits_; }
  // Whoever does not own the table reads a size that was true a moment ago.
  uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  bool empty() const { return size() == 0; }
  uint64_t expiring() const { return expiring_; }
  void count_expiring(int change) { expiring_ += static_cast<uint64_t>(static_cast<int64_t>(change)); }

  // `hash` is the text's.
  Position find(std::string_view text, uint64_t hash) const;
  // Asks the memory for the bucket, then for the entries that may be the text's.
  void prefetch_bucket(uint64_t hash) const;
  void prefetch_entry(uint64_t hash) const;

  // REQUIRES: the text is not in the table. `due` is the tick of its expiry, at most ShortTick::kHorizon ahead of the
  // clock, or kNever. The table owns the entry then.
  void insert(uint64_t hash, Entry* entry, Tick due = kNever);
  // Puts another entry of the same text in the place; the old one is the caller's. REQUIRES: that one is whole still.
  void replace(const Position& at, Entry* entry, Tick due = kNever);
  // Lowers the bounds of an entry's bucket to `due`.
  void note_due(const Position& at, Tick due);
  // Takes the entry out; it is the caller's then, and it is for the caller to count_expiring(). The table keeps its
  // shape, so other positions stay good.
  Entry* erase(const Position& at);
  // Gives back what the segment of `hash` no longer needs: fewer buckets, or one segment with its buddy. Positions end.
  void shrink(uint64_t hash) { shrink_path(traits_.path(hash)); }
  // Both of them.
  Entry* take(const Position& at);
  // Ends every entry.
  void clear();
  // Makes an empty table large enough for about so many entries, so that they are not laid out anew as they come. What
  // turns out too much goes with shrink().
  void reserve(uint64_t count);
  // Takes out the entries of the segment at `path` and hands them to dead(entry); returns the path to go on from, or 0
  // when none is left: so a large table ends in slices. Nothing else may be done with it but clear().
  template <typename Dead>
  uint64_t drain(uint64_t path, Dead dead);
  void swap(HashTable& other) noexcept;

  // The earliest tick at which take_due may find something.
  Tick due() const { return due_; }
  // Visits entries of the buckets whose bound is at or before `now`, at most about `budget` of them. visit(entry) says
  // the entry's own tick (as insert() takes it), or 0 when it is to end: then it is erased and handed to dead(entry).
  // True when nothing is left.
  template <typename Visit, typename Dead>
  bool take_due(Tick now, int budget, Visit visit, Dead dead);

  // Calls visit(entry) for each entry of the next home bucket at or after `path`; returns the path to go on from, or 0
  // at the end. An entry that stays in the table from the first call to the last is visited.
  template <typename Visit>
  uint64_t scan(uint64_t path, Visit visit) const;
  // The same for at least `count` entries if so many are left, with a cursor of 53 bits: below 2^53 for clients that
  // read it as a double. It begins and ends with 0.
  template <typename Visit>
  uint64_t scan_from(uint64_t cursor, uint64_t count, Visit visit) const;

  // Calls visit(entry) for the entries of one segment, about a thousand at most, or of a table without any: the first
  // at path 0. Returns the path to go on from, or 0 at the end. The table must not change from the first to the last.
  template <typename Visit>
  uint64_t visit_segment(uint64_t path, Visit visit) const;

  // Calls visit(entry) for every entry. The table must not change meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const;
  // The same until visit(entry) returns false. Returns false if it did.
  template <typename Visit>
  bool for_each_while(Visit visit) const;

  // Each entry with the same probability. REQUIRES: not empty().
  Position random(base::Random& random) const;

  // Up to `count` entries from a random spot on, each equally likely to be near.
  void sample(uint64_t random_path, uint32_t count, std::vector<Position>& out) const;

  // The same of entries that expire, from buckets that have some. REQUIRES: expiring() > 0.
  void sample_expiring(uint64_t random_path, uint32_t count, std::vector<Position>& out) const;

  // Bytes of the index: directory, segments, buckets.
  uint64_t index_bytes() const { return index_bytes_; }
  // The sum of Traits::weight().
  uint64_t weight() const { return weight_; }
  // Traits::weight() of an entry in the table became another.
  void count_weight(int64_t change) { weight_ += static_cast<uint64_t>(change); }
  uint32_t segment_count() const { return segments_; }

 private:
  // A segment's content while its buckets are laid out anew.
  struct Contents;

  // More entries than this many buckets hold have a directory.
  static constexpr uint32_t kMostSmall = 4;

  static uint8_t tag(uint64_t hash) {
    const auto low = static_cast<uint8_t>(hash);
    return low == 0 ? 1 : low;
  }
  // Only by the owner: a plain addition.
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
  static Entry* entry_at(const Bucket& bucket, uint32_t place) { return static_cast<Entry*>(bucket.entry(place)); }
  static void prefetch_entries(const Bucket& bucket) {
    for_each_place(bucket.occupied(), [&](uint32_t place) { base::prefetch(bucket.entry(place)); });
  }
  template <typename Visit>
  static bool visit_bucket(const Bucket& bucket, Visit visit);
  template <typename Visit>
  static bool visit_buckets(const Segment& segment, Visit visit);
  // REQUIRES: a directory. Calls visit(segment) for each.
  template <typename Visit>
  void for_each_segment(Visit visit) const;
  template <typename Visit>
  void for_each_bucket(Visit visit) const;

  Position find_small(std::string_view text, uint8_t tag) const;
  bool place_small(uint8_t tag, Entry* entry, ShortTick due);
  void resize_small(uint32_t bucket_count);
  void leave_small();
  void become_small();
  Position random_small(base::Random& random) const;

  void make_directory(int depth);
  void free_directory(BucketArray* directory, uint64_t slots);
  void double_directory();
  void halve_directory();
  bool place(Segment& segment, uint64_t path, uint8_t tag, Entry* entry, ShortTick due);
  template <typename Visit, typename Dead>
  void take_due_of(Segment& segment, Tick now, int& budget, Visit visit, Dead dead);
  template <typename Visit, typename Dead>
  Tick take_due_of(Position at, Tick now, bool stale, int& budget, Visit visit, Dead dead);
  template <typename Wanted>
  void sample_segment(uint64_t path, uint32_t& count, std::vector<Position>& out, Wanted wanted) const;
  template <typename Wanted>
  void sample_small(uint64_t path, uint32_t& count, std::vector<Position>& out, Wanted wanted) const;
  void make_room(uint64_t path);
  void shrink_path(uint64_t path);
  void resize(Segment& segment, uint32_t bucket_count);
  void split(Segment& segment);
  bool merge_with_buddy(Segment& segment);
  void point_at(const Segment& segment);
  Segment* make_segment(uint64_t prefix, int depth, uint32_t bucket_count);
  void free_segment(Segment* segment);
  void lay_out(const Contents& contents, Segment* low, Segment* high);
  uint64_t path_of(const Entry& entry) const { return traits_.path(traits_.hash_of(entry)); }

  [[no_unique_address]] Traits traits_;
  BucketArray* directory_ = nullptr;
  Bucket* small_ = nullptr;  // the buckets of a table without a directory
  std::atomic<uint64_t> size_{0};
  uint64_t expiring_ = 0;
  uint64_t index_bytes_ = 0;
  uint64_t weight_ = 0;
  Tick due_ = kNever;
  uint32_t segments_ = 0;
  uint32_t deepest_ = 0;  // segments of the directory's depth
  uint8_t depth_ = 0;
  uint8_t small_count_ = 0;
};

}  // namespace structures

// The templates' bodies.
#include "structures/hash_table_body.h"
#include "structures/hash_table_small.h"
#include "structures/hash_table_walk.h"
