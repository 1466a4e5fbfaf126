#include "server/tracking.h"

#include <algorithm>
#include <utility>

namespace server {
namespace {

using dispatch::Client;
using dispatch::Worker;
using keyspace::Invalidation;
using tracking::Form;
using tracking::Routes;

// About what a client's prefix takes beside its text: its places in the tables of the client and its loop.
constexpr size_t kPrefixBytes = 200;

// A tracker whose client's mail can be counted.
struct CountedTracker : keyspace::Tracker {
  std::shared_ptr<session::Mail> mail;
};

session::Mail& mail_of(const keyspace::Tracker& tracker) { return *static_cast<const CountedTracker&>(tracker).mail; }

std::unique_ptr<session::Tracking> begin_tracking(Worker& worker, Client& client) {
  auto tracking = std::make_unique<session::Tracking>();
  auto tracker = std::make_shared<CountedTracker>();
  tracker->loop = worker.index();
  tracker->connection = client.handle();
  tracker->id = client.session().id;
  tracker->mail = client.mail();
  tracking->tracker = std::move(tracker);
  return tracking;
}

}  // namespace

// The entries of a unit, by the loop to which they go.
class Tracking::Sorter {
 public:
  Entries& to(uint32_t loop) {
    for (auto& [other, entries] : by_loop_) {
      if (other == loop) return *entries;
    }
    by_loop_.emplace_back(loop, std::make_shared<Entries>());
    return *by_loop_.back().second;
  }
  const std::vector<std::pair<uint32_t, std::shared_ptr<Entries>>>& by_loop() const { return by_loop_; }

  std::shared_ptr<const Routes> routes;  // looked up when they are first wanted

