// What happens beside a program that runs: its interruptions, its end, and what others are told of it.
#include "scripting/api.h"
#include "scripting/engine.h"

namespace scripting {

using command::ScriptRun;

void Engine::begin(Running& running) {
  running_ = &running;
  const uint64_t kind = running.kind == Kind::kFunction ? ScriptRun::kFunction : 0;
  phase_.store(++runs_ * ScriptRun::kOne + kind, std::memory_order_release);
  watchdog_->begin(running.state.raw());
}

void Engine::end() {
  watchdog_->end(running_->state.raw());
  phase_.store(0, std::memory_order_release);
  if (running_->is_told) {
    const std::lock_guard hold(long_function_mutex_);
    long_function_.reset();
  }
  running_ = nullptr;
}

bool Engine::is_to_end() const {
  constexpr int64_t kMostLoadingNs = 500'000'000;
  if (running_->loading != nullptr) return base::kernel_mono_time().ns - running_->since.ns > kMostLoadingNs;
  return (phase_.load(std::memory_order_acquire) & ScriptRun::kKilled) != 0;
}

// It is on the script's thread. A library that is loaded goes on until it must end: it has half a second.
void Engine::interrupt(lua_State* lua) {
  Running& running = *running_;
  const bool loads = running.loading != nullptr;
  if (running.since.ns == 0) running.since = base::kernel_mono_time();
  if (!is_to_end()) {
    if (!loads) {
      running.state.enter_host();
      tell_long_function(running);
      running.call.host().work_on(running.call);
      running.state.leave_host();
    }
    watchdog_->rearm(lua);
    if (!is_to_end()) return;
  }
  watchdog_->call_always(lua);  // pcall() does not save it
  if (loads) {
    lua_pushliteral(lua, "FUNCTION LOAD timeout");
    lua_error(lua);
  }
  luaL_error(lua, running.kind == Kind::kFunction ? "Script killed by user with FUNCTION KILL."
                                                  : "Script killed by user with SCRIPT KILL.");
}

void Engine::tell_long_function(Running& running) {
  if (running.kind != Kind::kFunction || running.is_told) return;
  const auto words = running.call.words();
  LongFunction told{.name = std::string(words[1]), .words = {words.begin(), words.end()}, .since = running.since};
  running.is_told = true;
  const std::lock_guard hold(long_function_mutex_);
  long_function_ = std::move(told);
}

std::optional<Engine::LongFunction> Engine::long_function() {
  const std::lock_guard hold(long_function_mutex_);
  return long_function_;
}

std::optional<Kind> Engine::runs() const {
  const uint64_t phase = phase_.load(std::memory_order_acquire);
  if (phase == 0) return std::nullopt;
  return (phase & ScriptRun::kFunction) != 0 ? Kind::kFunction : Kind::kScript;
}

Engine::Kill Engine::kill(Kind kind) {
  const uint64_t wanted = kind == Kind::kFunction ? ScriptRun::kFunction : 0;
  uint64_t phase = phase_.load(std::memory_order_acquire);
  do {
    if (phase == 0) return Kill::kNothingRuns;
    if ((phase & ScriptRun::kWrote) != 0) return Kill::kHasWritten;
    if ((phase & ScriptRun::kFunction) != wanted) return Kill::kIsOfOtherKind;
  } while (!phase_.compare_exchange_weak(phase, phase | ScriptRun::kKilled, std::memory_order_acq_rel));
  return Kill::kWillEnd;
}

void Engine::kill_for_shutdown() {
  uint64_t phase = phase_.load(std::memory_order_acquire);
  while (phase != 0 && !phase_.compare_exchange_weak(phase, phase | ScriptRun::kKilled)) {}
}

}  // namespace scripting
