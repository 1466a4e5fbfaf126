// Requests by the clock.
#include "load/open_loop.h"

#include <deque>
#include <vector>

#include "load/connection.h"
#include "load/random.h"

namespace load {
namespace {

struct Client {
  Connection connection;
  std::string unsent;  // requests that the socket had no room for
  size_t sent = 0;     // bytes of them
  struct Asked {
    uint64_t due;
    std::string request;
  };
  std::deque<Asked> asked;  // without a reply so far, the oldest first
};

class OpenLoop {
 public:
  OpenLoop(const Options& options, const Workload& workload)
      : options_(options), workload_(workload), random_(options.seed) {
    for (uint64_t index = 0; index < options.clients; ++index) {
      clients_.push_back({Connection(options.host, options.port), {}, 0, {}});
      poller_.add(clients_.back().connection, index);
    }
  }

  Tally run() {
    const double interval = 1e9 / static_cast<double>(options_.rate);
    run_for(options_.warm_up, interval);
    tally_ = Tally();
    const Usage start = Usage::read(options_.server_pid);
    run_for(options_.seconds, interval);
    tally_.usage = Usage::read(options_.server_pid).since(start);
    return tally_;
  }

 private:
  void run_for(double seconds, double interval) {
    const uint64_t begin = now();
    const uint64_t end = begin + static_cast<uint64_t>(seconds * 1e9);
    uint64_t asked = 0;
    for (uint64_t time = begin; time < end; time = now()) {
      for (;; ++asked) {
        const uint64_t due = begin + static_cast<uint64_t>(static_cast<double>(asked) * interval);
        if (due > time) break;
        ask(clients_[turn_++ % clients_.size()], due);
      }
      for (const Poller::Ready& ready : poller_.wait(0)) take_replies(clients_[ready.index]);
    }
  }

  void ask(Client& client, uint64_t due) {
    std::string request = workload_.pattern();
    for (size_t slot = 0; slot < workload_.keys_per_request(); ++slot) {
      workload_.place(request.data(), slot, random_.below(options_.keys));
    }
    workload_.place_ttl(request.data(), random_);
    client.unsent += request;
    client.asked.push_back({due, std::move(request)});
    push(client);
  }

  void push(Client& client) {
    client.connection.send(client.unsent, client.sent);
    if (client.sent < client.unsent.size()) return;  // tried again at its next request or reply
    client.unsent.clear();
    client.sent = 0;
  }

  void take_replies(Client& client) {
    std::string_view received = client.connection.receive();
    const uint64_t time = now();
    while (!received.empty()) {
      if (client.asked.empty()) give_up_on_reply(received);
      const Client::Asked& oldest = client.asked.front();
      const Check check = workload_.check(received, oldest.request.data());
      if (check.verdict == Check::kWrong) give_up_on_reply(received);
      if (check.verdict == Check::kIncomplete) break;
      if (check.verdict == Check::kMissing) ++tally_.missing;
      ++tally_.requests;
      tally_.latency.record(time - oldest.due);
      received.remove_prefix(check.bytes);
      client.asked.pop_front();
    }
    client.connection.keep(received);
    if (!client.unsent.empty()) push(client);
  }

  const Options& options_;
  const Workload& workload_;
  Random random_;
  Poller poller_;
  std::vector<Client> clients_;
  uint64_t turn_ = 0;
  Tally tally_;
};

}  // namespace

Tally run_open_loop(const Options& options, const Workload& workload) { return OpenLoop(options, workload).run(); }

}  // namespace load