 private:
  std::vector<std::pair<uint32_t, std::shared_ptr<Entries>>> by_loop_;
};

void Tracking::enable(Worker& worker, Client& client, const TrackingOptions& options) {
  std::unique_ptr<session::Tracking>& tracking = client.session().tracking;
  if (tracking == nullptr) tracking = begin_tracking(worker, client);
  if (!tracking->on) {
    workers_[worker.index()].clients.insert(client.handle());
    context_.keyspace.tracked.clients.fetch_add(1, std::memory_order_relaxed);
    if (options.broadcast) context_.keyspace.count_prefix_trackers(1);
  }
  tracking->on = true;
  tracking->broken = false;
  tracking->broadcast = options.broadcast;
  tracking->opt_in = options.opt_in;
  tracking->opt_out = options.opt_out;
  tracking->no_loop = options.no_loop;
  tracking->redirection = options.redirection;
  tracking->target_worker = options.target.worker;
  tracking->target = options.target.slot_and_generation;
  tracking->tracker->no_loop.store(options.no_loop, std::memory_order_relaxed);
  tracking->tracker->told_of_reads.store(!options.broadcast, std::memory_order_relaxed);
  if (!options.broadcast) return;
  for (const std::string_view prefix : options.prefixes) add_prefix(worker, client, prefix);
  if (options.prefixes.empty()) add_prefix(worker, client, "");
  std::sort(tracking->prefixes.begin(), tracking->prefixes.end());
}

void Tracking::add_prefix(Worker& worker, Client& client, std::string_view prefix) {
  auto& by_prefix = workers_[worker.index()].by_prefix;
  auto found = by_prefix.find(prefix);
  if (found == by_prefix.end()) found = by_prefix.try_emplace(std::string(prefix)).first;
  if (!found->second.insert(client.handle()).second) return;
  session::Tracking& tracking = *client.session().tracking;
  tracking.prefixes.emplace_back(prefix);
  tracking.prefix_bytes += kPrefixBytes + prefix.size();
  prefixes_.join(worker.index(), prefix);
}

void Tracking::disable(Worker& worker, Client& client) {
  session::Tracking* tracking = client.session().tracking.get();
  if (tracking == nullptr || !tracking->on) return;
  OfWorker& own = workers_[worker.index()];
  for (const std::string& prefix : tracking->prefixes) {
    const auto found = own.by_prefix.find(prefix);
    found->second.erase(client.handle());
    if (found->second.empty()) own.by_prefix.erase(found);
    prefixes_.leave(worker.index(), prefix);
  }
  tracking->prefixes.clear();
  tracking->prefix_bytes = 0;
  if (tracking->broadcast) context_.keyspace.count_prefix_trackers(-1);
  own.clients.erase(client.handle());
  context_.keyspace.tracked.clients.fetch_sub(1, std::memory_order_relaxed);
  tracking->tracker->told_of_reads.store(false, std::memory_order_relaxed);
  tracking->on = tracking->broadcast = tracking->opt_in = tracking->opt_out = tracking->no_loop = false;
  tracking->caching = tracking->broken = false;
  tracking->redirection = 0;
}

void Tracking::tell(Worker& worker, std::vector<Invalidation>& invalidations) {
  Sorter sorter;
  for (Invalidation& change : invalidations) sort(worker, change, sorter);
  for (const auto& [loop, entries] : sorter.by_loop()) {
    Worker& owner = *context_.workers[loop];
    runtime::Mailbox& mailbox = owner.loop().mailbox();
    const bool ring = mailbox.push([this, &owner, moved = entries] { deliver(owner, *moved); });
    if (ring) worker.ring_after_release(mailbox);
  }
}

void Tracking::sort(Worker& worker, Invalidation& change, Sorter& sorter) {
  const uint64_t served = worker.served() == nullptr ? 0 : worker.served()->handle();
  const auto to_served = [&](Message message) {
    workers_[worker.index()].own.push_back({served, std::move(message)});
    worker.deliver_own_invalidations_soon();
  };
  switch (change.kind) {
    case Invalidation::Kind::kRead:
      for (const std::shared_ptr<keyspace::Tracker>& reader : change.readers) {
        if (reader->loop == worker.index() && served != 0 && reader->connection == served) {
          to_served({.all = false, .keys = {change.key}});
          continue;
        }
        const uint64_t bytes = tracking::kKeyMessageBytes + change.key.size();
        mail_of(*reader).queued.fetch_add(bytes, std::memory_order_relaxed);
        context_.mailed_bytes.fetch_add(bytes, std::memory_order_relaxed);
        sorter.to(reader->loop).push_back({change.kind, change.key, reader, nullptr, 0, bytes});
      }
      return;
    case Invalidation::Kind::kPrefix:
      if (sorter.routes == nullptr) sorter.routes = prefixes_.routes();
      for (const auto& route : *sorter.routes) {
        if (!std::string_view(change.key).starts_with(route->prefix)) continue;
        const uint64_t bytes = sizeof(Entry) + change.key.size();
        context_.mailed_bytes.fetch_add(bytes * route->loops.size(), std::memory_order_relaxed);
        for (const uint32_t loop : route->loops) {
          sorter.to(loop).push_back({change.kind, change.key, nullptr, route, change.author, bytes});
        }
      }
      return;
    case Invalidation::Kind::kAll:
      for (uint32_t loop = 0; loop < context_.worker_count.load(std::memory_order_acquire); ++loop) {
        const uint64_t author = loop == worker.index() ? served : 0;
        sorter.to(loop).push_back({change.kind, {}, nullptr, nullptr, author, 0});
      }
      if (served != 0 && worker.served()->session().tracks()) to_served({.all = true, .keys = {}});
  }
}

void Tracking::deliver(Worker& worker, const Entries& entries) {
  OfWorker& own = workers_[worker.index()];
  for (const Entry& entry : entries) {
    context_.mailed_bytes.fetch_sub(entry.bytes, std::memory_order_relaxed);
    switch (entry.kind) {
      case Invalidation::Kind::kRead: deliver_read(worker, entry); break;
      case Invalidation::Kind::kPrefix:
        own.gathered[entry.route->prefix][entry.key] = entry.author;
        worker.owe_prefix_messages();
        break;
      case Invalidation::Kind::kAll:
        for (const uint64_t handle : own.clients) {
          if (handle != entry.author) send(worker, *worker.find(handle), {.all = true, .keys = {}});
        }
        break;
    }
  }
}

void Tracking::deliver_read(Worker& worker, const Entry& entry) {
  mail_of(*entry.reader).queued.fetch_sub(entry.bytes, std::memory_order_relaxed);
  Client* client = worker.find(entry.reader->connection);
  if (client == nullptr || !client->session().tracks() || client->session().tracking->broadcast) return;
  send(worker, *client, {.all = false, .keys = {entry.key}});
}

void Tracking::deliver_by_prefix(Worker& worker) {
  OfWorker& own = workers_[worker.index()];
  const auto gathered = std::exchange(own.gathered, {});
  for (const auto& [prefix, keys] : gathered) {
    const auto members = own.by_prefix.find(prefix);
    if (members == own.by_prefix.end()) continue;
    for (const uint64_t handle : members->second) {
      Client& client = *worker.find(handle);
      const session::Session& session = client.session();
      Message message;
      for (const auto& [key, author] : keys) {
        if (author != session.id || !session.tracking->no_loop) message.keys.push_back(key);
      }
      worker.keep_known(client, message.keys);
      if (!message.keys.empty()) send(worker, client, std::move(message));
    }
  }
}

void Tracking::deliver_own(Worker& worker) {
  const std::vector<Own> own = std::exchange(workers_[worker.index()].own, {});
  for (const Own& each : own) {
    Client* client = worker.find(each.client);
    if (client != nullptr && client->session().tracks()) send(worker, *client, each.message);
  }
}

void Tracking::send(Worker& worker, Client& client, Message message) {
  session::Tracking& tracking = *client.session().tracking;
  if (tracking.redirection == 0) return write(worker, client, false, std::move(message));
  Worker& owner = *context_.workers[tracking.target_worker];
  const uint64_t target = tracking.target;
  if (!owner.has_client(target, tracking.redirection)) {
    tracking.broken = true;
    if (client.session().protocol < 3) return;
    resp::Buffer bytes;
    resp::Writer out(bytes, client.session().protocol);
    tracking::write_broken(out, tracking.redirection);
    return put(worker, client, bytes.view());
  }
  if (&owner == &worker) return write(worker, *worker.find(target), true, std::move(message));
  owner.loop().mailbox().post([&owner, target, sent = std::move(message)]() mutable {
    Client* found = owner.find(target);
    if (found != nullptr) write(owner, *found, true, std::move(sent));
  });
}

void Tracking::write(Worker& worker, Client& target, bool redirected, Message message) {
  const session::Session& session = target.session();
  const Form form = session.protocol >= 3                       ? Form::kPush
                    : redirected && session.subscriptions.any() ? Form::kChannel
                                                                : Form::kNone;
  if (form == Form::kNone || target.closing()) return;
  if (redirected && !message.all) {  // the client that tracks may know more keys than this one
    worker.keep_known(target, message.keys);
    if (message.keys.empty()) return;
  }
  resp::Buffer bytes;
  resp::Writer out(bytes, session.protocol);
  if (message.all) {
    tracking::write_all(out, form);
  } else {
    tracking::write_keys(out, form, message.keys);
  }
  put(worker, target, bytes.view());
}

// For the client whose command runs it comes behind the reply, which is complete, or on its way; where the command was
// only checked yet, before it.
void Tracking::put(Worker& worker, Client& client, std::string_view bytes) {
  if (&client != worker.served() || client.suspension() == Client::Suspension::kDeferred) {
    client.send_behind_reply(bytes);
  } else if (worker.running() == nullptr) {
    worker.insert_before_reply(bytes);
  } else if (!client.closed()) {
    worker.out().append(bytes);
  }
}

}  // namespace server
