// SAVE, BGSAVE, LASTSAVE: snapshots on demand.
#include "base/log.h"
#include "command/call.h"
#include "server/command_table.h"
#include "server/server.h"

namespace server {
namespace {

using command::Args;
using command::Call;
using command::Error;
using command::Spec;

constexpr Error kInProgress{"ERR Background save already in progress"};
constexpr Error kNotInProgress{"ERR Background saving is currently not in progress or scheduled"};

// Its client waits for the end; others do not.
void save(Call& call) {
  Saving& saving = server_of(call).saving();
  if (saving.in_progress()) return call.fail(kInProgress);
  dispatch::Worker& own = worker_of(call);
  call.defer();
  saving.begin(own, [&own, whose = own.deferral()](bool saved) {
    own.loop().mailbox().post([&own, whose, saved] {
      own.finish(whose, [saved](resp::Writer& reply) { saved ? reply.ok() : reply.error("ERR"); });
    });
  });
}

void bgsave(Call& call) {
  Saving& saving = server_of(call).saving();
  Args args = call.args();
  const bool cancels = args.accept("CANCEL");
  if (!cancels) args.accept("SCHEDULE");
  if (!args.done()) return call.fail(command::kSyntaxError);
  if (cancels) {
    if (!saving.cancel()) return call.fail(kNotInProgress);
    return call.reply().simple("Background saving cancelled");
  }
  if (saving.in_progress()) return call.fail(kInProgress);
  saving.begin(worker_of(call), nullptr);
  call.reply().simple("Background saving started");
}

void lastsave(Call& call) { call.reply().integer(server_of(call).saving().last_save_s()); }

using enum command::Flags;
constexpr auto kServer = command::Group::kServer;

constexpr Spec kSaving[] = {
    {.name = "save",
     .arity = 1,
     .flags = kAdmin | kNoAsyncLoading | kNoMulti | kNoScript,
     .locks = keyspace::LockClass::kAll,
     .handler = save,
     .group = kServer,
     .since = "1.0.0",
     .summary = "Saves all databases to a file, and waits for it.",
     .complexity = "O(N) of the keys."},
    {.name = "bgsave",
     .arity = -1,
     .flags = kAdmin | kNoAsyncLoading | kNoScript,
     .locks = keyspace::LockClass::kAll,
     .handler = bgsave,
     .group = kServer,
     .since = "1.0.0",
     .summary = "Saves all databases to a file, in the background.",
     .complexity = "O(1)",
     .history = "3.2.2 Knows `SCHEDULE`.\n"
                "8.1.0 Knows `CANCEL`.",
     .syntax = "operation(SCHEDULE@3.2.2|CANCEL@8.1.0)?"},
    {.name = "lastsave",
     .arity = 1,
     .flags = kFast | kLoading | kStale,
     .categories = command::kCategoryAdmin | command::kDangerous,
     .locks = keyspace::LockClass::kNone,
     .handler = lastsave,
     .group = kServer,
     .tips = command::kNondeterministicOutput,
     .since = "1.0.0",
     .summary = "Tells when the databases were saved last, in Unix time.",
     .complexity = "O(1)"},
};
static_assert(command::well_formed(kSaving));

}  // namespace

std::span<const Spec> saving_commands() { return kSaving; }

}  // namespace server
