// MODULE: no module can be loaded. The list shows what Valkey's shows of a fresh server: its own Lua engine.
#include "server/modules.h"

#include <array>

#include "base/log.h"
#include "command/call.h"
#include "server/command_table.h"
#include "server/help.h"

namespace server {
namespace {

using command::Call;
using command::Spec;
using keyspace::LockClass;

void list(Call& call) { write_modules(call.reply()); }

void load(Call& call) {
  base::log_warning("Module {} failed to load: this server takes no modules", call.word(2));
  call.fail("ERR Error loading the extension. Please check the server logs.");
}

void unload(Call& call) { call.fail("ERR Error unloading module: no such module with that name"); }

constexpr std::array<std::string_view, 8> kHelp{
    "LIST",
    "    Show the modules that are loaded.",
    "LOAD <path> [<arg> ...]",
    "    Load the module in the file <path>, with these arguments.",
    "LOADEX <path> [CONFIG <name> <value> ...] [ARGS <arg> ...]",
    "    Load the module in the file <path>, with these settings and arguments.",
    "UNLOAD <name>",
    "    Unload a module.",
};

void help(Call& call) {
  write_help(call.reply(), "MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kHelp);
}

constexpr uint32_t kChanges =
    command::kAdmin | command::kNoScript | command::kNoAsyncLoading | command::kProtectedModule;
constexpr Spec kModule[] = {
    {.name = "module",
     .arity = -2,
     .group = command::Group::kServer,
     .since = "4.0.0",
     .summary = "Commands about modules.",
     .complexity = "Depends on subcommand."},
    {.name = "module|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = LockClass::kNone,
     .handler = help,
     .group = command::Group::kServer,
     .since = "5.0.0",
     .summary = "Explains MODULE.",
     .complexity = "O(1)"},
    {.name = "module|list",
     .arity = 2,
     .flags = command::kAdmin | command::kNoScript,
     .locks = LockClass::kNone,
     .handler = list,
     .group = command::Group::kServer,
     .tips = command::kNondeterministicOutputOrder,
     .since = "4.0.0",
     .summary = "Lists the modules.",
     .complexity = "O(N) where N is the number of loaded modules."},
    {.name = "module|load",
     .arity = -3,
     .flags = kChanges,
     .locks = LockClass::kNone,
     .handler = load,
     .group = command::Group::kServer,
     .since = "4.0.0",
     .summary = "Loads a module.",
     .complexity = "O(1)",
     .syntax = "path arg?*"},
    {.name = "module|loadex",
     .arity = -3,
     .flags = kChanges,
     .locks = LockClass::kNone,
     .handler = load,
     .group = command::Group::kServer,
     .since = "7.0.0",
     .summary = "Loads a module, with settings.",
     .complexity = "O(1)",
     .syntax = "path CONFIG=configs[name value]?+ ARGS=args?*"},
    {.name = "module|unload",
     .arity = 3,
     .flags = kChanges,
     .locks = LockClass::kNone,
     .handler = unload,
     .group = command::Group::kServer,
     .since = "4.0.0",
     .summary = "Unloads a module.",
     .complexity = "O(1)",
     .syntax = "name"},
};
static_assert(command::well_formed(kModule));

}  // namespace

void write_modules(resp::Writer& reply) {
  reply.array(1);
  reply.map(4);
  reply.bulk("name");
  reply.bulk("lua");
  reply.bulk("ver");
  reply.integer(1);
  reply.bulk("path");
  reply.bulk("lua");
  reply.bulk("args");
  reply.array(0);
}

std::span<const Spec> module_commands() { return kModule; }

}  // namespace server
