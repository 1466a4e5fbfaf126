// ShardSnapshot: a shard's keys as they were at one instant, the cut, captured while commands go on changing them.
//
// A part is one table of the cut: the shard's keys of one database. A walk captures its entries in the order of their
// paths (structures/hash_table.h); what lies before its frontier is captured. Who is about to change, replace or end an
// entry behind the frontier captures it first and notes its hash; what is born there is noted, too. The walk leaves out
// what is noted. So each entry of the cut is captured once, as it was then, and no other is.
//
// Cost     nothing while there is none; else 20 bytes for each key that is changed before the walk comes to it.
// Limits   two keys of one table with the same keyed hash of 64 bits would be taken for one.
// Threads  under the shard's lock.
// Source   design.md section 5; docs/decisions/0008-snapshot.md has the proof.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "keyspace/table.h"
#include "structures/word_set.h"

namespace keyspace {

// Where captured entries go; one for each thread.
class CaptureSink {
 public:
  // `database`: that of the cut. Called under the shard's lock; the entry is only read.
  virtual void capture(uint32_t database, const Entry& entry) = 0;

 protected:
  ~CaptureSink() = default;
};

class ShardSnapshot {
 public:
  explicit ShardSnapshot(const KeyHash& hash, uint32_t databases) : hash_(hash), by_database_(databases) {}

  // At the cut, for each table that has keys.
  void add(uint32_t database);

  // An entry of a table is about to change, or to leave it.
  void before_change(uint32_t database, uint64_t hash, const Entry& entry, CaptureSink& sink);
  // A key comes that the table did not have.
  void born(uint32_t database, uint64_t hash);
  // All entries of two tables change places.
  void swap(uint32_t first, uint32_t second) { std::swap(by_database_[first], by_database_[second]); }
  // Whether a table that is taken out as a whole is still wanted: then it is to be handed over.
  bool wants(uint32_t database) const { return by_database_[database] != nullptr; }
  void take(uint32_t database, Table table);

  // Captures what comes next, until enough() says so, which is asked after each few entries. True: all is captured.
  // `table_of` gives a database's table. A table that was handed over and is done goes to `done`.
  bool walk(CaptureSink& sink, const std::function<Table*(uint32_t)>& table_of, const std::function<bool()>& enough,
            std::vector<Table>& done);

  uint64_t memory_bytes() const;

 private:
  struct Part {
    uint32_t database;          // at the cut
    uint64_t frontier = 0;      // the paths below are captured
    std::optional<Table> own;   // it was handed over
    structures::WordSet noted;  // hashes behind the frontier, captured already, or born
  };

  void finish(std::unique_ptr<Part>& part, std::vector<Table>& done);
  uint32_t where(const Part& part) const;

  const KeyHash& hash_;
  std::vector<std::unique_ptr<Part>> parts_;  // that are not done
  std::vector<Part*> by_database_;            // where their tables are now; null: nothing is wanted of that
};

}  // namespace keyspace
