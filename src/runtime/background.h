// Background: one thread that does, in order, what an event loop must not wait for: freeing much memory, name look-ups.
//
// Threads  post() from any. Jobs that were posted are done before the destructor returns.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace runtime {

class Background {
 public:
  Background() : thread_([this] { run(); }) {}
  ~Background() {
    {
      const std::lock_guard hold(mutex_);
      stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }

  void post(std::function<void()> job) {
    {
      const std::lock_guard hold(mutex_);
      jobs_.push_back(std::move(job));
    }
    arrived_.notify_one();
  }

 private:
  void run() {
    std::unique_lock hold(mutex_);
    for (;;) {
      arrived_.wait(hold, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      hold.unlock();
      job();
      hold.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace runtime
