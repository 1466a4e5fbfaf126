// HOTKEYS: the keys that are used most.
//
// GET tells them as Valkey 9.2 does; with BY it sorts them by something else and tells more of each.
#include <algorithm>

#include "dispatch/hot_keys.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Group;
using metrics::HotBy;
using metrics::HotKey;

struct Order {
  HotBy by = HotBy::kRequests;
  bool tells_all = false;
};

// False: the reply has told what is wrong.
bool read_order(Call& call, Order& order) {
  command::Args args = call.args();
  if (args.accept("by")) {
    order.tells_all = true;
    if (args.accept("cpu")) {
      order.by = HotBy::kNanoseconds;
    } else if (args.accept("bytes")) {
      order.by = HotBy::kBytes;
    } else if (!args.accept("qps")) {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.done()) return true;
  return call.fail(args.error()), false;
}

void write_key(resp::Writer& reply, const HotKey& key, bool tells_all, const metrics::HotKeys::Options& options) {
  const auto a_second = [&](HotBy by, double unit) {
    const auto weight = static_cast<double>(key.weights[static_cast<size_t>(by)]);
    return static_cast<int64_t>(weight / unit * 100 / options.percent / options.window_s);
  };
  reply.map(tells_all ? 5 : 3);
  reply.bulk("key");
  reply.bulk(key.key);
  reply.bulk("db");
  reply.integer(key.database);
  reply.bulk("qps");
  reply.integer(a_second(HotBy::kRequests, 1));
  if (!tells_all) return;
  reply.bulk("cpu-us");
  reply.integer(a_second(HotBy::kNanoseconds, 1000));
  reply.bulk("bytes");
  reply.integer(a_second(HotBy::kBytes, 1));
}

void get(Call& call) {
  Order order;
  if (!read_order(call, order)) return;
  const config::Settings& settings = call.settings();
  const auto most = static_cast<size_t>(settings.hotkeys_top_k);
  const metrics::HotKeys::Options options = dispatch::hot_keys_options(settings);
  Server& server = server_of(call);
  const int64_t now_s = worker_of(call).loop().clock().mono().ns / 1'000'000'000;
  std::vector<HotKey> keys;
  for (uint32_t at = 0; options.enabled && at < server.worker_count.load(std::memory_order_acquire); ++at) {
    for (HotKey& key : server.workers[at]->hot_keys().last(options, now_s, server.keyspace.times_emptied())) {
      keys.push_back(std::move(key));
    }
  }
  keys = metrics::merge_hot_keys(std::move(keys), order.by, most);
  call.reply().array(keys.size());
  for (const HotKey& key : keys) write_key(call.reply(), key, order.tells_all, options);
}

void reset(Call& call) {
  Server& server = server_of(call);
  for (uint32_t at = 0; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    server.workers[at]->hot_keys().reset();
  }
  call.reply().ok();
}

void help(Call& call) {
  constexpr std::string_view kLines[] = {
      "GET [BY (QPS|CPU|BYTES)]",
      "    The keys that were used most in the last window of time, by what a second had of each.",
      "RESET",
      "    Forgets them.",
  };
  write_help(call.reply(), "HOTKEYS <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

constexpr uint32_t kOperator = command::kAdmin | command::kLoading | command::kStale;

constexpr command::Spec kHotKeysRows[] = {
    {.name = "hotkeys",
     .arity = -2,
     .group = Group::kServer,
     .since = "9.2.0",
     .summary = "A container for commands about the keys that are used most.",
     .complexity = "Depends on subcommand."},
    {.name = "hotkeys|get",
     .arity = -2,
     .flags = kOperator,
     .locks = keyspace::LockClass::kNone,
     .handler = get,
     .group = Group::kServer,
     .tips = command::kNondeterministicOutput,
     .since = "9.2.0",
     .summary = "The keys that were used most in the last window of time.",
     .complexity = "O(N log N) for N counters of all threads.",
     .syntax = "BY=order(QPS|CPU|BYTES)?"},
    {.name = "hotkeys|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = keyspace::LockClass::kNone,
     .handler = help,
     .group = Group::kServer,
     .since = "9.2.0",
     .summary = "Helpful text about the subcommands.",
     .complexity = "O(1)"},
    {.name = "hotkeys|reset",
     .arity = 2,
     .flags = kOperator,
     .locks = keyspace::LockClass::kNone,
     .handler = reset,
     .group = Group::kServer,
     .since = "9.2.0",
     .summary = "Forgets which keys were used.",
     .complexity = "O(1)"},
};
static_assert(command::well_formed(kHotKeysRows));

}  // namespace

std::span<const command::Spec> hot_keys_commands() { return kHotKeysRows; }

}  // namespace server
