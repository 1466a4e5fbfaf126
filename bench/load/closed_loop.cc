// Clients that keep a pipeline each in flight.
#include "load/closed_loop.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "load/connection.h"
#include "load/random.h"

namespace load {
namespace {

struct Client {
  Connection connection;
  std::string requests;  // the whole pipeline
  size_t sent = 0;       // bytes of it
  size_t count = 0;      // requests in it
  size_t answered = 0;   // of them
  uint64_t started = 0;
  bool watched = false;  // waits for room to send the rest
};

class ClosedLoop {
 public:
  ClosedLoop(const Options& options, const Workload& workload, bool each_key_once)
      : options_(options), workload_(workload), each_key_once_(each_key_once), random_(options.seed) {
    for (uint64_t index = 0; index < options.clients; ++index) {
      clients_.push_back({Connection(options.host, options.port), {}});
      for (uint64_t request = 0; request < options.pipeline; ++request) {
        clients_.back().requests += workload.pattern();
      }
      poller_.add(clients_.back().connection, index);
    }
  }

  Tally run() {
    const uint64_t begin = now();
    for (Client& client : clients_) next_pipeline(client, begin);
    uint64_t end = begin + static_cast<uint64_t>(options_.warm_up * 1e9);
    bool warm = each_key_once_ || options_.warm_up == 0;
    Usage start = Usage::read(options_.server_pid);
    if (warm) end = start.wall + static_cast<uint64_t>(options_.seconds * 1e9);
    for (;;) {
      serve();
      if (each_key_once_ ? busy_ == 0 : now() >= end) {
        if (warm) break;
        warm = true;
        tally_ = Tally();
        start = Usage::read(options_.server_pid);
        end = start.wall + static_cast<uint64_t>(options_.seconds * 1e9);
      }
    }
    tally_.usage = Usage::read(options_.server_pid).since(start);
    return tally_;
  }

 private:
  void serve() {
    for (const Poller::Ready& ready : poller_.wait(100)) {
      Client& client = clients_[ready.index];
      if (ready.writable) push(client, ready.index);
      if (ready.readable) take_replies(client, ready.index);
    }
  }

  // Keys are chosen and their digits written into the requests that lie ready.
  void next_pipeline(Client& client, uint64_t time) {
    client.count = options_.pipeline;
    if (each_key_once_) client.count = std::min(client.count, options_.keys - next_key_);
    client.sent = client.answered = 0;
    if (client.count == 0) return;
    char* request = client.requests.data();
    for (size_t index = 0; index < client.count; ++index, request += workload_.pattern().size()) {
      for (size_t slot = 0; slot < workload_.keys_per_request(); ++slot) {
        workload_.place(request, slot, each_key_once_ ? next_key_++ : random_.below(options_.keys));
      }
      workload_.place_ttl(request, random_);
    }
    ++busy_;
    client.started = time;
    push(client, static_cast<size_t>(&client - clients_.data()));
  }

  void push(Client& client, size_t index) {
    const size_t whole = client.count * workload_.pattern().size();
    client.connection.send(std::string_view(client.requests).substr(0, whole), client.sent);
    const bool wants = client.sent < whole;
    if (wants != client.watched) poller_.watch_writable(client.connection, index, wants);
    client.watched = wants;
  }

  void take_replies(Client& client, size_t index) {
    std::string_view received = client.connection.receive();
    const size_t before = client.answered;
    while (!received.empty()) {
      if (client.answered == client.count) give_up_on_reply(received);  // nothing was asked for
      const char* request = client.requests.data() + client.answered * workload_.pattern().size();
      const Check check = workload_.check(received, request);
      if (check.verdict == Check::kWrong) give_up_on_reply(received);
      if (check.verdict == Check::kIncomplete) break;
      if (check.verdict == Check::kMissing) ++tally_.missing;
      received.remove_prefix(check.bytes);
      ++client.answered;
    }
    client.connection.keep(received);
    if (client.answered == before) return;
    const uint64_t time = now();
    tally_.requests += client.answered - before;
    tally_.latency.record(time - client.started, client.answered - before);
    if (client.answered < client.count) return;
    --busy_;
    next_pipeline(clients_[index], time);
  }

  const Options& options_;
  const Workload& workload_;
  const bool each_key_once_;
  Random random_;
  Poller poller_;
  std::vector<Client> clients_;
  uint64_t next_key_ = 0;
  uint64_t busy_ = 0;  // clients with a pipeline in flight
  Tally tally_;
};

}  // namespace

Tally run_closed_loop(const Options& options, const Workload& workload) {
  return ClosedLoop(options, workload, false).run();
}

Tally fill(const Options& options, const Workload& workload) { return ClosedLoop(options, workload, true).run(); }

}  // namespace load
