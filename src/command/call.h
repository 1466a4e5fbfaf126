// Call: one command as it runs: its words, its keys, its client, its database, and where the reply goes.
//
// What belongs to a running command lives here, never in a thread-local variable, because commands nest.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "command/args.h"
#include "command/errors.h"
#include "command/script_run.h"
#include "command/spec.h"
#include "config/settings.h"
#include "keyspace/database.h"
#include "keyspace/edit.h"
#include "resp/writer.h"
#include "session/session.h"

namespace command {

class Call;

// What runs commands, as handlers know it: dispatch::Worker.
class Host {
 public:
  // Runs what the caller's client has queued, inside its unit, and ends the transaction.
  virtual void run_queued(Call& exec) = 0;
  // The client has no transaction any more, and watches nothing.
  virtual void end_transaction(session::Session& session) = 0;
  virtual void forget_watches(session::Session& session) = 0;
  // Whether the call's user may read whatever key its words lead to, beside those that it names.
  virtual bool may_read_every_key(const Call& call) = 0;
  // The one engine (scripting/engine.h), which belongs to whoever holds the token U.
  virtual ScriptEngine& scripts() = 0;
  // Runs a command that the script of `script` calls, in its unit. What is wrong with it is an error reply.
  virtual void run_from_script(Call& script, ScriptRun& run, std::span<const std::string_view> words,
                               resp::Writer& reply) = 0;
  // MONITOR's clients see a script's call before what it calls.
  virtual void tell_monitors_first(Call& script) = 0;
  // More memory is in use than maxmemory says, or than db-maxmemory says of this database.
  virtual bool is_out_of_memory(uint32_t database) const = 0;
  // The error that the running call replies is one that was counted where it came from.
  virtual void error_was_counted() = 0;
  // Counts an error reply that a script got without running a command.
  virtual void count_script_error(std::string_view reply_line) = 0;
  // The script of `script` has run for some time: its thread looks at what else is to be done.
  virtual void work_on(Call& script) = 0;
  virtual void script_ended() = 0;
  // SCRIPT KILL or FUNCTION KILL: ends the script or function that runs, and replies.
  virtual void kill_script(Call& call, bool is_function) = 0;
  // Whether the script's user may run these words. False without a verdict: there is no such command.
  virtual std::optional<bool> script_may_run(Call& script, std::span<const std::string_view> words) = 0;

 protected:
  ~Host() = default;
};

// How a handler asks that its client waits for keys.
struct Wait {
  std::span<const keyspace::Key> keys;  // of the call's own
  keyspace::Type type;                  // what may serve the client is one of them that is there with this type,
  bool when_missing = false;            // or that has gone or has another type
  int64_t timeout_ms = 0;               // 0: for good
  std::vector<std::string> words;       // to be run then instead of the call's, with the same keys at the same places
};

// So many elements are a slice of such a reply, or about so many.
constexpr uint64_t kSliceElements = 512;

// What is left of a reply that is written in slices (Call::reply_in_slices()).
class Slices {
 public:
  explicit Slices(uint64_t word) : word_(word) {}
  virtual ~Slices() = default;
  // Writes some thousand elements at most; true: they were the last.
  virtual bool write(resp::Writer& reply) = 0;
  uint64_t word() const { return word_; }  // of the collection that they come from

 private:
  uint64_t word_;
};

class Call {
 public:
  Call(const Spec& spec, std::span<const std::string_view> words, std::span<const keyspace::Key> keys,
       session::Session& session, keyspace::Unit& unit, const config::Settings& settings, base::WallTime now,
       resp::Writer& reply, Host& host)
      : spec_(spec),
        words_(words),
        keys_(keys),
        session_(session),
        database_(unit, session.database),
        settings_(settings),
        now_(now),
        reply_(reply),
        host_(host) {}

