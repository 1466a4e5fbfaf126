// TIME.
#include "base/numbers.h"
#include "command/call.h"
#include "server/command_table.h"

namespace server {
namespace {

using command::Call;
using command::Spec;

void time(Call& call) {
  call.reply().array(2);
  call.reply().bulk_integer(call.now().seconds());
  call.reply().bulk_integer(call.now().us % 1'000'000);
}

constexpr Spec kTime[] = {
    {.name = "time",
     .arity = 1,
     .flags = command::kFast | command::kLoading | command::kStale,
     .locks = keyspace::LockClass::kNone,
     .handler = time,
     .group = command::Group::kServer,
     .tips = command::kNondeterministicOutput,
     .since = "2.6.0",
     .summary = "Tells the time of the server's clock.",
     .complexity = "O(1)"},
};
static_assert(command::well_formed(kTime));

}  // namespace

std::span<const Spec> time_commands() { return kTime; }

}  // namespace server
