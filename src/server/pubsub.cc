#include "server/pubsub.h"

namespace server {
namespace {

using dispatch::Client;
using dispatch::Worker;
using pubsub::Kind;

// About what a subscription takes: its places in the tables of the hub and of the client.
constexpr size_t kSubscriptionBytes = 160;

uint32_t& count_of(session::Subscriptions& subscriptions, Kind kind) {
  switch (kind) {
    case Kind::kChannel: return subscriptions.channels;
    case Kind::kPattern: return subscriptions.patterns;
    case Kind::kShardChannel: break;
  }
  return subscriptions.shard_channels;
}

}  // namespace

class PubSub::Text {
 public:
  explicit Text(const pubsub::Batch::Entry& entry) : entry_(entry) {}

  std::string_view in(int protocol) {
    resp::Buffer& text = texts_[protocol >= 3 ? 1 : 0];
    if (text.empty()) {
      resp::Writer writer(text, protocol);
      const pubsub::Topic& topic = *entry_.audience->topic;
      entry_.message->write(writer, topic.kind, topic.name);
    }
    return text.view();
  }
  uint64_t number() const { return entry_.number; }

 private:
  const pubsub::Batch::Entry& entry_;
  resp::Buffer texts_[2];
};

uint64_t PubSub::publish(Worker& worker, Kind kind, const keyspace::Key& channel, std::string_view payload) {
  constexpr auto kClass = static_cast<size_t>(config::ClientClass::kPubsub);
  const pubsub::Posted posted = hub.publish({.kind = kind,
                                             .channel = channel,
                                             .payload = payload,
                                             .limit = worker.held_settings().client_output_buffer_limit[kClass],
                                             .now_ms = worker.loop().clock().wall().ms()});
  if (posted.receivers == 0) return 0;
  const bool running = worker.running() != nullptr;
  for (const uint32_t loop : posted.loops) {
    if (loop != worker.index() || !running) continue;
    worker.deliver_after_command();
    OfWorker& own = workers_[loop];
    if (own.first_own == 0) own.first_own = posted.number;
  }
  for (const uint32_t loop : posted.loops_to_wake) {
    if (loop != worker.index() || !running) wake(worker, loop);
  }
  for (const auto& [loop, client] : posted.stalled) close_stalled(worker, loop, client);
  if (worker.clients_over_limit()) {
    for (const uint32_t loop : posted.loops) worker.context().workers[loop]->ask_to_evict();
  }
  return posted.receivers;
}

void PubSub::wake(Worker& worker, uint32_t loop) {
  Worker& owner = *worker.context().workers[loop];
  runtime::Mailbox& mailbox = owner.loop().mailbox();
  const bool ring = mailbox.push([this, &owner] {
    pubsub::Batch batch;
    hub.take(owner.index(), true, batch);
    deliver(owner, batch);
  });
  if (ring) worker.ring_after_release(mailbox);
}

void PubSub::close_stalled(Worker& worker, uint32_t loop, uint64_t client) {
  Worker& owner = *worker.context().workers[loop];
  runtime::Mailbox& mailbox = owner.loop().mailbox();
  const bool ring = mailbox.push([&owner, client] {
    Client* stalled = owner.find(client);
    if (stalled != nullptr) stalled->close_over_output_limit();
  });
  if (ring) worker.ring_after_release(mailbox);
}

void PubSub::deliver(Worker& worker, const pubsub::Batch& batch) {
  for (size_t at = 0; at < batch.entries.size(); ++at) {
    const pubsub::Batch::Entry& entry = batch.entries[at];
    Text text(entry);
    const auto reaches = [&](pubsub::Listener& listener, uint64_t since) {
      if (since > entry.number || listener.dropped.load(std::memory_order_relaxed)) return;
      if (at < batch.accounted) listener.mail->queued.fetch_sub(entry.bytes, std::memory_order_relaxed);
      give(worker, listener, text);
    };
    for (const pubsub::Audience::Member& member : entry.audience->members) reaches(*member.listener, member.since);
    if (batch.leaver != nullptr && batch.left == entry.audience) reaches(*batch.leaver, batch.leaver_since);
  }
  hub.settle(batch);
}

void PubSub::give(Worker& worker, const pubsub::Listener& listener, Text& text) {
  Client* client = worker.find(listener.client);
  if (client == nullptr || client->closing()) return;
  const std::string_view bytes = text.in(client->session().protocol);
  if (client == worker.running()) return give_to_running(worker, text.number(), bytes);
  client->send_out_of_band(bytes);
}

// What was published before anything that the command itself published goes before the reply: it may be the last that
// the client gets of a channel that the command leaves.
void PubSub::give_to_running(Worker& worker, uint64_t number, std::string_view text) {
  OfWorker& own = workers_[worker.index()];
  if (own.first_own != 0 && number >= own.first_own) {
    own.after_reply += text;
  } else {
    worker.insert_before_reply(text);
  }
}

void PubSub::deliver_after(Worker& worker, Client& client) {
  OfWorker& own = workers_[worker.index()];
  own.first_own = 1;  // whatever comes now follows the reply
  pubsub::Batch batch;
  hub.take(worker.index(), true, batch);
  deliver(worker, batch);
  own.first_own = 0;
  if (!client.closed()) worker.out().append(own.after_reply);
  own.after_reply.clear();
}

void PubSub::subscribe(Worker& worker, Client& client, Kind kind, const keyspace::Key& name) {
  auto& listener = workers_[worker.index()].listeners[client.handle()];
  if (listener == nullptr) {
    listener.reset(new pubsub::Listener{.loop = worker.index(), .client = client.handle(), .mail = client.mail()});
    clients_.fetch_add(1, std::memory_order_relaxed);
  }
  if (!hub.add(*listener, kind, name)) return;
  session::Subscriptions& subscriptions = client.session().subscriptions;
  ++count_of(subscriptions, kind);
  subscriptions.bytes += kSubscriptionBytes + name.text.size();
}

bool PubSub::unsubscribe(Worker& worker, Client& client, Kind kind, const keyspace::Key& name) {
  auto& listeners = workers_[worker.index()].listeners;
  const auto listener = listeners.find(client.handle());
  if (listener == listeners.end()) return false;
  pubsub::Batch batch;
  if (!hub.remove(*listener->second, kind, name, batch)) return false;
  deliver(worker, batch);
  session::Subscriptions& subscriptions = client.session().subscriptions;
  --count_of(subscriptions, kind);
  subscriptions.bytes -= kSubscriptionBytes + name.text.size();
  if (!subscriptions.any()) {
    listeners.erase(listener);
    clients_.fetch_sub(1, std::memory_order_relaxed);
  }
  return true;
}

std::vector<std::string> PubSub::names_of(Worker& worker, const Client& client, Kind kind) {
  std::vector<std::string> names;
  auto& listeners = workers_[worker.index()].listeners;
  const auto listener = listeners.find(client.handle());
  if (listener == listeners.end()) return names;
  for (const auto& [audience, place] : listener->second->audiences[static_cast<size_t>(kind)]) {
    names.push_back(audience->topic->name);
  }
  return names;
}

void PubSub::forget(Worker& worker, uint64_t client) {
  auto& listeners = workers_[worker.index()].listeners;
  const auto listener = listeners.find(client);
  if (listener == listeners.end()) return;
  hub.remove_all(*listener->second);
  listeners.erase(listener);
  clients_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace server