  const Spec& spec() const { return spec_; }
  std::span<const std::string_view> words() const { return words_; }
  std::string_view word(size_t at) const { return words_[at]; }
  size_t count() const { return words_.size(); }
  // Behind the command's name (and its subcommand's).
  Args args() const { return Args(words_, spec_.is_subcommand() ? 2 : 1); }

  // The keys in the order of the row's specifications, each with its hash.
  const keyspace::Key& key(size_t at) const { return keys_[at]; }
  std::span<const keyspace::Key> keys() const { return keys_; }

  // For a loop over many keys: call it with each index, before that key is used.
  void warm(size_t at) { database_.unit().keyspace.prefetch_behind(keys_, at, database_.index()); }

  keyspace::Database& db() { return database_; }
  keyspace::Database database(uint32_t index) { return {database_.unit(), index}; }
  session::Session& session() { return session_; }
  const session::Session& session() const { return session_; }
  const config::Settings& settings() const { return settings_; }
  // The unit's one reading of the clock.
  base::WallTime now() const { return now_; }
  int64_t now_ms() const { return database_.now_ms(); }

  resp::Writer& reply() { return reply_; }
  // The client will be closed for what already waits for it, with `more_bytes`: nobody reads what a handler leaves out
  // from then on. For loops that a declared count alone could keep busy for years.
  bool reply_too_large(uint64_t more_bytes = 0) {
    constexpr uint64_t kUncountedReply = 16 * 1024;  // see Client::over_hard_output_limit()
    const auto of = session_.subscriptions.any() ? config::ClientClass::kPubsub : config::ClientClass::kNormal;
    const uint64_t limit = settings_.client_output_buffer_limit[static_cast<size_t>(of)].hard_bytes;
    return limit != 0 && reply_.out().size() + more_bytes > std::max(limit, kUncountedReply);
  }
  void fail(Error error) { reply_.error(error.text()); }
  void fail(std::string_view text) { reply_.error(text); }
  // The command fails for what the entry holds (null: there is none), and has used it.
  void refuse(keyspace::Entry* entry, Error error) {
    if (entry != nullptr) database_.touch(*entry);
    fail(error);
  }

  // The live string at a key (null if there is none), read or only looked at, by who changes it; kWrongType for another
  // type, of which that is a use all the same.
  base::Result<keyspace::Entry*> read_string(const keyspace::Key& key) { return as_string(database_.read(key)); }
  base::Result<keyspace::Entry*> peek_string(const keyspace::Key& key) {
    return as_string(peek_at(key, keyspace::Type::kString));
  }

  // The live collection of class T at a key (none if there is no such key), read or only looked at; kWrongType for
  // another type.
  template <typename T>
  base::Result<std::optional<T>> read(const keyspace::Key& key) {
    return as<T>(database_.read(key));
  }
  template <typename T>
  base::Result<std::optional<T>> peek(const keyspace::Key& key) {
    return as<T>(peek_at(key, T::kType));
  }
  // The same, to be changed.
  template <typename T>
  base::Result<keyspace::Edit<T>> edit(const keyspace::Key& key, keyspace::Missing missing) {
    keyspace::Entry* entry = database_.find_to_change(key);
    if (entry != nullptr && entry->type() != T::kType) return kWrongType;
    return keyspace::Edit<T>(database_, key, entry, missing);
  }

  // What is left of a reply of about so many elements, made by write(writer) from nothing but the collection at the
  // call's first key. Each time it writes some thousand at most, and returns true with the last: here and now or, where
  // there are many, in slices, between which other clients are served. Called last.
  template <typename T, typename Write>
  void reply_in_slices(const T& collection, uint64_t elements, Write write) {
    constexpr uint64_t kMany = 10'000;
    if (elements >= kMany && !nested()) {
      slices_ = std::make_unique<SlicesOf<Write>>(collection.word(), std::move(write));
      return;
    }
    while (!write(reply_)) {}
  }
  bool has_slices() const { return slices_ != nullptr; }
  std::unique_ptr<Slices> take_slices() { return std::move(slices_); }

