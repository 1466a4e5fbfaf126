// Trackers: which clients have read keys of one shard and keep what they read (CLIENT TRACKING). Each is told of the
// next change of the key, once.
//
// Whoever changes a key notes in its unit who is to be told, and tells them before its locks go (Unit::invalidations);
// so nobody is told of a change before the reply with the old value is on its way. Names alone count, as in Valkey: a
// key of the same name in another database is taken for it.
//
// Cost     a key that is tracked: about 100 bytes, and 16 for each further client. A shard without observers costs its
//          writers one branch.
// Threads  a shard's under its lock; a Tracker's flags by its client's worker, and read by all.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/random.h"
#include "keyspace/key_hash.h"

namespace keyspace {

struct Unit;
class Keyspace;

// One client that tracks, or did; what delivers the messages derives the rest. It lives as long as some key is noted
// for it.
struct Tracker {
  uint32_t loop = 0;
  uint64_t connection = 0;                 // slot and generation
  uint64_t id = 0;                         // of the client
  std::atomic<bool> told_of_reads{false};  // it tracks, and not by prefixes
  std::atomic<bool> no_loop{false};        // it knows what it changes itself
};

// What is to be told: of a key, to those who read it (kRead) or to those who listen to its prefix (kPrefix); that all
// keys are gone (kAll), to everyone.
struct Invalidation {
  enum class Kind : uint8_t { kRead, kPrefix, kAll };
  Kind kind = Kind::kRead;
  std::string key;
  std::vector<std::shared_ptr<Tracker>> readers;
  uint64_t author = 0;  // kPrefix: the id of the client that changed it, if it has a tracker
};

// How many clients track, and what is noted for them in all shards.
struct TrackedCounts {
  std::atomic<uint64_t> clients{0};
  std::atomic<uint64_t> keys{0};
  std::atomic<uint64_t> readers{0};  // summed over the keys
};

class Trackers {
 public:
  explicit Trackers(TrackedCounts& counts) : counts_(counts) {}
  Trackers(const Trackers&) = delete;
  Trackers& operator=(const Trackers&) = delete;
  ~Trackers();

  bool empty() const { return read_.empty(); }
  size_t size() const { return read_.size(); }

  // The client has read the key.
  void add(const Key& key, const std::shared_ptr<Tracker>& reader);
  // Takes out who has read the key.
  std::vector<std::shared_ptr<Tracker>> take(const Key& key);
  // Some key. REQUIRES: not empty().
  std::string random_key(base::Random& random) const;

 private:
  struct Name {
    std::string text;
    uint64_t hash;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Name& name) const { return name.hash; }
    size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Name& a, const Name& b) const { return a.text == b.text; }
    bool operator()(const Key& a, const Name& b) const { return a.text == b.text; }
    bool operator()(const Name& a, const Key& b) const { return a.text == b.text; }
  };
  // The readers of one key. Where there are many, an index says who is among them.
  struct Readers {
    std::vector<std::shared_ptr<Tracker>> all;
    std::unique_ptr<std::unordered_set<const Tracker*>> index;

    bool add(const std::shared_ptr<Tracker>& reader);
    bool holds(const Tracker* reader) const;
  };

  static int64_t bytes_of(const Name& name, size_t readers);

  TrackedCounts& counts_;
  std::unordered_map<Name, Readers, Hash, Same> read_;
};

// A key was changed in the unit, came or went: by its client, or for want of time or memory. `shard` is the key's.
enum class ChangedBy : uint8_t { kClient, kServer };
void note_change(Unit& unit, uint32_t shard, const Key& key, ChangedBy by);
// Some key of the shard that is tracked is told of, as if it had changed, and is so no more. False: there is none.
bool note_some_forgotten(Unit& unit, uint32_t shard);
// All keys are about to go, of one database or all: everyone forgets everything. REQUIRES: all are held.
void note_all_gone(Unit& unit);

}  // namespace keyspace
