// LATENCY: spikes of events over latency-monitor-threshold, and histograms of commands.
//
// Threads  the monitor and the histograms are read without keyspace locks.
#include <algorithm>
#include <array>
#include <utility>

#include "command/call.h"
#include "server/command_latency.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/latency.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Command;
using command::Spec;

void latest(Call& call) {
  const auto all = server_of(call).latency.all();
  call.reply().array(all.size());
  for (const LatencySeries& series : all) {
    call.reply().array(6);
    call.reply().bulk(series.event);
    for (const int64_t value :
         {series.samples.back().time_s, series.samples.back().ms, series.highest_ms, series.sum_ms, series.count}) {
      call.reply().integer(value);
    }
  }
}

void history(Call& call) {
  const LatencySeries series = server_of(call).latency.series(call.word(2));
  call.reply().array(series.samples.size());
  for (const LatencySample& sample : series.samples) {
    call.reply().array(2);
    call.reply().integer(sample.time_s);
    call.reply().integer(sample.ms);
  }
}

void reset(Call& call) { call.reply().integer(server_of(call).latency.reset(call.words().subspan(2))); }

void graph(Call& call) {
  const LatencySeries series = server_of(call).latency.series(call.word(2));
  if (series.samples.empty()) {
    return call.fail("ERR No samples available for event '" + std::string(command::repeated(call.word(2))) + "'");
  }
  call.reply().verbatim("txt", latency_graph(series, call.now().seconds()));
}

void doctor(Call& call) {
  call.reply().verbatim("txt", latency_report(server_of(call).latency.all(), call.settings(), call.now().seconds()));
}

// Those of the named commands, with a container's subcommands behind it; or of all.
std::vector<const Command*> wanted_commands(Call& call) {
  const command::Table& table = server_of(call).commands;
  std::vector<const Command*> wanted;
  if (call.count() == 2) {
    for (const Command& command : table.all()) wanted.push_back(&command);
  }
  for (const std::string_view name : call.words().subspan(2)) {
    const Command* command = table.find_full(name);
    if (command == nullptr) continue;
    wanted.push_back(command);
    wanted.insert(wanted.end(), command->subcommands.begin(), command->subcommands.end());
  }
  return wanted;
}

void histogram(Call& call) {
  std::vector<std::pair<const Command*, CommandLatency>> called;
  for (const Command* command : wanted_commands(call)) {
    CommandLatency latency(server_of(call), *command);
    if (latency.calls() != 0) called.emplace_back(command, std::move(latency));
  }
  resp::Writer& reply = call.reply();
  reply.map(called.size());
  for (const auto& [command, latency] : called) {
    const auto steps = latency.steps();
    reply.bulk(command->spec->name);
    reply.map(2);
    reply.bulk("calls");
    reply.integer(static_cast<int64_t>(latency.calls()));
    reply.bulk("histogram_usec");
    reply.map(steps.size());
    for (const CommandLatency::Step& step : steps) {
      reply.integer(static_cast<int64_t>(step.us));
      reply.integer(static_cast<int64_t>(step.calls));
    }
  }
}

void help(Call& call) {
  constexpr std::array<std::string_view, 13> kLines{
      "DOCTOR",
      "    Describes the spikes, and what may help against them.",
      "GRAPH <event>",
      "    Draws the spikes of <event>.",
      "HISTOGRAM [<command> ...]",
      "    Shows how many calls of each command took at most how long; of all commands by default.",
      "HISTORY <event>",
      "    Lists the spikes of <event>, each with its time.",
      "LATEST",
      "    Lists the last spike of each event.",
      "RESET [<event> ...]",
      "    Forgets the spikes of these events.",
      "    (default: of all events)",
  };
  write_help(call.reply(), "LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

using enum command::Flags;

constexpr uint32_t kOperator = kAdmin | kLoading | kNoScript | kStale;
constexpr uint32_t kSpecial = command::kNondeterministicOutput | command::kRequestAllNodes | command::kResponseSpecial;

constexpr Spec row(std::string_view name, int16_t arity, command::Handler handler, std::string_view summary,
                   std::string_view syntax = "", uint32_t tips = kSpecial) {
  return {.name = name,
          .arity = arity,
          .flags = kOperator,
          .locks = keyspace::LockClass::kNone,
          .handler = handler,
          .group = command::Group::kServer,
          .tips = tips,
          .since = "2.8.13",
          .summary = summary,
          .complexity = "O(1)",
          .syntax = syntax};
}

constexpr Spec kLatency[] = {
    {.name = "latency",
     .arity = -2,
     .group = command::Group::kServer,
     .since = "2.8.13",
     .summary = "Commands about latency.",
     .complexity = "Depends on subcommand."},
    row("latency|doctor", 2, doctor, "Reports spikes and advice."),
    row("latency|graph", 3, graph, "Draws an event's spikes.", "event"),
    {.name = "latency|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .locks = keyspace::LockClass::kNone,
     .handler = help,
     .group = command::Group::kServer,
     .since = "2.8.13",
     .summary = "Explains LATENCY.",
     .complexity = "O(1)"},
    {.name = "latency|histogram",
     .arity = -2,
     .flags = kOperator,
     .locks = keyspace::LockClass::kNone,
     .handler = histogram,
     .group = command::Group::kServer,
     .tips = kSpecial,
     .since = "7.0.0",
     .summary = "Shows how long calls of commands took.",
     .complexity = "O(N) where N is the number of commands with latency information being retrieved.",
     .syntax = "command?*"},
    row("latency|history", 3, history, "Lists an event's spikes.", "event"),
    row("latency|latest", 2, latest, "Lists the last spike of each event."),
    row("latency|reset", -2, reset, "Forgets spikes.", "event?*", command::kRequestAllNodes | command::kResponseAggSum),
};
static_assert(command::well_formed(kLatency));

}  // namespace

std::span<const Spec> latency_commands() { return kLatency; }

}  // namespace server
