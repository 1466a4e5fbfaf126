// ScriptRun: what a running script may do, and what it has done.
//
// Who kills scripts and the script's first write meet in one word, so that no script is ended that has written:
//
//   phase := number:61  function:1  killed:1  wrote:1        0: nothing runs
//
// Threads  the script's; the word also who kills it.
#pragma once

#include <atomic>
#include <cstdint>

namespace command {

struct ScriptRun {
  static constexpr uint64_t kWrote = 1, kKilled = 2, kFunction = 4, kOne = 8;

  bool read_only = false;
  bool allows_oom = false;  // it may write while more memory is in use than maxmemory
  bool wrote = false;       // it has run a command that may write
  std::atomic<uint64_t>& phase;

  // Before a command that may write. False: the script is to end instead.
  bool begin_to_write() {
    if (wrote) return true;
    uint64_t expected = phase.load(std::memory_order_acquire) & ~kWrote;
    if ((expected & kKilled) != 0) return false;
    wrote = phase.compare_exchange_strong(expected, expected | kWrote, std::memory_order_acq_rel);
    return wrote;
  }
};

// What runs scripts, for those who only pass it on.
class ScriptEngine {
 protected:
  ~ScriptEngine() = default;
};

}  // namespace command
