// Hub: who listens to which channels and patterns, and what was published and waits for the listeners' loops.
//
// A publication puts one reference for each audience (the listeners of a topic on one loop) into that loop's queue,
// under the publication lock. So all listeners see one order over all channels. The loop takes its queue and gives the
// messages to its clients; the hub knows those by handle alone.
//
// Who begins to listen gets what is published from then on: each publication has a number. Who ceases gets what was
// published before: the queue is taken in the same instant (remove()).
//
// What waits counts as output of its receivers. It is only added up, receiver by receiver, once a loop has left so much
// lying that one of its clients may be over client-output-buffer-limit. Such a client gets no more, whatever its
// thread is busy with, and is closed when that has time.
//
// Cost     publish: a look-up, a match for each pattern whose beginning fits, one entry for each loop that has
// listeners. Threads  publish() and what counts: any. The rest: each loop for its own listeners. The lock is a leaf.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/values.h"
#include "keyspace/key_hash.h"
#include "pubsub/message.h"
#include "pubsub/patterns.h"
#include "pubsub/topics.h"
#include "session/mail.h"
#include "session/output_limit.h"

namespace pubsub {

// A client that listens to something.
struct Listener {
  uint32_t loop;
  uint64_t client;
  std::shared_ptr<session::Mail> mail;
  session::OutputLimit limit{};
  std::atomic<bool> dropped{false};
  // Where it stands among the members of each audience, by kind.
  std::array<std::unordered_map<Audience*, size_t>, kKinds> audiences{};
};

// What a loop takes out of its queue.
struct Batch {
  struct Entry {
    std::shared_ptr<const Message> message;
    Audience* audience;
    uint64_t number;
    size_t bytes;      // for each receiver
    size_t receivers;  // that were counted
  };

  std::vector<Entry> entries;
  size_t accounted = 0;                            // so many entries were added to their receivers' mail
  std::vector<std::unique_ptr<Audience>> retired;  // entries may name them; they have no members any more
  // Who ceases to listen, and to what; it still gets what this batch has for that.
  const Audience* left = nullptr;
  Listener* leaver = nullptr;
  uint64_t leaver_since = 0;
};

struct Publication {
  Kind kind;  // not kPattern
  keyspace::Key channel;
  std::string_view payload;
  const config::OutputBufferLimit& limit;
  int64_t now_ms;
};

struct Posted {
  uint64_t receivers = 0;
  uint64_t number = 0;                                 // of the publication; 0 if nobody listens
  std::vector<uint32_t> loops;                         // that have a new entry
  std::vector<uint32_t> loops_to_wake;                 // of them, those that do not know yet
  std::vector<std::pair<uint32_t, uint64_t>> stalled;  // clients to be closed, and their loops
};

class Hub {
 public:
  // `mailed_bytes` counts what is queued, once for each receiver.
  Hub(base::SipKey seed, std::atomic<uint64_t>& mailed_bytes) : patterns_(seed), mailed_bytes_(mailed_bytes) {}

  Posted publish(const Publication& publication);

  // False if it listened, or did not listen, already. remove() takes the loop's queue, too.
  bool add(Listener& listener, Kind kind, const keyspace::Key& name);
  bool remove(Listener& listener, Kind kind, const keyspace::Key& name, Batch& batch);
  // The connection ends: nothing more is delivered to it.
  void remove_all(Listener& listener);
  // All that waits for a loop. `woken`: publish() asked for it.
  void take(uint32_t loop, bool woken, Batch& batch);
  // Afterwards: it was delivered.
  void settle(const Batch& batch);

  size_t count(Kind kind);
  size_t receivers(Kind kind, const keyspace::Key& name);
  // The names that match the pattern; "*" is all.
  std::vector<std::string> names(Kind kind, std::string_view pattern);

 private:
  struct OfLoop {
    std::vector<Batch::Entry> queue;
    size_t bytes = 0;      // of the queue's messages, each once
    size_t accounted = 0;  // so many entries were added to their receivers' mail
    bool woken = false;    // it knows that something waits
    std::vector<std::unique_ptr<Audience>> retired;
  };

  // Who gets a publication.
  struct Heard {
    Topic* topic = nullptr;
    std::vector<Topic*> patterns;
    uint64_t patterns_changes = 0;  // when they were found
  };

  void match(std::string_view channel, Heard& heard);
  // False: nobody.
  bool hear(const Publication& publication, Heard& heard);
  void post(const std::shared_ptr<const Message>& message, const Heard& heard, const Publication& publication,
            Posted& posted);
  void queue_for(const std::shared_ptr<const Message>& message, Topic& topic, const Publication& publication,
                 Posted& posted);
  void account(OfLoop& of_loop, const Publication& publication, Posted& posted);
  OfLoop& of_loop(uint32_t loop);
  Audience& audience_of(Topic& topic, uint32_t loop);
  void leave(Audience& audience, size_t place, Listener& listener);
  void move_queue(OfLoop& from, Batch& to);

  std::mutex mutex_;
  std::array<Topics, kKinds> topics_;
  std::deque<OfLoop> loops_;  // by index
  uint64_t published_ = 0;

  // Changed under both locks, so that either suffices to read it. The number of changes may be read without any.
  std::shared_mutex patterns_mutex_;
  Patterns patterns_;
  std::atomic<uint64_t> patterns_changes_{0};
  std::atomic<bool> has_patterns_{false};

  std::atomic<uint64_t>& mailed_bytes_;
};

}  // namespace pubsub
