// Connection commands: who a client is and how it speaks.
#include "command/call.h"
#include "server/command_table.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Spec;
using keyspace::LockClass;

void ping(Call& call) {
  if (call.count() > 2) return call.fail(command::wrong_arity("ping"));
  if (call.count() == 2) return call.reply().bulk(call.word(1));
  call.reply().simple("PONG");
}

constexpr Spec kConnection[] = {
    {.name = "ping", .arity = -1, .flags = command::kFast, .locks = LockClass::kNone, .handler = ping,
     .group = command::Group::kConnection, .tips = command::kRequestAllShards | command::kResponseAllSucceeded, .since = "1.0.0"},
};
static_assert(command::well_formed(kConnection));

}  // namespace

std::span<const Spec> connection_commands() { return kConnection; }

}  // namespace server
