// Worker: one I/O thread: its loop, its clients, and all that a command needs while it runs here.
//
// Buffers for reading and for replies belong to the worker, not to clients: a client owns bytes only while a command is
// incomplete or a reply could not be sent. So an idle connection costs little, and the buffers stay in the cache.
//
// Threads  the worker's own; others send letters to loop().mailbox().
#pragma once

#include <pthread.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/random.h"
#include "command/call.h"
#include "command/keys.h"
#include "dispatch/client.h"
#include "dispatch/context.h"
#include "metrics/hot_keys.h"
#include "metrics/thread_stats.h"
#include "persistence/capture_buffer.h"
#include "runtime/loop.h"

namespace dispatch {

struct LargeReply;

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

// What a command of very many words has left is given back.
template <typename T>
bool is_large(const std::vector<T>& of_words) {
  constexpr size_t kWordsKept = 32 * 1024;
  return of_words.capacity() > kWordsKept;
}

// Up to kCommands commands of one client, parsed ahead.
struct Batch {
  static constexpr size_t kCommands = 32;
  std::vector<std::string_view> words;
  std::vector<Request> requests;
  std::vector<keyspace::Key> keys;
  std::vector<keyspace::Keyspace::ElementOf> elements;

  void clear() {
    elements.clear();
    words.clear();
    requests.clear();
    keys.clear();
  }
  // Of an empty batch or one that is done.
  void trim() {
    if (is_large(words) || is_large(keys)) *this = Batch();
  }
  std::span<const std::string_view> words_of(const Request& request) const {
    return std::span(words).subspan(request.first_word, request.word_count);
  }
  std::span<const keyspace::Key> keys_of(const Request& request) const {
    return std::span(keys).subspan(request.first_key, request.key_count);
  }
};

class Worker final : public command::Host, private keyspace::ChangeSink {
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
  // The users in force; until the next call.
  const acl::Users& users() { return users_.users(); }
  uint64_t users_version() const { return users_.version(); }  // of what users() gave last
  // The session of who just connected: the default user's.
  void begin_session(session::Session& session);
  // Makes the client the user that its certificate names, as tls-auth-clients-user has it, if there is one who is
  // enabled. Else it stays the default user; that is counted, and noted in ACL LOG.
  void log_in_by_certificate(Client& client);

  // The keys that its commands use most. Any thread.
  metrics::HotKeys& hot_keys() { return hot_keys_; }

  // Counts one call of a command that took so long. On the worker's thread.
  void count_call(const command::Command& command, const config::Settings& settings, int64_t ns);

  // Starts the worker's own thread; the first worker runs on the main thread instead (run()). False if there can be no
  // more threads.
  [[nodiscard]] bool start();
  void run();
  void join();

  // A new connection that the listener accepted; ids follow the order of acceptance.
  // With a TLS context, begins with a handshake.
  void adopt(net::Accepted accepted, uint64_t id, const std::shared_ptr<const tls::Context>& tls);
  Client* find(uint64_t slot_and_generation);
  // The handle of the client with this id, if it is one of the worker's; whether the client at a handle has this id.
  // Any thread.
  std::optional<uint64_t> handle_of(uint64_t id) const;
  bool has_client(uint64_t handle, uint64_t id) const;
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
  // Lets the worker look, soon, whether clients must be evicted, if all take more than they may; or keys, where a limit
  // was lowered, which waits for no command. Any thread.
  void ask_to_evict();

