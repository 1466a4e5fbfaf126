// Transaction: what a client has queued since MULTI, and what it watches.
//
// Queued commands are kept as their bytes, one text for all, and are looked up again when EXEC runs them.
//
// Threads  the client's own loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/observers.h"

namespace session {

struct WatchedKey {
  uint32_t database = 0;
  std::string name;
  uint64_t hash = 0;
};

struct Transaction {
  bool open = false;                 // between MULTI and EXEC
  bool failed = false;               // a command could not be queued: EXEC aborts
  uint32_t flags = 0;                // of the queued commands' rows, all of them together
  std::optional<uint32_t> database;  // that the queued commands select last
  std::string bytes;
  std::vector<uint32_t> word_sizes;
  std::vector<uint32_t> word_counts;  // by command

  std::shared_ptr<keyspace::Watch> watch;  // made by the first WATCH
  std::vector<WatchedKey> watched;
  size_t watched_name_bytes = 0;  // of all these

  void queue(std::span<const std::string_view> words, uint32_t command_flags) {
    for (const std::string_view word : words) {
      bytes += word;
      word_sizes.push_back(static_cast<uint32_t>(word.size()));
    }
    word_counts.push_back(static_cast<uint32_t>(words.size()));
    flags |= command_flags;
  }
  void add_watched(WatchedKey key) {
    watched_name_bytes += key.name.size();
    watched.push_back(std::move(key));
  }
  bool tripped() const { return watch != nullptr && watch->tripped.load(std::memory_order_relaxed); }
  // What it takes beside itself.
  size_t memory_bytes() const {
    return bytes.capacity() + (word_sizes.capacity() + word_counts.capacity()) * sizeof(uint32_t) +
           watched.capacity() * sizeof(WatchedKey) + watched_name_bytes;
  }
};

}  // namespace session
