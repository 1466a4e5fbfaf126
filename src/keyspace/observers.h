// Observers: who watches keys of one shard, waits for them (waiters.h) or has read them (trackers.h). WATCH notes a key
// here; whoever changes the key trips the watch.
//
// A shard without observers costs its writers one branch.
//
// Threads  under the shard's lock; Watch::tripped may be read by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "keyspace/trackers.h"
#include "keyspace/waiters.h"

namespace keyspace {

// One client's WATCHes, all of them: they trip together.
struct Watch {
  std::atomic<bool> tripped{false};
};

// What becomes of a key when its database is flushed or exchanged with another.
struct Succession {
  bool was_there = false;
  bool is_there = false;
  bool is_expired = false;  // REQUIRES: is_there.
};

class Observers {
 public:
  bool empty() const { return watched_.empty() && waiters.empty() && trackers == nullptr; }

  Waiters waiters;
  std::unique_ptr<Trackers> trackers;  // made when one comes, gone with the last

  // `expired_already`: the key was there and its time was up; that it goes then is no change. False: it is watched so.
  bool watch(uint32_t database, std::string_view key, std::shared_ptr<Watch> watch, bool expired_already);
  // What watch() was told, or an exchange of databases has made of it. REQUIRES: it watches the key.
  bool expired_already(uint32_t database, std::string_view key, const Watch* watch) const;
  void unwatch(uint32_t database, std::string_view key, const Watch* watch);
  // A key was changed, came or went.
  void changed(uint32_t database, std::string_view key);
  // The same for every watched key of a database that is flushed or exchanged. A key whose time is up is as good as
  // absent: that it goes, comes, or follows such a one is no change.
  void changed_all(uint32_t database, const std::function<Succession(std::string_view key)>& succession);
  // A key that had expired is deleted: no change for who watched it when it was expired already.
  void removed_expired(uint32_t database, std::string_view key);

 private:
  struct Watcher {
    std::shared_ptr<Watch> watch;
    bool expired_already;
  };
  struct Name {
    uint32_t database;
    std::string key;
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    size_t operator()(const Name& name) const { return std::hash<std::string>()(name.key) ^ name.database; }
  };

  std::unordered_map<Name, std::vector<Watcher>, Hash> watched_;
};

}  // namespace keyspace