  // The reply comes later, from a message; the client waits for it.
  void defer() { deferred_ = true; }
  bool deferred() const { return deferred_; }

  // There is nothing in the keys yet. The client waits, and when one of them has changed as the wait says the command
  // runs again, in the unit of whoever changed it; it then writes its reply, or waits on. A client that may not wait
  // (in EXEC or a script) has a null array at once, as at the timeout. To be called once, and last.
  //
  //   for (const Key& key : call.keys()) {
  //     if (!call.holds(key)) continue;
  //     ... return once something was found;
  //   }
  //   call.wait({.keys = call.keys(), .type = keyspace::Type::kList, .timeout_ms = timeout_ms});
  void wait(Wait wait) {
    if (waiting_ == Waiting::kForbidden) return reply_.null_array();
    wait_ = std::move(wait);
  }
  // False for a key of a command that runs again after it waited, if whoever serves it does not hold the key: nothing
  // is there for it then. A command that waits for several keys asks before it looks at one.
  bool holds(const keyspace::Key& key) const {
    keyspace::Unit& unit = database_.unit();
    return waiting_ != Waiting::kAgain || unit.locks.holds(unit.keyspace.shard_of(key));
  }
  // Whether the client may wait; kAgain: it did, and the command runs again.
  enum class Waiting : uint8_t { kAllowed, kForbidden, kAgain };
  // A script calls the command, so that what it replies should not depend on the order of a hash table.
  bool by_script() const { return by_script_; }
  void set_by_script() { by_script_ = true; }
  void set_waiting(Waiting waiting) { waiting_ = waiting; }
  // It runs inside another call (EXEC, a script), so its client may not be made to wait.
  bool nested() const { return waiting_ == Waiting::kForbidden; }
  // What the handler wants to wait for.
  std::optional<Wait>& wanted() { return wait_; }

  // The call needs all shards: it did nothing yet, and runs again when it has them. REQUIRES: LockClass::kChosen.
  void want_all_locks() { wants_all_locks_ = true; }
  bool wants_all_locks() const { return wants_all_locks_; }

  // Nothing was replied yet, and the client waits until somebody resumes it: then the command runs again from its
  // start, with its checks and locks. REQUIRES: not nested().
  void run_again_later() { runs_again_later_ = true; }
  bool runs_again_later() const { return runs_again_later_; }

  Host& host() { return host_; }

 private:
  keyspace::Entry* peek_at(const keyspace::Key& key, keyspace::Type type) {
    keyspace::Entry* entry = database_.peek(key);
    if (entry != nullptr && entry->type() != type) database_.touch(*entry);
    return entry;
  }

  static base::Result<keyspace::Entry*> as_string(keyspace::Entry* entry) {
    if (entry != nullptr && entry->type() != keyspace::Type::kString) return kWrongType;
    return entry;
  }

  template <typename T>
  static base::Result<std::optional<T>> as(keyspace::Entry* entry) {
    if (entry == nullptr) return std::optional<T>();
    if (entry->type() != T::kType) return kWrongType;
    return std::optional<T>(keyspace::Database::collection<T>(*entry));
  }

  template <typename Write>
  class SlicesOf final : public Slices {
   public:
    SlicesOf(uint64_t word, Write write) : Slices(word), write_(std::move(write)) {}
    bool write(resp::Writer& reply) override { return write_(reply); }

   private:
    Write write_;
  };

  const Spec& spec_;
  std::span<const std::string_view> words_;
  std::span<const keyspace::Key> keys_;
  session::Session& session_;
  keyspace::Database database_;
  const config::Settings& settings_;
  base::WallTime now_;
  resp::Writer& reply_;
  Host& host_;
  bool deferred_ = false;
  bool wants_all_locks_ = false;
  bool by_script_ = false;
  bool runs_again_later_ = false;
  Waiting waiting_ = Waiting::kAllowed;
  std::optional<Wait> wait_;
  std::unique_ptr<Slices> slices_;
};

}  // namespace command
