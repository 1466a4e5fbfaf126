// Log: what was denied lately, and to whom: ACL LOG. What happens again within a minute is one entry.
//
// Cost     a mutex, and a look at the ten newest entries.
// Threads  any.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace acl {

enum class Reason : uint8_t { kCommand, kDatabase, kKey, kChannel, kAuth, kTlsCertificate };
enum class Context : uint8_t { kTopLevel, kMulti, kLua };

std::string_view name_of(Reason reason);
std::string_view name_of(Context context);

class Log {
 public:
  struct Entry {
    Reason reason = Reason::kCommand;
    Context context = Context::kTopLevel;
    std::string object;
    std::string user;
    std::string client;  // as CLIENT INFO describes it
    uint64_t count = 1;
    uint64_t id = 0;
    int64_t created_ms = 0;  // Unix time
    int64_t updated_ms = 0;
  };

  // Of `entry` the id, the count and the times are set here. Older entries beyond `most` go.
  void add(Entry entry, int64_t now_ms, size_t most);
  void clear();
  // The newest first, at most `count`.
  std::vector<Entry> newest(size_t count) const;

 private:
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // newest first
  uint64_t next_id_ = 0;
};

}  // namespace acl
