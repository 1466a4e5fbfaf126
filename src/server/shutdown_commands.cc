// SHUTDOWN: ends the server. There is no persistence yet, so SAVE has nothing to save.
#include "base/log.h"
#include "command/call.h"
#include "server/command_table.h"
#include "server/server.h"

namespace server {
namespace {

using command::Args;
using command::Call;
using command::Spec;

void shut_down(Call& call) {
  Args args = call.args();
  bool save = false;
  bool nosave = false;
  bool abort = false;
  bool other = false;
  while (args.more()) {
    if (args.accept("NOSAVE"))
      nosave = true;
    else if (args.accept("SAVE"))
      save = true;
    else if (args.accept("ABORT"))
      abort = true;
    else if (args.accept("NOW") || args.accept("FORCE") || args.accept("SAFE") || args.accept("FAILOVER"))
      other = true;
    else
      args.fail(command::kSyntaxError);
  }
  if (args.failed() || (save && nosave) || (abort && (save || nosave || other)))
    return call.fail(command::kSyntaxError);
  // Nothing delays a shutdown yet, so none is ever on its way when a command runs.
  if (abort) return call.fail("ERR No shutdown in progress.");
  call.defer();  // the client sees the connection end instead of a reply
  server_of(call).stop(0);
}

using enum command::Flags;

constexpr Spec kShutdown[] = {
    {.name = "shutdown",
     .arity = -1,
     .flags = kAdmin | kAllowBusy | kLoading | kNoMulti | kNoScript | kStale,
     .locks = keyspace::LockClass::kNone,
     .handler = shut_down,
     .group = command::Group::kServer,
     .since = "1.0.0",
     .summary = "Ends the server.",
     .complexity = "O(N) of the keys if they are saved, else O(1).",
     .history = "7.0.0 Knows `NOW`, `FORCE` and `ABORT`.\n"
                "9.0.0 Knows `SAFE` and `FAILOVER`.",
     .syntax = "abort-selector(save-selector-block[save-selector(NOSAVE|SAVE)? NOW@7.0.0? FORCE@7.0.0? SAFE@9.0.0? "
               "FAILOVER@9.0.0?]|ABORT@7.0.0)?"},
};
static_assert(command::well_formed(kShutdown));

}  // namespace

std::span<const Spec> shutdown_commands() { return kShutdown; }

}  // namespace server
