// Worker: one I/O thread: its loop, its clients, and all that a command needs while it runs here.
//
// Buffers for reading and for replies belong to the worker, not to clients: a client owns bytes only while a command is
// incomplete or a reply could not be sent. So an idle connection costs little, and the buffers stay in the cache.
//
// Threads  the worker's own; others send letters to loop().mailbox().
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/random.h"
#include "command/call.h"
#include "command/keys.h"
#include "dispatch/client.h"
#include "dispatch/context.h"
#include "metrics/thread_stats.h"
#include "runtime/loop.h"

namespace dispatch {

// One parsed command of a batch.
struct Request {
  uint32_t first_word = 0;
  uint32_t word_count = 0;
  size_t begin = 0;  // in the input
  size_t end = 0;
  const command::Command* command = nullptr;  // what the name alone says
  uint32_t first_key = 0;                     // into Batch::keys
  uint32_t key_count = 0;
};

// Up to kCommands commands of one client, parsed ahead.
struct Batch {
  static constexpr size_t kCommands = 32;
  std::vector<std::string_view> words;
  std::vector<Request> requests;
  std::vector<keyspace::Key> keys;
  std::vector<command::KeyWord> key_words;

  void clear() {
    words.clear();
    requests.clear();
    keys.clear();
  }
  std::span<const std::string_view> words_of(const Request& request) const {
    return std::span(words).subspan(request.first_word, request.word_count);
  }
  std::span<const keyspace::Key> keys_of(const Request& request) const {
    return std::span(keys).subspan(request.first_key, request.key_count);
  }
};

class Worker : public command::Host {
 public:
  static constexpr size_t kReadBytes = 64 * 1024;

  Worker(Context& context, uint32_t index);
  ~Worker();

  Context& context() { return context_; }
  uint32_t index() const { return index_; }
  runtime::Loop& loop() { return loop_; }
  metrics::ThreadStats& stats() { return stats_; }
  base::Random& random() { return random_; }
  const config::Settings& settings() { return settings_.settings(); }
  // What settings() gave last: for who may run below somebody that holds a reference to that.
  const config::Settings& held_settings() const { return settings_.held(); }

  // Counts one call of a command that took so long. On the worker's thread.
  void count_call(const command::Command& command, const config::Settings& settings, int64_t ns);

  // Starts the worker's own thread; the first worker runs on the main thread instead (run()).
  void start();
  void run();
  void join();

  // A new connection that the listener accepted; ids follow the order of acceptance.
  void adopt(net::Accepted accepted, uint64_t id);
  Client* find(uint64_t slot_and_generation);
  // Calls visit(client) for each client.
  template <typename Visit>
  void for_each_client(Visit visit) {
    for (const Slot& slot : slots_) {
      if (slot.client != nullptr) visit(*slot.client);
    }
  }
  void remove(Client& client);

  // What the clients' memory has changed by, in bytes.
  void count_client_memory(int64_t change);
  // One of them takes more memory than before, and so much now. Evicts clients if all take more than they may.
  void client_grew(size_t bytes);
  // Whether all clients take more than maxmemory-clients.
  bool clients_over_limit() const;
  // Lets the worker look, soon, whether clients must be evicted, if all take more than they may. Any thread.
  void ask_to_evict();

  // Sends the reply of a deferred call: `write` fills it in. Nothing happens if the client is gone.
  void finish(uint64_t slot_and_generation, const std::function<void(resp::Writer&)>& write);
  // The call's client waits, for `timeout_ms` (0: for good): then `at_timeout` writes the reply. REQUIRES: the call
  // runs on this worker.
  void block(command::Call& call, int64_t timeout_ms, std::function<void(resp::Writer&)> at_timeout);
  // Ends that before its time, with the same reply or with an error. False if the client does not wait.
  bool unblock(Client& client, bool with_error);
  // A client began (1) or ceased (-1) to wait as INFO counts it.
  void count_blocked(int change) { stats_.blocked_clients.add(static_cast<uint64_t>(int64_t{change})); }
  void count_timed(int change) { stats_.clients_in_timeout_table.add(static_cast<uint64_t>(int64_t{change})); }
  // A waiter's turn at a shard, or for the token.
  void retry(const keyspace::Waiter& waiter, uint32_t shard);
  // A mailbox whose bell must ring once the locks of the running command are released.
  void ring_after_release(runtime::Mailbox& mailbox) { bells_.push_back(&mailbox); }
  // Clients that wait for the end of a pause go on.
  void resume_paused();

  // Looks the names up, finds and hashes the keys, and asks the memory for what they will touch.
  void prepare(Batch& batch, uint32_t database);
  // Runs one command, or leaves the client suspended. The reply is appended to out().
  enum class Outcome : uint8_t { kDone, kDeferred, kSuspended };
  Outcome run_command(Client& client, const Batch& batch, const Request& request);

  Batch& batch() { return batch_; }
  resp::Buffer& out() { return out_; }
  char* read_buffer() { return read_buffer_.get(); }

  // A unit for background work that holds no locks yet.
  keyspace::Unit make_unit();
  keyspace::Garbage& garbage() { return garbage_; }
  keyspace::LockSet& locks() { return locks_; }
  // Frees what units left: here if it is little, else in the background.
  void free_garbage();

 private:
  struct Slot {
    std::unique_ptr<Client> client;
    uint32_t generation = 0;
  };

  const command::Command* resolve(session::Session& session, const Batch& batch, const Request& request,
                                  resp::Writer& reply);
  bool admit(Client& client, const command::Command& command, std::span<const std::string_view> words,
             const config::Settings& settings, resp::Writer& reply);
  bool must_pause(const command::Spec& spec);
  void refuse_http(Client& client);
  void settle_reply(session::Session& session, size_t reply_start);
  bool make_memory(const command::Spec& spec, resp::Writer& reply, const config::Settings& settings);
  Outcome execute(Client& client, const command::Command& command, std::span<const std::string_view> words,
                  std::span<const keyspace::Key> keys, size_t request_bytes, resp::Writer& reply);
  // The client's command will not run now: it waits for no lock any more.
  void give_up_locks(Client& client);
  void account(const Client& client, const command::Command& command, std::span<const std::string_view> words,
               const config::Settings& settings, base::WallTime started, int64_t ns, size_t request_bytes,
               size_t reply_start);
  void note_latency(const config::Settings& settings, LatencyEvent event, int64_t ns);
  void expire_slice();
  void cron();
  void check_clients();
  uint64_t client_memory_limit() const;
  Worker* owner_of_larger_client(uint64_t bytes);
  void evict_clients();
  void ring_bells();

  Context& context_;
  uint32_t index_;
  metrics::ThreadStats stats_;
  runtime::Loop loop_;
  base::Random random_;
  config::SettingsReader settings_;
  keyspace::LockSet locks_;
  keyspace::Garbage garbage_;
  Batch batch_;
  resp::Buffer out_;
  std::unique_ptr<char[]> read_buffer_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<std::unique_ptr<Client>> graveyard_;  // ended in this turn; their events may still be on the way
  std::vector<uint64_t> paused_;
  std::vector<runtime::Mailbox*> bells_;
  std::atomic<uint64_t> largest_client_{0};  // of those that may be evicted, in bytes; it may have become less
  std::atomic<bool> asked_to_evict_{false};
  uint32_t next_shard_ = 0;  // where the next slice of expiry begins
  int cron_count_ = 0;
  std::thread thread_;
};

}  // namespace dispatch