  // Whose reply a call defers. Inside EXEC it is one part of the client's reply.
  struct Deferral {
    static constexpr size_t kWhole = ~size_t{0};
    uint64_t client = 0;
    size_t part = kWhole;
  };
  // REQUIRES: the caller's call runs on this worker.
  Deferral deferral() const { return {locks_.owner().connection, deferred_part_}; }
  // Sends the reply of a deferred call: `write` fills it in. Nothing happens if the client is gone.
  void finish(const Deferral& deferral, const std::function<void(resp::Writer&)>& write);
  // The call's client waits, for `timeout_ms` (0: for good): then `at_timeout` writes the reply. REQUIRES: the call
  // runs on this worker.
  void block(command::Call& call, int64_t timeout_ms, std::function<void(resp::Writer&)> at_timeout);
  // Ends that before its time, with the same reply or with an error. False if the client does not wait.
  bool unblock(Client& client, bool with_error);
  // Serves who waits for the keys that a unit made ready (BLPOP and the like), with its locks and at its time.
  void serve_ready(keyspace::Unit& unit, base::WallTime now);
  // That, and who keeps the values of keys that the unit has changed is told. The last thing before its locks go.
  void tell_of_changes(keyspace::Unit& unit, base::WallTime now) {
    if (!unit.ready.empty()) {
      if (!unit.invalidations.empty()) tell_readers(unit);
      serve_ready(unit, now);
    }
    if (!unit.invalidations.empty()) tell_trackers(unit);
  }
  // Before its first effect, whoever may change these keys: the shards of keys to which somebody who waits for them
  // would carry what it gets (BLMOVE). False: let go of all and start again, the attempt knows them now.
  bool hold_what_is_carried(std::span<const keyspace::Key> keys, keyspace::Attempt& attempt);
  // A client that waited for keys has gone.
  void leave_queues_later(std::shared_ptr<BlockedCall> blocked);
  // A client began (1) or ceased (-1) to wait as INFO counts it.
  void count_blocked(int change) { stats_.blocked_clients.add(static_cast<uint64_t>(int64_t{change})); }
  void count_timed(int change) { stats_.clients_in_timeout_table.add(static_cast<uint64_t>(int64_t{change})); }
  // A waiter's turn at a shard, or for the token.
  void retry(const keyspace::Waiter& waiter, uint32_t shard);
  // A mailbox whose bell must ring once the locks of the running command are released.
  void ring_after_release(runtime::Mailbox& mailbox) { bells_.push_back(&mailbox); }
  // The client whose command runs just now; null between commands.
  Client* running() const { return running_; }
  // The client whose command is checked or runs just now.
  Client* served() const { return served_; }
  // What the running command has published to clients of this worker is delivered once its reply is complete.
  void deliver_after_command() { delivers_after_command_ = true; }
  // The same for keys that the served client tracks: before its command's reply if that has not begun.
  void deliver_own_invalidations_soon() { has_own_invalidations_ = true; }
  // Something is gathered for clients that listen to prefixes: it is delivered before a client's next commands run, or
  // when the turn ends.
  void owe_prefix_messages();
  bool owes_prefix_messages() const { return owes_prefix_messages_; }
  void deliver_prefix_messages();
  // Puts a message for the running command's client before the reply that is being written.
  void insert_before_reply(std::string_view message);
  // Clients that wait for the end of a pause go on.
  void resume_paused();
  // A client whose command is to run again (Call::run_again_later), if it is still there.
  void run_again(uint64_t client);
  // Nobody asks any more whether these keys change.
  void forget_watch(std::shared_ptr<keyspace::Watch> watch, std::vector<session::WatchedKey> keys);

  // Snapshots (capture.cc). What the worker has captured on its way to the file.
  persistence::CaptureBuffer& captures() { return captures_; }
  // Captures a part of a shard, until some time of the loop's clock.
  enum class Captured : uint8_t { kNothing, kSome, kAll };  // kNothing: the shard was not free
  Captured capture_slice(uint32_t shard, base::MonoTime until);
  // Runs a command that no client sent, and returns its reply in RESP2. REQUIRES: inside try_with_all_locks().
  std::string run_alone(std::span<const std::string_view> words);
  // A unit for work on keys that no command does; the caller holds their shards when it uses it.
  keyspace::Unit& begin_background_unit();
  // Does background work that needs all locks, once. False: they were not to be had.
  bool try_with_all_locks(const std::function<void()>& work);

  // Looks the names up, finds and hashes the keys, and asks the memory for what they will touch.
  void prepare(Batch& batch, uint32_t database);
  // Runs one command, or leaves the client suspended. The reply is appended to out().
  enum class Outcome : uint8_t { kDone, kDeferred, kSuspended };
  Outcome run_command(Client& client, const Batch& batch, const Request& request);

