// Session: what one client has told us about itself, and what CLIENT LIST shows of it.
//
// Threads  the client's own loop. Another thread asks by message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "session/tracking.h"
#include "session/transaction.h"
#include "session/user.h"

namespace session {

// How many channels, patterns and shard channels the client listens to.
struct Subscriptions {
  uint32_t channels = 0;
  uint32_t patterns = 0;
  uint32_t shard_channels = 0;
  size_t bytes = 0;  // that they take

  bool any() const { return channels != 0 || patterns != 0 || shard_channels != 0; }
};

struct Session {
  uint64_t id = 0;
  std::string peer;  // address:port
  std::string local;
  bool is_unix = false;
  base::MonoTime created;
  base::MonoTime last_active;

  // Who it is.
  bool authenticated = false;
  // Shared with the registry, which may meanwhile have newer rules: they are taken over before a command runs whenever
  // the registry's version is not this.
  std::shared_ptr<const User> user;
  uint64_t user_version = 0;
  std::string name;
  std::string library_name;
  std::string library_version;
  bool redirects = false;  // CLIENT CAPA redirect

  // How it speaks.
  int protocol = 2;
  uint32_t database = 0;
  enum class Replies : uint8_t { kOn, kOff, kSkipNext, kSkipThis };
  Replies replies = Replies::kOn;
  bool no_evict = false;
  bool no_touch = false;
  bool import_source = false;
  bool monitor = false;
  bool readonly = false;
  Subscriptions subscriptions;
  // RESP2 cannot tell a message from a reply: a client that listens may do little else.
  bool only_listens() const { return protocol == 2 && subscriptions.any(); }

  // Made by the first MULTI or WATCH.
  std::unique_ptr<Transaction> transaction;
  bool in_transaction() const { return transaction != nullptr && transaction->open; }

  // Made by the first CLIENT TRACKING ON.
  std::unique_ptr<Tracking> tracking;
  bool tracks() const { return tracking != nullptr && tracking->on; }

  // What it did.
  uint64_t net_input_bytes = 0;
  uint64_t net_output_bytes = 0;
  uint64_t commands = 0;
  const char* last_command =
      nullptr;  // the full name of a command's row, which lives as long as the process; null: unknown

  // Back to a fresh connection (its transaction was ended before), but for what the client is: its address, library,
  // capabilities (RESET); who it is has been set.
  void reset() {
    name.clear();
    protocol = 2;
    database = 0;
    if (replies != Replies::kSkipThis) replies = Replies::kOn;  // RESET's own reply may be the one to be skipped
    no_evict = no_touch = import_source = monitor = readonly = false;
  }
};

}  // namespace session
