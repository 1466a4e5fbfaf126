// LargeReads: collections that a command reads in slices, letting go of their shards in between.
//
// A read sees its collection as it was when it began: who is about to change, move or end one calls before_change(),
// which makes the read take all that is left at once. Changes call it through Edit, discard() and Database, so no
// handler has to.
//
// Cost     one relaxed load a change while nothing is read so.
// Threads  a read, and calls about its collection, under the lock of its key's shard; the list of reads has its own.
// Source   design.md section 5, of one value: a change there keeps the old node; here it finishes the read.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace keyspace {

class LargeRead {
 public:
  // Reads what is left. Called under the shard's lock, by any thread.
  virtual void finish() = 0;

  uint64_t word = 0;      // of the collection
  uint64_t key_hash = 0;  // of its key
  bool done = false;

 protected:
  ~LargeRead() = default;
};

class LargeReads {
 public:
  void add(LargeRead& read);
  // Nothing happens if it was finished or removed before.
  void remove(LargeRead& read);

  // The collection of this word is about to change, to get another word or key, or to end.
  void before_change(uint64_t word) {
    if (any()) finish(word);
  }
  // All collections are. REQUIRES: all shards are held.
  void before_all_change();

  bool any() const { return count_.load(std::memory_order_relaxed) != 0; }
  // A read of a key with this hash, or null. REQUIRES: the key's shard is held.
  LargeRead* of_key(uint64_t hash);

 private:
  void finish(uint64_t word);
  // Takes those out whose word is this, or all.
  std::vector<LargeRead*> take(const uint64_t* word);

  std::atomic<size_t> count_{0};
  std::mutex mutex_;  // a leaf
  std::vector<LargeRead*> reads_;
};

}  // namespace keyspace
