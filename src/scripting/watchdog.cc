#include "scripting/watchdog.h"

#include <chrono>
#include <csignal>

#include "base/check.h"

namespace scripting {
namespace {

#ifdef SIGRUN_SANITIZED
constexpr bool kBySignals = false;
#else
constexpr bool kBySignals = true;
#endif
constexpr int kInstructions = 10'000;  // between two calls of a hook that stays

// Of the thread: what the signal is about.
struct Interruptible {
  std::atomic<lua_State*> script{nullptr};
  std::atomic<lua_Hook> hook{nullptr};
};
thread_local Interruptible interruptible;

int signal_number() { return SIGRTMIN + 1; }

// A signal may come late, when its script has ended: then it finds none, or interrupts the next one early.
void on_signal(int) {
  lua_State* const script = interruptible.script.load(std::memory_order_relaxed);
  if (script == nullptr) return;
  lua_sethook(script, interruptible.hook.load(std::memory_order_relaxed), LUA_MASKCOUNT, 1);
}

void install_handler() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(signal_number(), &action, nullptr) == 0);
}

}  // namespace

Watchdog::Watchdog(lua_Hook hook) : hook_(hook) {
  if (!kBySignals) return;
  install_handler();
  thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  wakes_.notify_one();
  thread_.join();
}

void Watchdog::begin(lua_State* script) {
  if (!kBySignals) {
    lua_sethook(script, hook_, LUA_MASKCOUNT, kInstructions);
    return;
  }
  interruptible.hook.store(hook_, std::memory_order_relaxed);
  interruptible.script.store(script, std::memory_order_relaxed);
  runner_.store(pthread_self(), std::memory_order_relaxed);
  run_.store(++runs_);
  if (asleep_.load()) {
    { const std::lock_guard hold(mutex_); }  // it is waiting, or has seen the run
    wakes_.notify_one();
  }
}

void Watchdog::end(lua_State* script) {
  if (kBySignals) {
    run_.store(0, std::memory_order_release);
    interruptible.script.store(nullptr, std::memory_order_relaxed);
  }
  if (lua_gethookmask(script) != 0) lua_sethook(script, nullptr, 0, 0);
}

// A new number: what the hook took of the time is not the script's, which would else be interrupted again at once.
void Watchdog::rearm(lua_State* script) {
  if (!kBySignals) return;
  run_.store(++runs_, std::memory_order_relaxed);
  lua_sethook(script, nullptr, 0, 0);
}

void Watchdog::watch() {
  constexpr int kIdleTicks = 100;
  uint64_t seen = 0;
  int idle = 0;
  std::unique_lock hold(mutex_);
  while (!stopping_) {
    if (idle < kIdleTicks) {
      wakes_.wait_for(hold, std::chrono::milliseconds(1));
    } else {
      asleep_.store(true);
      wakes_.wait(hold, [this] { return stopping_ || run_.load() != 0; });
      asleep_.store(false);
      idle = 0;
    }
    const uint64_t now = run_.load();
    idle = now == 0 ? idle + 1 : 0;
    if (now != 0 && now == seen) pthread_kill(runner_.load(std::memory_order_relaxed), signal_number());
    seen = now;
  }
}

}  // namespace scripting
