// Mailbox: messages from any thread to one event loop, in order for each sender, without locks.
//
// Shape    a stack of letters that senders push on by compare-and-swap; the receiver takes the whole stack and turns
//          it round. An eventfd rings only when the stack was empty.
// Threads  post() from any; drain() by the receiver alone.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace runtime {

class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // `letter` is run by the receiver. True if the bell must be rung (ring()): the caller does so when it holds no lock.
  [[nodiscard]] bool push(std::function<void()> letter);
  void ring() const;
  void post(std::function<void()> letter) {
    if (push(std::move(letter))) ring();
  }

  bool empty() const { return oldest_ == nullptr && head_.load(std::memory_order_acquire) == nullptr; }
  // Runs what has arrived. Letters that arrive meanwhile wait for the next call. A letter may call it: then what came
  // before those goes first.
  void drain();
  // Becomes readable when letters arrive.
  int bell() const { return bell_; }
  void clear_bell() const;

 private:
  struct Letter {
    std::function<void()> run;
    Letter* next = nullptr;
  };

  std::atomic<Letter*> head_{nullptr};
  Letter* oldest_ = nullptr;  // of those that were taken and have not run
  int bell_;
};

}  // namespace runtime
