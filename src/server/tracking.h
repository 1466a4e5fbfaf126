// Tracking: invalidations on their way from who changes keys to clients that cache them (CLIENT TRACKING).
//
// Each goes first to the loop of the client that tracks, by a letter that is posted under the locks of the key: what
// the client had read before is in its socket by then. There it becomes a message, or goes on to the client to which
// it is redirected. What a client's own command invalidates follows the command's reply.
//
// Messages by prefix are gathered at the loop, and go out as one for each prefix before commands run there again.
//
// Threads  tell(): any, with the locks of a unit. enable(), disable() and what delivers: the worker's own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "dispatch/context.h"
#include "dispatch/worker.h"
#include "tracking/message.h"
#include "tracking/prefixes.h"

namespace server {

// What CLIENT TRACKING ON asks for.
struct TrackingOptions {
  bool broadcast = false;
  bool opt_in = false;
  bool opt_out = false;
  bool no_loop = false;
  uint64_t redirection = 0;  // a client's id; 0: to itself
  dispatch::ClientHandle target;
  std::vector<std::string_view> prefixes;  // none for broadcast: all keys
};

class Tracking {
 public:
  explicit Tracking(dispatch::Context& context) : context_(context), workers_(dispatch::Context::kMaxWorkers) {}

  void enable(dispatch::Worker& worker, dispatch::Client& client, const TrackingOptions& options);
  void disable(dispatch::Worker& worker, dispatch::Client& client);

  void tell(dispatch::Worker& worker, std::vector<keyspace::Invalidation>& invalidations);
  void deliver_own(dispatch::Worker& worker);
  void deliver_by_prefix(dispatch::Worker& worker);

  // How many different prefixes clients listen to.
  size_t prefix_count() const { return prefixes_.count(); }

 private:
  // What a letter has for a loop.
  struct Entry {
    keyspace::Invalidation::Kind kind;
    std::string key;
    std::shared_ptr<keyspace::Tracker> reader;     // kRead
    std::shared_ptr<const tracking::Route> route;  // kPrefix
    uint64_t author = 0;                           // kPrefix
    uint64_t bytes = 0;                            // that it counts on its way
  };
  using Entries = std::vector<Entry>;
  class Sorter;

  // A message for one client: of keys, or of all.
  struct Message {
    bool all = false;
    std::vector<std::string> keys;
  };
  // What a served client's own command has invalidated for it.
  struct Own {
    uint64_t client;
    Message message;
  };
  struct OfWorker {
    std::unordered_set<uint64_t> clients;  // that track
    std::map<std::string, std::set<uint64_t>, std::less<>> by_prefix;
    std::map<std::string, std::map<std::string, uint64_t>> gathered;  // by prefix: keys, and who changed each last
    std::vector<Own> own;
  };

  void add_prefix(dispatch::Worker& worker, dispatch::Client& client, std::string_view prefix);
  void sort(dispatch::Worker& worker, keyspace::Invalidation& change, Sorter& sorter);
  void deliver(dispatch::Worker& worker, const Entries& entries);
  void deliver_read(dispatch::Worker& worker, const Entry& entry);
  // To the client, or where its messages are redirected.
  void send(dispatch::Worker& worker, dispatch::Client& client, Message message);
  static void write(dispatch::Worker& worker, dispatch::Client& target, bool redirected, Message message);
  static void put(dispatch::Worker& worker, dispatch::Client& client, std::string_view bytes);

  dispatch::Context& context_;
  tracking::Prefixes prefixes_;
  std::vector<OfWorker> workers_;  // by index
};

}  // namespace server