  // Transactions (transactions.cc).
  void run_queued(command::Call& exec) override;
  void end_transaction(session::Session& session) override;
  void forget_watches(session::Session& session) override;

  bool may_read_every_key(const command::Call& call) override;
  // Takes out the keys of which this client of the worker, as its rights are now, must not learn.
  void keep_known(Client& client, std::vector<std::string>& keys);

  // Scripts (scripts.cc).
  command::ScriptEngine& scripts() override { return context_.scripts; }
  void run_from_script(command::Call& script, command::ScriptRun& run, std::span<const std::string_view> words,
                       resp::Writer& reply) override;
  void tell_monitors_first(command::Call& script) override;
  bool is_out_of_memory(uint32_t database) const override;
  void error_was_counted() override { error_is_counted_ = true; }
  void count_script_error(std::string_view reply_line) override;
  void kill_script(command::Call& call, bool is_function) override;
  void work_on(command::Call& script) override;
  void script_ended() override;
  std::optional<bool> script_may_run(command::Call& script, std::span<const std::string_view> words) override;

  Batch& batch() { return batch_; }
  resp::Buffer& out() { return out_; }
  char* read_buffer() { return read_buffer_.get(); }
  // An empty buffer in the place of out(), whose bytes a client keeps because its socket is full; and it back.
  resp::Buffer take_buffer();
  void give_buffer(resp::Buffer buffer);

  // The worker's unit, to be used anew: by a command, or by background work that holds no locks yet. It takes the
  // settings that are held.
  keyspace::Unit& begin_unit();
  keyspace::Garbage& garbage() { return garbage_; }
  keyspace::LockSet& locks() { return locks_; }
  // Frees what units left: here if it is little, else in the background.
  void free_garbage();

 private:
  void on_event(keyspace::Event event, std::string_view name, uint32_t database, std::string_view key) override {
    (void)event;
    context_.publish_event(*this, name, database, key);
  }

  struct Slot {
    std::unique_ptr<Client> client;
    uint32_t generation = 0;
  };

