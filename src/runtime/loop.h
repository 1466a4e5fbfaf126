// Loop: one thread's event loop over epoll: sockets, timers and mail.
//
// Watchers are told level-triggered what their descriptor is ready for. A loop does not sleep while it has mail.
//
// Threads  everything but mailbox() and stop() belongs to the thread that runs the loop.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/clock.h"
#include "metrics/counter.h"
#include "runtime/mailbox.h"

namespace runtime {

constexpr uint32_t kReadable = 1;
constexpr uint32_t kWritable = 4;
constexpr uint32_t kBroken = 8;

class Watcher {
 public:
  virtual ~Watcher() = default;
  // `ready` has bits of kReadable and kWritable; an error or a hang-up counts as both, and as kBroken.
  virtual void on_ready(uint32_t ready) = 0;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void watch(int fd, uint32_t interest, Watcher& watcher);
  void change(int fd, uint32_t interest, Watcher& watcher);
  // Events that were already fetched for it in this turn are dropped.
  void unwatch(int fd, const Watcher& watcher);

  // Runs `task` every `ms` milliseconds, first after that time. Timers live as long as the loop.
  void every(int64_t ms, std::function<void()> task);

  // Runs `task` once, after `ms` milliseconds, unless it is cancelled before.
  struct Alarm {
    int64_t due_ns = 0;
    uint64_t number = 0;
    bool valid() const { return number != 0; }
    auto operator<=>(const Alarm&) const = default;
  };
  Alarm after(int64_t ms, std::function<void()> task);
  // Nothing happens if it has run, or was never set.
  void cancel(const Alarm& alarm) { alarms_.erase(alarm); }

  // Runs `task` before the loop sleeps next time, once.
  void at_end_of_turn(std::function<void()> task) { end_of_turn_.push_back(std::move(task)); }

  Mailbox& mailbox() { return mailbox_; }
  base::Clock& clock() { return clock_; }

  // Whether the loop lets other threads of its core run before it asks for events. Where several loops share the cores
  // with their clients, each event would else wake a loop that takes it alone, and the kernel's part of a request
  // doubles; so whoever is preempted goes on first, and more events come at once. Threads: any.
  void yield_between_turns(bool yields) { yields_ = yields; }

  // Until stop(), which any thread may call.
  void run();
  void stop();
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  // One turn without sleep, inside a task or a watcher that takes long.
  void turn_inside() { turn(0); }

  // Turns and the time they took, without sleep.
  const metrics::Counter& turns() const { return turns_; }
  const metrics::Counter& busy_ns() const { return busy_ns_; }
  // Threads: the loop's own.
  void reset_counts() {
    turns_.set(0);
    busy_ns_.set(0);
  }

 private:
  struct Timer {
    base::MonoTime due;
    int64_t period_ms;
    std::function<void()> task;
  };

  int wait_ms() const;
  void turn(int wait_ms);
  void run_timers();
  void dispatch(size_t from);

  static constexpr int kEvents = 256;

  int epoll_;
  Mailbox mailbox_;
  base::Clock clock_;
  std::vector<Timer> timers_;
  std::map<Alarm, std::function<void()>> alarms_;
  uint64_t last_alarm_ = 0;
  std::vector<std::function<void()>> end_of_turn_;
  struct Fetched {
    Watcher* watcher;  // null when it was unwatched meanwhile
    uint32_t ready;
  };
  std::vector<Fetched> fetched_;  // of this turn, behind those of the turns that it is inside of
  int64_t refreshed_ns_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> yields_{false};
  metrics::Counter turns_;
  metrics::Counter busy_ns_;
};

}  // namespace runtime
