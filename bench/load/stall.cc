// An inserter and a prober in one loop that never sleeps.
#include "load/stall.h"

#include <algorithm>
#include <deque>

#include "load/connection.h"
#include "load/random.h"

namespace load {
namespace {

constexpr uint64_t kProbeEvery = 1'000'000;  // ns
constexpr uint64_t kOwnPause = 300'000;      // ns; a pause of ours that spoils the probes in flight
constexpr uint64_t kStall = 500'000;         // ns; shorter delays are not looked into

struct Probe {
  uint64_t due;
  uint64_t server_waited;  // by then
};

class StallFinder {
 public:
  StallFinder(const Options& options, const Workload& setter, const Workload& getter)
      : options_(options),
        setter_(setter),
        getter_(getter),
        probe_(getter.pattern()),
        inserter_(options.host, options.port),
        prober_(options.host, options.port),
        random_(options.seed),
        server_waits_(options.server_pid) {
    for (uint64_t index = 0; index < options.pipeline; ++index) pipeline_ += setter.pattern();
    poller_.add(inserter_, 0);
    poller_.add(prober_, 1);
  }

  Stall run() {
    insert_next(1);  // key 0 is there before the first probe asks for it
    while (answered_ < count_) look();
    const Usage start = Usage::read(options_.server_pid);
    insert_next(options_.pipeline);
    looked_ = next_probe_ = now();
    while (stall_.keys < options_.keys || !probes_.empty()) look();
    stall_.usage = Usage::read(options_.server_pid).since(start);
    return stall_;
  }

 private:
  void look() {
    const uint64_t time = now();
    if (looked_ != 0) {
      const uint64_t pause = time - looked_;
      stall_.own_pause = std::max(stall_.own_pause, pause);
      if (pause > kOwnPause) paused_until_ = time;
      looked_ = time;
    }
    if (next_probe_ != 0 && stall_.keys < options_.keys) send_due_probes(time);
    if (sent_ < count_ * setter_.pattern().size()) push();
    for (const Poller::Ready& ready : poller_.wait(0)) ready.index == 0 ? take_inserted() : take_probes();
  }

  void send_due_probes(uint64_t time) {
    if (next_probe_ > time) return;
    const uint64_t waited = server_waits_.read();
    for (; next_probe_ <= time; next_probe_ += kProbeEvery) {
      probes_.push_back({next_probe_, waited});
      size_t sent = 0;
      prober_.send(probe_, sent);
      if (sent < probe_.size()) give_up("the prober's socket is full");
    }
  }

  void insert_next(uint64_t most) {
    count_ = std::min(most, options_.keys - stall_.keys);
    answered_ = sent_ = 0;
    char* request = pipeline_.data();
    for (size_t index = 0; index < count_; ++index, request += setter_.pattern().size()) {
      const uint64_t key = stall_.keys + index;
      setter_.place(request, 0, options_.distinct == 0 ? key : key % options_.distinct);
      setter_.place_ttl(request, random_);
    }
    push();
  }

  void push() { inserter_.send(std::string_view(pipeline_).substr(0, count_ * setter_.pattern().size()), sent_); }

  void take_inserted() {
    std::string_view received = inserter_.receive();
    while (!received.empty()) {
      if (answered_ == count_) give_up_on_reply(received);
      const Check check = setter_.check(received, pipeline_.data() + answered_ * setter_.pattern().size());
      if (check.verdict == Check::kIncomplete) break;
      if (check.verdict != Check::kGood) give_up_on_reply(received);
      received.remove_prefix(check.bytes);
      ++answered_;
    }
    inserter_.keep(received);
    if (answered_ < count_) return;
    stall_.keys += count_;
    if (next_probe_ != 0 && stall_.keys < options_.keys) insert_next(options_.pipeline);
  }

  void take_probes() {
    std::string_view received = prober_.receive();
    const uint64_t time = now();
    while (!received.empty()) {
      const Check check = getter_.check(received, probe_.data());
      if (check.verdict == Check::kIncomplete) break;
      if (check.verdict != Check::kGood || probes_.empty()) give_up_on_reply(received);
      record(time, probes_.front());
      probes_.pop_front();
      received.remove_prefix(check.bytes);
    }
    prober_.keep(received);
  }

  void record(uint64_t time, const Probe& probe) {
    const uint64_t delay = time - probe.due;
    stall_.probes.record(delay);
    if (delay > kStall) {
      const bool we_paused = paused_until_ >= probe.due || time - looked_ > kOwnPause;
      if (we_paused || server_waits_.read() - probe.server_waited > delay / 4) {
        ++stall_.spoiled;
        return;
      }
    }
    if (delay <= stall_.longest) return;
    stall_.longest = delay;
    stall_.longest_at = stall_.keys;
  }

  const Options& options_;
  const Workload& setter_;
  const Workload& getter_;
  const std::string probe_;
  Connection inserter_;
  Connection prober_;
  Random random_;
  const WaitMeter server_waits_;
  Poller poller_;
  std::string pipeline_;
  size_t sent_ = 0;           // bytes of it
  size_t count_ = 0;          // requests in it
  size_t answered_ = 0;       // of them
  std::deque<Probe> probes_;  // in flight
  uint64_t next_probe_ = 0;   // 0 until key 0 is there
  uint64_t looked_ = 0;
  uint64_t paused_until_ = 0;
  Stall stall_;
};

}  // namespace

Stall find_stall(const Options& options, const Workload& setter, const Workload& getter) {
  return StallFinder(options, setter, getter).run();
}

}  // namespace load