  // Finds and hashes the keys among words of the command's arity.
  void add_keys(const command::Command& command, std::span<const std::string_view> words,
                std::vector<keyspace::Key>& keys);
  const command::Command* resolve(session::Session& session, const Batch& batch, const Request& request,
                                  resp::Writer& reply);
  bool admit(Client& client, const command::Command& command, std::span<const std::string_view> words,
             resp::Writer& reply);
  // Rights (rights.cc). The session's user as its rules are now; false if there is no such user any more.
  bool take_over_user(session::Session& session);
  acl::Verdict check_rights(const session::Session& session, const command::Command& command,
                            std::span<const std::string_view> words, uint32_t database) const;
  // Each false after an error reply.
  bool may_run(Client& client, const command::Command& command, std::span<const std::string_view> words,
               resp::Writer& reply);
  bool may_run_inside(Client& client, const command::Command& command, std::span<const std::string_view> words,
                      resp::Writer& reply);
  bool may_run_again(BlockedCall& blocked, std::span<const std::string_view> words, resp::Writer& reply);
  bool may_run_from_script(const Client& client, const command::Command& command,
                           std::span<const std::string_view> words, resp::Writer& reply);
  void note_denied(const Client& client, const command::Command& command, std::span<const std::string_view> words,
                   const acl::Verdict& verdict, acl::Context context = acl::Context::kTopLevel);
  Outcome check_and_run(Client& client, const Batch& batch, const Request& request);
  bool may_run_though(uint32_t restrictions, const session::Session& session, const command::Spec& spec,
                      resp::Writer& reply);
  bool must_pause(uint32_t flags);
  void refuse_http(Client& client);
  void settle_reply(session::Session& session, size_t reply_start);
  // Evicts keys while too much memory is in use, for at most half a millisecond. False: the time was not enough.
  // Until `enough` or for some time; of one database, or of any. True: it may go on, or there was time left.
  bool evict_keys(const config::Settings& settings, std::optional<uint32_t> database,
                  const std::function<bool()>& enough);
  bool evict_keys(const config::Settings& settings);
  // Whether the keys of a database take more than db-maxmemory gives them.
  bool is_over_limit(const config::Settings& settings, uint32_t database) const;
  bool make_room(uint32_t database, uint32_t flags, resp::Writer& reply, const config::Settings& settings);
  bool make_memory(int64_t limit, uint32_t flags, resp::Writer& reply, const config::Settings& settings);
  Outcome execute(Client& client, const command::Command& command, std::span<const std::string_view> words,
                  std::span<const keyspace::Key> keys, size_t request_bytes, resp::Writer& reply);
  Outcome conclude(Client& client, const command::Command& command, const command::Call& call, base::MonoTime start,
                   size_t request_bytes, size_t reply_start);
  void check_again(Client& client);
  static Outcome suspend(Client& client);
  Outcome suspend_to_run_again(Client& client);
  // MONITOR's clients see the call, under its locks.
  void tell_monitors(command::Call& call, bool by_script = false);
  // While a script of this worker runs (beside_script.cc).
  struct Lane;
  std::unique_ptr<keyspace::Unit> make_unit();
  void exchange_lane(Lane& lane);
  void tell_script_is_busy();
  void publish_script_shards();
  void run_again_who_waits();
  // The command, which did not get its locks, is refused because a script holds them.
  bool is_held_up_by_script(keyspace::LockClass lock_class, const keyspace::Attempt& attempt) const;
  static std::string_view busy_with(scripting::Kind kind);
  Outcome refuse_busy(Client& client, const command::Command& command, resp::Writer& reply);
  Outcome wait_for_script(Client& client, const command::Command& command, resp::Writer& reply);
  // What a script calls, if it may.
  void refuse_to_script(resp::Writer& reply, std::string_view error);
  const command::Command* resolve_for_script(std::span<const std::string_view> words, resp::Writer& reply);
  bool admit_from_script(const command::ScriptRun& run, const command::Command& command,
                         std::span<const std::string_view> words, resp::Writer& reply);
  void log_from_script(const command::Call& call, int64_t ns);
  std::span<const keyspace::Key> lock_for_script(const command::Command& command,
                                                 std::span<const std::string_view> words);
  // Queues the command, unless it is one that runs at once. REQUIRES: the client is between MULTI and EXEC.
  bool queue(session::Session& session, const command::Command& command, std::span<const std::string_view> words,
             resp::Writer& reply);
  // A command of a transaction was refused with the reply from `reply_start` on.
  void fail_transaction(session::Session& session, const command::Command* named, size_t reply_start);
  // What EXEC must lock: the class; the keys are in transaction_batch_.
  keyspace::LockClass prepare_transaction(const session::Session& session);
  // One queued command; true if its reply comes later.
  bool run_inside(command::Call& exec, const Request& request, const config::Settings& settings);
  void fill_part(Client& client, size_t part, std::string_view reply);
  void sweep_watches();
  // The client's command will not run now: it waits for no lock any more.
  void give_up_locks(Client& client);
  // The call's client waits as it wanted. Under the locks under which it found nothing.
  void begin_wait(Client& client, const command::Command& command, command::Call& call, size_t request_bytes);
  // A reply in slices (large_reply.cc).
  void begin_large_reply(Client& client, const command::Command& command, command::Call& call, size_t request_bytes,
                         size_t reply_start);
  void go_on_with(const std::shared_ptr<LargeReply>& job);
  void deliver_large_reply(LargeReply& job);
  bool waits_for_large_reply(Client& client, std::span<const keyspace::Key> keys);
  void serve_key(keyspace::Unit& unit, const keyspace::ReadyKey& ready, base::WallTime now);
  bool serve(keyspace::Unit& unit, BlockedCall& blocked, base::WallTime now);
  void tell_trackers(keyspace::Unit& unit);
  // Only those who track by their reads. They may be among who is served now, and then read again.
  void tell_readers(keyspace::Unit& unit);
  void deliver_own_invalidations();
  // The client has read the keys of its command; their shards are held.
  void track_keys(const command::Spec& spec, std::span<const keyspace::Key> keys,
                  const std::shared_ptr<keyspace::Tracker>& reader);
  // CLIENT CACHING counts for one command or transaction.
  static void end_caching(session::Session& session);
  void limit_tracked_keys();
  bool forget_some_tracked_key();
  bool admit_again(BlockedCall& blocked, std::span<const std::string_view> words, resp::Writer& reply);
  void send_served(keyspace::Unit& unit, const std::shared_ptr<BlockedCall>& blocked);
  void deliver_served(const std::shared_ptr<BlockedCall>& blocked);
  void leave_all_queues(const std::shared_ptr<BlockedCall>& blocked);
  void leave_queues_now();
  enum class WaitEnd : uint8_t { kReply, kUnblocked, kRefused };
  void end_wait(Client& client, WaitEnd how, const std::function<void(resp::Writer&)>& write);
  // Counts the keys of a command for HOTKEYS, if it is one of those that are chosen.
  void sample_keys(const command::Call& call, int64_t ns, size_t bytes) {
    if (hot_keys_.is_due()) add_hot_keys(call, ns, bytes);
  }
  void add_hot_keys(const command::Call& call, int64_t ns, size_t bytes);
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
  metrics::HotKeys hot_keys_;
  config::SettingsReader settings_;
  acl::Reader users_;
  keyspace::LockSet locks_;
  keyspace::Garbage garbage_;
  persistence::CaptureBuffer captures_;
  std::unique_ptr<keyspace::Unit> unit_;
  Batch batch_;
  Batch transaction_batch_;                  // of the EXEC that runs
  std::vector<command::KeyWord> key_words_;  // of the command whose keys are being found
  size_t deferred_part_ = Deferral::kWhole;
  // Watches that nobody wants any more, in shards that were not free.
  struct StaleWatch {
    std::shared_ptr<keyspace::Watch> watch;
    std::vector<session::WatchedKey> keys;
  };
  std::vector<StaleWatch> stale_watches_;
  resp::Buffer out_;
  resp::Buffer spare_;  // a large reply's, for the next one: fresh memory costs more than the reply; until cron comes
  std::unique_ptr<char[]> read_buffer_;
  std::vector<Slot> slots_;
  // Who is at each slot, for other threads.
  struct Occupant {
    uint64_t id = 0;  // 0: nobody
    uint64_t handle = 0;
  };
  mutable std::mutex occupants_mutex_;
  std::vector<Occupant> occupants_;
  std::vector<uint32_t> free_slots_;
  std::vector<std::unique_ptr<Client>> graveyard_;  // ended in this turn; their events may still be on the way
  std::vector<uint64_t> paused_;
  std::vector<runtime::Mailbox*> bells_;
  std::vector<std::shared_ptr<BlockedCall>> leaving_;  // ended, and still in the queue of a shard that was not free
  std::atomic<uint64_t> largest_client_{0};  // of those that may be evicted, in bytes; it may have become less
  std::atomic<bool> asked_to_evict_{false};
  uint32_t next_shard_ = 0;  // where the next slice of expiry begins
  int cron_count_ = 0;
  Client* running_ = nullptr;
  Client* served_ = nullptr;
  bool delivers_after_command_ = false;
  bool has_own_invalidations_ = false;
  bool owes_prefix_messages_ = false;
  bool limits_tracked_keys_ = false;  // it is scheduled
  bool error_is_counted_ = false;     // that the running command replies
  base::MonoTime script_since_;
  std::vector<uint64_t> script_waiters_;
  std::unique_ptr<Lane> spare_lane_;
  std::vector<keyspace::Key> script_keys_;  // of the command that a script calls
  size_t reply_start_ = 0;                  // of the running command, in out_
  std::optional<pthread_t> thread_;         // a std::thread that cannot be made ends the process
};

}  // namespace dispatch
