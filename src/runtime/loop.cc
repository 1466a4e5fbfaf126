#include "runtime/loop.h"

#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace runtime {
namespace {

static_assert(kReadable == EPOLLIN);
static_assert(kWritable == EPOLLOUT);
static_assert(kBroken == EPOLLERR);

void control(int epoll, int operation, int fd, uint32_t interest, Watcher* watcher) {
  epoll_event event{};
  event.events = interest;
  event.data.ptr = watcher;
  CHECK(epoll_ctl(epoll, operation, fd, &event) == 0);
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  CHECK(epoll_ >= 0);
  control(epoll_, EPOLL_CTL_ADD, mailbox_.bell(), kReadable, nullptr);
}

Loop::~Loop() { close(epoll_); }

void Loop::watch(int fd, uint32_t interest, Watcher& watcher) {
  control(epoll_, EPOLL_CTL_ADD, fd, interest, &watcher);
}

void Loop::change(int fd, uint32_t interest, Watcher& watcher) {
  control(epoll_, EPOLL_CTL_MOD, fd, interest, &watcher);
}

void Loop::unwatch(int fd, const Watcher& watcher) {
  control(epoll_, EPOLL_CTL_DEL, fd, 0, nullptr);
  for (Fetched& fetched : fetched_) {
    if (fetched.watcher == &watcher) fetched.watcher = nullptr;
  }
}

void Loop::every(int64_t ms, std::function<void()> task) {
  timers_.push_back({clock_.mono().after_ms(ms), ms, std::move(task)});
}

Loop::Alarm Loop::after(int64_t ms, std::function<void()> task) {
  constexpr int64_t kLongestMs = int64_t{100} * 365 * 24 * 3600 * 1000;
  const Alarm alarm{clock_.mono().after_ms(std::min(ms, kLongestMs)).ns, ++last_alarm_};
  alarms_.emplace(alarm, std::move(task));
  return alarm;
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  mailbox_.ring();
}

int Loop::wait_ms() const {
  if (!mailbox_.empty() || !end_of_turn_.empty()) return 0;
  int64_t least_ns = 1'000'000'000;
  const int64_t now_ns = clock_.mono().ns;
  for (const Timer& timer : timers_) least_ns = std::min(least_ns, timer.due.ns - now_ns);
  if (!alarms_.empty()) least_ns = std::min(least_ns, alarms_.begin()->first.due_ns - now_ns);
  return static_cast<int>(std::max<int64_t>(0, (least_ns + 999'999) / 1'000'000));
}

void Loop::run_timers() {
  const base::MonoTime now = clock_.mono();
  for (size_t at = 0; at < timers_.size(); ++at) {  // a task may add timers
    if (timers_[at].due > now) continue;
    timers_[at].due = now.after_ms(timers_[at].period_ms);
    timers_[at].task();
  }
  while (!alarms_.empty() && alarms_.begin()->first.due_ns <= now.ns) {
    const auto rung = alarms_.extract(alarms_.begin());
    rung.mapped()();
  }
}

void Loop::dispatch(size_t from) {
  for (size_t at = from; at < fetched_.size(); ++at) {
    const Fetched fetched = fetched_[at];
    if (fetched.watcher != nullptr) fetched.watcher->on_ready(fetched.ready);
  }
  fetched_.resize(from);
}

void Loop::turn(int wait_ms) {
  epoll_event events[kEvents];
  const int count = epoll_wait(epoll_, events, kEvents, wait_ms);
  CHECK(count >= 0 || errno == EINTR);
  const int64_t start_ns = clock_.mono().ns;
  if (start_ns - refreshed_ns_ > 1'000'000) {
    clock_.refresh();
    refreshed_ns_ = clock_.mono().ns;
  }
  const size_t from = fetched_.size();
  for (int at = 0; at < count; ++at) {
    const uint32_t flags = events[at].events;
    const bool broken = (flags & (EPOLLERR | EPOLLHUP)) != 0;
    fetched_.push_back({static_cast<Watcher*>(events[at].data.ptr), broken ? kReadable | kWritable | kBroken : flags});
    if (events[at].data.ptr == nullptr) mailbox_.clear_bell();
  }
  if (!mailbox_.empty()) mailbox_.drain();
  dispatch(from);
  run_timers();
  std::vector<std::function<void()>> tasks;
  tasks.swap(end_of_turn_);
  for (const auto& task : tasks) task();
  turns_.add();
  busy_ns_.add(static_cast<uint64_t>(clock_.mono().ns - start_ns));
}

void Loop::run() {
  while (!stopping()) {
    if (yields_) sched_yield();
    turn(wait_ms());
  }
}

}  // namespace runtime
