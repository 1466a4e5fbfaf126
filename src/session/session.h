// Session: what one client has told us about itself, and what CLIENT LIST shows of it.
//
// Threads  the client's own loop. Another thread asks by message.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace session {

struct Session {
  uint64_t id = 0;
  std::string peer;  // address:port
  std::string local;
  bool is_unix = false;
  base::MonoTime created;
  base::MonoTime last_active;

  // Who it is.
  bool authenticated = false;
  std::string user = "default";
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

  // What it did.
  uint64_t net_input_bytes = 0;
  uint64_t net_output_bytes = 0;
  uint64_t commands = 0;
  const char* last_command =
      nullptr;  // the full name of a command's row, which lives as long as the process; null: unknown

  // Back to a fresh connection, but for what the client is: its address, library and capabilities (RESET).
  void reset(bool authenticated_by_default) {
    authenticated = authenticated_by_default;
    user = "default";
    name.clear();
    protocol = 2;
    database = 0;
    if (replies != Replies::kSkipThis) replies = Replies::kOn;  // RESET's own reply may be the one to be skipped
    no_evict = no_touch = import_source = monitor = readonly = false;
  }
};

}  // namespace session
