// CommandLog: the last commands that were slow, or had a large request or reply: COMMANDLOG and SLOWLOG.
//
// Cost     only a command over a limit takes the mutex.
// Threads  any.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dispatch/context.h"

namespace server {

class CommandLog {
 public:
  enum class Kind : uint8_t { kSlow, kLargeRequest, kLargeReply };
  struct Entry {
    int64_t id = 0;
    int64_t time_s = 0;
    int64_t value = 0;  // microseconds, or bytes
    std::vector<std::string> words;
    std::string peer;
    std::string name;
  };
  using Entries = std::vector<std::shared_ptr<const Entry>>;

  // Notes the command in each log whose limit it reached.
  void note(const dispatch::Ran& ran, const config::Settings& settings);
  size_t size(Kind kind) const;
  void clear(Kind kind);
  // The newest entries first, at most `count`.
  Entries newest(Kind kind, size_t count) const;

 private:
  struct Log {
    std::deque<std::shared_ptr<const Entry>> entries;  // newest first
    int64_t next_id = 0;
  };
  void add(Kind kind, int64_t value, int64_t most, const dispatch::Ran& ran);

  mutable std::mutex mutex_;
  std::array<Log, 3> logs_;
};

}  // namespace server
