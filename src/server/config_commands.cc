// CONFIG: looks at the settings, changes them, writes them back to the file.
//
// Threads  GET reads the snapshot in force; SET and REWRITE hold all locks, so one change follows the other.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "command/call.h"
#include "config/change.h"
#include "config/rewrite.h"
#include "config/table.h"
#include "config/value.h"
#include "server/apply_settings.h"
#include "server/command_table.h"
#include "server/disk_work.h"
#include "server/server.h"
#include "server/tls.h"

namespace server {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;

void get(Call& call) {
  const config::Snapshot settings = server_of(call).settings.current();
  const std::vector<config::Shown> shown = config::match(call.words().subspan(2));
  call.reply().map(shown.size());
  for (const config::Shown& one : shown) {
    call.reply().bulk(one.name);
    call.reply().bulk(config::get(*settings, *one.row));
  }
}

bool is_local(const session::Session& session) {
  return session.is_unix || session.peer.starts_with("127.") || session.peer.starts_with("[::1]");
}

void set(Call& call) {
  Server& server = server_of(call);
  const config::Snapshot before = server.settings.current();
  const config::Access access = before->enable_protected_configs;
  config::ChangeRequest request;
  request.arguments = call.words().subspan(2);
  request.protected_is_allowed =
      access == config::Access::kYes || (access == config::Access::kLocal && is_local(call.session()));
  auto change = config::change(*before, request);
  if (!change) return call.fail(change.error().text());
  // TLS files are read on another thread, and the command runs again; only EXEC waits for them.
  const bool reads_files = !call.nested() && uses_tls(change->settings) &&
                           std::any_of(change->touched.begin(), change->touched.end(), [](const config::Row* row) {
                             return is_tls_material(row->name) || row->name == "tls-port";
                           });
  if (reads_files && !server.tls.take(call.session().id, change->settings)) {
    server.tls.prepare(worker_of(call), call.session().id, change->settings, server.disk());
    return call.run_again_later();
  }
  const config::Outcome applied = apply_change(server, *before, std::move(*change));
  server.tls.done();
  if (!applied) return call.fail(applied.error().text());
  call.reply().ok();
}

void rewrite(Call& call) {
  if (call.settings().config_file.empty()) return call.fail("ERR The server is running without a config file");
  reply_after_disk_work(call, [&server = server_of(call)]() -> config::Outcome {
    const config::Snapshot settings = server.settings.current();
    config::RewriteExtras extras;
    if (settings->aclfile.empty()) extras.users = server.users.current()->lines();
    const config::Outcome written = config::rewrite_file(settings->config_file, *settings, extras);
    if (!written) {
      base::log_warning("CONFIG REWRITE failed: {}", written.error().text());
      return base::Failure("ERR Rewriting config file: " + std::string(written.error().text()));
    }
    base::log_notice("CONFIG REWRITE executed with success.");
    return base::Done{};
  });
}

void clear_counters(Server& server, dispatch::Worker& worker) {
  worker.stats().reset();
  worker.loop().reset_counts();
  if (&worker == server.workers[0].get()) server.vitals().reset_rates();
}

// Every worker clears its own counters, since only it may write them; the last one lets the reply go. The call itself
// is the first that counts again.
void reset_statistics(Call& call) {
  Server& server = server_of(call);
  {
    const std::lock_guard hold(server.error_counts_mutex);
    server.error_counts.clear();
  }
  server.lazy_freed.store(0, std::memory_order_relaxed);
  dispatch::Worker& origin = worker_of(call);
  const dispatch::Worker::Deferral whose = origin.deferral();
  const base::MonoTime start = origin.loop().clock().mono();
  const auto is_it = [&](const command::Command& command) { return command.spec == &call.spec(); };
  const auto& commands = server.commands.all();
  const command::Command& itself = *std::find_if(commands.begin(), commands.end(), is_it);
  const auto finish = [&server, &origin, &itself, whose, start] {
    origin.count_call(itself, *server.settings.current(), origin.loop().clock().mono().ns - start.ns);
    origin.finish(whose, [](resp::Writer& reply) { reply.ok(); });
  };
  const auto left = std::make_shared<std::atomic<size_t>>(server.workers.size());
  for (const auto& worker : server.workers) {
    worker->loop().mailbox().post([&server, &origin, &one = *worker, left, finish] {
      clear_counters(server, one);
      if (left->fetch_sub(1) == 1) origin.loop().mailbox().post(finish);
    });
  }
  call.defer();
}

void help(Call& call) {
  constexpr std::array<std::string_view, 11> kLines{
      "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "GET <pattern> [<pattern> ...]",
      "    The settings whose names match, and their values.",
      "SET <name> <value> [<name> <value> ...]",
      "    Changes settings: all of them, or none if one is refused.",
      "RESETSTAT",
      "    Sets the counters that INFO shows back to zero.",
      "REWRITE",
      "    Writes the settings in force to the configuration file.",
      "HELP",
      "    This text.",
  };
  call.reply().array(kLines.size());
  for (const std::string_view line : kLines) call.reply().simple(line);
}

using enum command::Flags;
constexpr uint32_t kConfigFlags = kAdmin | kLoading | kNoScript | kStale;

constexpr Spec kConfig[] = {
    {.name = "config",
     .arity = -2,
     .locks = LockClass::kNone,
     .group = Group::kServer,
     .since = "2.0.0",
     .summary = "Commands about settings.",
     .complexity = "Depends on the subcommand."},
    {.name = "config|get",
     .arity = -3,
     .flags = kConfigFlags,
     .locks = LockClass::kNone,
     .handler = get,
     .group = Group::kServer,
     .since = "2.0.0",
     .summary = "Shows the settings that match patterns.",
     .complexity = "O(N) of the settings, for each pattern.",
     .history = "7.0.0 Takes several patterns.",
     .syntax = "parameter*"},
    {.name = "config|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .locks = LockClass::kNone,
     .handler = help,
     .group = Group::kServer,
     .since = "5.0.0",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    {.name = "config|resetstat",
     .arity = 2,
     .flags = kConfigFlags,
     .handler = reset_statistics,
     .group = Group::kServer,
     .tips = command::kToAllNodes,
     .since = "2.0.0",
     .summary = "Sets the counters of INFO back to zero.",
     .complexity = "O(1)"},
    {.name = "config|rewrite",
     .arity = 2,
     .flags = kConfigFlags,
     .locks = LockClass::kNone,
     .handler = rewrite,
     .group = Group::kServer,
     .tips = command::kToAllNodes,
     .since = "2.8.0",
     .summary = "Writes the settings in force to the configuration file.",
     .complexity = "O(N) of the settings."},
    {.name = "config|set",
     .arity = -4,
     .flags = kConfigFlags,
     .handler = set,
     .group = Group::kServer,
     .tips = command::kToAllNodes,
     .since = "2.0.0",
     .summary = "Changes settings while the server runs.",
     .complexity = "O(N) of the settings given.",
     .history = "7.0.0 Takes several settings.",
     .syntax = "data[parameter value]*"},
};
static_assert(command::well_formed(kConfig));

}  // namespace

std::span<const Spec> config_commands() { return kConfig; }

}  // namespace server
