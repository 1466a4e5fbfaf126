// CLIENT PAUSE and UNPAUSE. Both hold all locks, so no command is half-way through when a pause begins.
#include <algorithm>
#include <limits>

#include "server/client_commands.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using dispatch::PauseMode;

base::Result<PauseMode> mode_of(Call& call) {
  if (call.count() < 4) return PauseMode::kAll;
  if (command::same_word(call.word(3), "write")) return PauseMode::kWrites;
  if (command::same_word(call.word(3), "all")) return PauseMode::kAll;
  return base::Error{"ERR CLIENT PAUSE mode must be WRITE or ALL"};
}

}  // namespace

void client_pause(Call& call) {
  const auto mode = mode_of(call);
  if (!mode) return call.fail(mode.error());
  const auto timeout = base::parse_int64(call.word(2));
  if (!timeout) return call.fail("ERR timeout is not an integer or out of range");
  if (*timeout < 0) return call.fail("ERR timeout is negative");
  if (*timeout > std::numeric_limits<int64_t>::max() - call.now_ms()) return call.fail("ERR timeout is out of range");
  Server& server = server_of(call);
  server.end_pause_if_due(call.now_ms());
  {
    const std::lock_guard hold(server.pause_mutex);
    int64_t until_ms = call.now_ms() + *timeout;
    // A pause in force only grows longer, but its mode changes.
    if (server.pause_mode.load() != PauseMode::kNone) until_ms = std::max(until_ms, server.pause_until_ms.load());
    server.pause_until_ms.store(until_ms);
    server.pause_mode.store(*mode);
  }
  server.epoch.fetch_add(1);
  call.reply().ok();
}

void client_unpause(Call& call) {
  server_of(call).end_pause();
  call.reply().ok();
}

}  // namespace server
