// Replication commands, as a primary without replicas and without an append-only file answers them.
#include "command/call.h"
#include "command/timeout.h"
#include "server/command_table.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Error;
using command::Spec;
using keyspace::LockClass;

void role(Call& call) {
  resp::Writer& reply = call.reply();
  reply.array(3);
  reply.bulk("master");
  reply.integer(0);  // no replication stream has begun
  reply.array(0);
}

// There are no replicas: who waits for one waits until its time is over.
void wait(Call& call) {
  command::Args args = call.args();
  const int64_t replicas = args.integer();
  const int64_t timeout_ms = command::timeout_ms(args, call.now_ms());
  if (args.failed()) return call.fail(args.error());
  if (replicas <= 0) return call.reply().integer(0);
  worker_of(call).block(call, timeout_ms, [](resp::Writer& reply) { reply.integer(0); });
}

void wait_aof(Call& call) {
  command::Args args = call.args();
  const int64_t local = args.integer();
  if (!args.failed() && (local < 0 || local > 1)) {
    args.fail(Error{"ERR value is out of range, value must between 0 and 1"});
  }
  const int64_t replicas = args.integer(Error{"ERR value is out of range, must be positive"});
  if (!args.failed() && replicas < 0) args.fail(Error{"ERR value is out of range, must be positive"});
  const int64_t timeout_ms = command::timeout_ms(args, call.now_ms());
  if (args.failed()) return call.fail(args.error());
  if (local != 0) return call.fail("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  const auto nothing = [](resp::Writer& reply) {
    reply.array(2);
    reply.integer(0);
    reply.integer(0);
  };
  if (replicas == 0) return nothing(call.reply());
  worker_of(call).block(call, timeout_ms, nothing);
}

constexpr Spec kReplication[] = {
    {.name = "role",
     .arity = 1,
     .flags = command::kLoading | command::kStale | command::kFast | command::kNoScript,
     .categories = command::kDangerous | command::kCategoryAdmin,
     .locks = LockClass::kNone,
     .handler = role,
     .group = command::Group::kServer,
     .since = "2.8.12",
     .summary = "Tells the server's part in replication.",
     .complexity = "O(1)"},
    {.name = "wait",
     .arity = 3,
     .flags = command::kBlocking,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = wait,
     .group = command::Group::kGeneric,
     .tips = command::kRequestAllShards | command::kResponseAggMin,
     .since = "3.0.0",
     .summary = "Waits until replicas have the connection's writes.",
     .complexity = "O(1)",
     .syntax = "numreplicas:i timeout:i"},
    {.name = "waitaof",
     .arity = 4,
     .flags = command::kBlocking,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = wait_aof,
     .group = command::Group::kGeneric,
     .tips = command::kRequestAllShards | command::kResponseAggMin,
     .since = "7.2.0",
     .summary = "Waits until the connection's writes are in append-only files.",
     .complexity = "O(1)",
     .syntax = "numlocal:i numreplicas:i timeout:i"},
};
static_assert(command::well_formed(kReplication));

}  // namespace

std::span<const Spec> replication_commands() { return kReplication; }

}  // namespace server
