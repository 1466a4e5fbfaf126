// Loader: a file's entries into the keyspace: one thread finds where they are, the workers make the values and insert
// them, a batch at a time between their turns.
//
//   Loader loader(bytes, version);            // who reads, on a thread of its own
//   loader.push({begin, end, database});
//   loader.insert_batch(options, unit)        // a worker, for each batch that was pushed
//
// Threads  push() and wait(): who reads. insert_batch(): workers. The counts: any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/database.h"
#include "rdb/file_reader.h"
#include "rdb/read_value.h"

namespace persistence {

// Some whole items of a file, by their offsets.
struct Batch {
  size_t begin = 0;
  size_t end = 0;
  uint64_t database = 0;  // that is selected there
};

class Loader {
 public:
  Loader(std::string_view bytes, uint16_t version) : bytes_(bytes), version_(version) {}

  // Waits while too many are under way. False: something went wrong, no more is wanted.
  bool push(const Batch& batch);
  // Until all batches are done. What went wrong first, if anything did.
  std::optional<std::string> wait();
  void fail(std::string what);
  // No worker runs any more.
  void abandon();
  bool has_failed() const { return failed_.load(std::memory_order_acquire); }

  // Takes a batch and inserts its entries. REQUIRES: the unit holds no shard.
  void insert_batch(const rdb::Limits& limits, keyspace::Unit& unit);

  uint64_t loaded() const { return loaded_.load(std::memory_order_relaxed); }
  uint64_t expired() const { return expired_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kMostUnderWay = 64;

  // An entry that was made and is not yet in its table.
  struct Made {
    keyspace::Entry* entry;
    uint32_t database;
    keyspace::Key key;
  };

  void insert_all(const Batch& batch, const rdb::Limits& limits, keyspace::Unit& unit);
  // False where it failed.
  bool make(const rdb::FileItem& item, const rdb::Limits& limits, const keyspace::Unit& unit, std::vector<Made>& made);
  void insert(std::vector<Made>& made, keyspace::Unit& unit);
  void reserve(const rdb::FileItem& sizes, keyspace::Unit& unit);
  bool refuse(std::string_view why, std::string_view key);

  std::string_view bytes_;
  uint16_t version_;
  std::mutex mutex_;
  std::condition_variable progressed_;
  std::deque<Batch> batches_;
  size_t under_way_ = 0;  // with those that are waiting
  std::optional<std::string> error_;
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> loaded_{0};
  std::atomic<uint64_t> expired_{0};
};

}  // namespace persistence
