// Watchdog: interrupts a script each millisecond that it runs, so that its thread can look at what else is to be done.
//
// A hook of the interpreter that counts instructions doubles the time of every loop; so there is none until a script
// has run for a millisecond. Then a signal to its thread sets a hook for its next instruction, which LuaJIT allows from
// a signal's handler (its own command line stops scripts this way), and the hook takes itself away again.
//
// Cost     two stores a script; while scripts run, a thread that wakes each millisecond.
// Threads  begin() and end() on the script's thread; scripts follow each other.
// Limits   sanitizers put signals off, so there the hook stays set while a script runs.
#pragma once

#include <pthread.h>
#include <luajit-2.1/lua.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace scripting {

class Watchdog {
 public:
  // `hook` is called on the script's thread, in the script, about once a millisecond.
  explicit Watchdog(lua_Hook hook);
  ~Watchdog();

  void begin(lua_State* script);
  void end(lua_State* script);
  // At the end of the hook's call: it is called again when the script has run for another millisecond.
  void rearm(lua_State* script);
  // The script is to end: the hook is called before every instruction from now on.
  void call_always(lua_State* script) const { lua_sethook(script, hook_, LUA_MASKCOUNT, 1); }

 private:
  void watch();

  const lua_Hook hook_;
  std::atomic<uint64_t> run_{0};  // the number of the script that runs, or 0
  uint64_t runs_ = 0;
  std::atomic<pthread_t> runner_{};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace scripting
