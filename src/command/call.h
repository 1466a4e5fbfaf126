// Call: one command as it runs: its words, its keys, its client, its database, and where the reply goes.
//
// What belongs to a running command lives here, never in a thread-local variable, because commands nest.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "command/args.h"
#include "command/errors.h"
#include "command/spec.h"
#include "config/settings.h"
#include "keyspace/database.h"
#include "resp/writer.h"
#include "session/session.h"

namespace command {

// What runs commands, as handlers of the assembly layers know it: dispatch::Worker.
class Host {
 protected:
  ~Host() = default;
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
  const config::Settings& settings() const { return settings_; }
  // The unit's one reading of the clock.
  base::WallTime now() const { return now_; }
  int64_t now_ms() const { return database_.now_ms(); }

  resp::Writer& reply() { return reply_; }
  void fail(Error error) { reply_.error(error.text()); }
  void fail(std::string_view text) { reply_.error(text); }

  // The live string at a key (null if there is none), read or only looked at; kWrongType for another type.
  base::Result<keyspace::Entry*> read_string(const keyspace::Key& key) { return as_string(database_.read(key)); }
  base::Result<keyspace::Entry*> peek_string(const keyspace::Key& key) { return as_string(database_.peek(key)); }

  // The reply comes later, from a message; the client waits for it.
  void defer() { deferred_ = true; }
  bool deferred() const { return deferred_; }

  // The call needs all shards: it did nothing yet, and runs again when it has them. REQUIRES: LockClass::kChosen.
  void want_all_locks() { wants_all_locks_ = true; }
  bool wants_all_locks() const { return wants_all_locks_; }

  Host& host() { return host_; }

 private:
  static base::Result<keyspace::Entry*> as_string(keyspace::Entry* entry) {
    if (entry != nullptr && entry->type() != keyspace::Type::kString) return kWrongType;
    return entry;
  }

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
};

}  // namespace command
