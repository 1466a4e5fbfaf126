// Clients that look a key up and store it when it was not there.
#include "load/trace.h"

#include <deque>
#include <vector>

#include "load/connection.h"
#include "load/random.h"

namespace load {
namespace {

// One-time keys are numbered above all others, and apart for each seed, so that a second run on the same server
// has new ones.
constexpr uint64_t kScanBase = 100'000'000'000;
constexpr uint64_t kScanSpan = 1'000'000'000;

struct Client {
  Connection connection;
  struct Asked {
    uint64_t key;
    bool is_get;
    std::string request;
  };
  std::deque<Asked> asked;  // without a reply so far, the oldest first
  std::string unsent;
  size_t sent = 0;
  uint64_t gets = 0;  // in flight
};

class TraceRun {
 public:
  TraceRun(const Options& options, const Workload& getter, const Workload& setter)
      : options_(options),
        getter_(getter),
        setter_(setter),
        zipf_(options.keys, options.theta),
        random_(options.seed),
        next_scanned_(kScanBase + options.seed % 800 * kScanSpan) {
    for (uint64_t index = 0; index < options.clients; ++index) {
      clients_.push_back({Connection(options.host, options.port), {}, {}, 0, 0});
      poller_.add(clients_.back().connection, index);
    }
  }

  Trace run() {
    run_for(options_.warm_up);
    trace_ = Trace();
    const Usage start = Usage::read(options_.server_pid);
    run_for(options_.seconds);
    trace_.usage = Usage::read(options_.server_pid).since(start);
    return trace_;
  }

 private:
  void run_for(double seconds) {
    const uint64_t begin = now();
    const uint64_t end = begin + static_cast<uint64_t>(seconds * 1e9);
    const double rate = static_cast<double>(options_.rate) / 1e9;
    uint64_t asked = 0;
    for (uint64_t time = begin; time < end; time = now()) {
      const auto allowed = static_cast<uint64_t>(static_cast<double>(time - begin) * rate);
      for (Client& client : clients_) {
        if (client.gets == 0 && client.asked.empty()) {
          for (uint64_t count = 0; count < options_.pipeline && (rate == 0 || asked < allowed); ++count, ++asked) {
            ask_next(client);
          }
        }
        push(client);
      }
      for (const Poller::Ready& ready : poller_.wait(1)) take_replies(clients_[ready.index]);
    }
  }

  void ask_next(Client& client) {
    ++turn_;
    const bool scan = options_.scan_every != 0 && turn_ % options_.scan_every == 0;
    ask(client, getter_, scan ? next_scanned_++ : zipf_.next(random_));
  }

  void ask(Client& client, const Workload& workload, uint64_t key) {
    std::string request = workload.pattern();
    workload.place(request.data(), 0, key);
    client.unsent += request;
    if (&workload == &getter_) ++client.gets;
    client.asked.push_back({key, &workload == &getter_, std::move(request)});
  }

  void push(Client& client) {
    client.connection.send(client.unsent, client.sent);
    if (client.sent < client.unsent.size()) return;
    client.unsent.clear();
    client.sent = 0;
  }

  void take_replies(Client& client) {
    std::string_view received = client.connection.receive();
    while (!received.empty()) {
      if (client.asked.empty()) give_up_on_reply(received);
      const Client::Asked& oldest = client.asked.front();
      const Workload& workload = oldest.is_get ? getter_ : setter_;
      const Check check = workload.check(received, oldest.request.data());
      if (check.verdict == Check::kWrong) give_up_on_reply(received);
      if (check.verdict == Check::kIncomplete) break;
      received.remove_prefix(check.bytes);
      const uint64_t key = oldest.key;
      const bool was_get = oldest.is_get;
      client.asked.pop_front();
      if (was_get) take_found(client, key, check.verdict == Check::kGood);
    }
    client.connection.keep(received);
  }

  void take_found(Client& client, uint64_t key, bool hit) {
    --client.gets;
    if (key >= kScanBase) {
      ++trace_.scanned;
    } else {
      ++trace_.requests;
      if (hit) ++trace_.hits;
    }
    if (!hit) ask(client, setter_, key);
  }

  const Options& options_;
  const Workload& getter_;
  const Workload& setter_;
  const Zipf zipf_;
  Random random_;
  uint64_t next_scanned_;
  uint64_t turn_ = 0;
  Poller poller_;
  std::vector<Client> clients_;
  Trace trace_;
};

}  // namespace

Trace run_trace(const Options& options, const Workload& getter, const Workload& setter) {
  return TraceRun(options, getter, setter).run();
}

}  // namespace load
