// PubSub: publications on their way to clients, over the hub (pubsub/hub.h), which knows no clients.
//
// A loop with something in its queue gets a letter. What a command publishes to its own loop is delivered as soon as
// the command's reply is complete, so that a client that listens to what it publishes gets the reply first and then
// the message, before the reply of its next command.
//
// Threads  publish() and hub: any. The rest: the worker's own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatch/context.h"
#include "dispatch/worker.h"
#include "pubsub/hub.h"

namespace server {

class PubSub {
 public:
  PubSub(base::SipKey seed, std::atomic<uint64_t>& mailed_bytes)
      : hub(seed, mailed_bytes), workers_(dispatch::Context::kMaxWorkers) {}

  // Returns how many clients get it.
  uint64_t publish(dispatch::Worker& worker, pubsub::Kind kind, const keyspace::Key& channel, std::string_view payload);

  // The client of the command that runs on `worker`. They keep its session's counts.
  void subscribe(dispatch::Worker& worker, dispatch::Client& client, pubsub::Kind kind, const keyspace::Key& name);
  // False if it did not listen to that.
  bool unsubscribe(dispatch::Worker& worker, dispatch::Client& client, pubsub::Kind kind, const keyspace::Key& name);
  // What the client listens to.
  std::vector<std::string> names_of(dispatch::Worker& worker, const dispatch::Client& client, pubsub::Kind kind);
  // Ends all that it listens to, without a word.
  void forget(dispatch::Worker& worker, uint64_t client);
  // The command that ran on the worker has replied to `client`: what waits for the worker's clients is delivered.
  void deliver_after(dispatch::Worker& worker, dispatch::Client& client);

  // Clients that listen to anything.
  uint64_t clients() const { return clients_.load(std::memory_order_relaxed); }

  pubsub::Hub hub;

 private:
  struct OfWorker {
    std::unordered_map<uint64_t, std::unique_ptr<pubsub::Listener>> listeners;  // by client
    uint64_t first_own = 0;   // the first publication of the running command that goes to its own loop
    std::string after_reply;  // for the running command's client
  };
  // A batch's entry in the words of both protocols, each written when it is first wanted.
  class Text;

  void wake(dispatch::Worker& worker, uint32_t loop);
  void close_stalled(dispatch::Worker& worker, uint32_t loop, uint64_t client);
  void deliver(dispatch::Worker& worker, const pubsub::Batch& batch);
  void give(dispatch::Worker& worker, const pubsub::Listener& listener, Text& text);
  // For the client of the command that runs: around the command's reply.
  void give_to_running(dispatch::Worker& worker, uint64_t number, std::string_view text);

  std::vector<OfWorker> workers_;  // by index
  std::atomic<uint64_t> clients_{0};
};

}  // namespace server
