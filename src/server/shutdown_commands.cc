// SHUTDOWN: ends the server, after a last snapshot if one is wanted.
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
  bool force = false;
  bool other = false;
  while (args.more()) {
    if (args.accept("NOSAVE"))
      nosave = true;
    else if (args.accept("SAVE"))
      save = true;
    else if (args.accept("ABORT"))
      abort = true;
    else if (args.accept("FORCE"))
      force = true;
    else if (args.accept("NOW") || args.accept("SAFE") || args.accept("FAILOVER"))
      other = true;
    else
      args.fail(command::kSyntaxError);
  }
  if (args.failed() || (save && nosave) || (abort && (save || nosave || force || other)))
    return call.fail(command::kSyntaxError);
  Shutdown& shutdown = server_of(call).shutdown;
  if (abort) return shutdown.abort() ? call.reply().ok() : call.fail("ERR No shutdown in progress.");
  using Save = ShutdownWish::Save;
  const ShutdownWish wish{.save = save ? Save::kYes : nosave ? Save::kNo : Save::kAsConfigured, .force = force};
  dispatch::Worker& own = worker_of(call);
  call.defer();  // the client sees the connection end instead of a reply
  shutdown.ask(wish, [&own, whose = own.deferral()] {
    own.loop().mailbox().post([&own, whose] {
      own.finish(whose, [](resp::Writer& reply) { reply.error("ERR Errors trying to SHUTDOWN. Check logs."); });
    });
  });
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
