// INFO: which sections are asked for, and the command.
#include "server/info.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "base/numbers.h"
#include "server/command_table.h"

namespace server {
namespace {

using command::Call;
using command::Spec;

void write_nothing(Report&) {}
void write_cluster(Report& report) { report.field("cluster_enabled", 0); }

constexpr std::array kSections{
    Section{"server", "Server", true, false, write_server},
    Section{"tls", "TLS", false, false, write_tls},
    Section{"clients", "Clients", true, false, write_clients},
    Section{"memory", "Memory", true, true, write_memory},
    Section{"persistence", "Persistence", true, false, write_persistence},
    Section{"stats", "Stats", true, false, write_stats},
    Section{"replication", "Replication", true, false, write_replication},
    Section{"cpu", "CPU", true, false, write_cpu},
    Section{"modules", "Modules", true, false, write_info_modules},
    Section{"commandstats", "Commandstats", false, false, write_commandstats},
    Section{"errorstats", "Errorstats", true, false, write_errorstats},
    Section{"latencystats", "Latencystats", false, false, write_latencystats},
    Section{"cluster", "Cluster", true, false, write_cluster},
    Section{"cluster_info", "Cluster Info", false, false, write_nothing},
    Section{"scriptingengines", "Scripting Engines", false, false, write_engines},
    Section{"keyspace", "Keyspace", true, true, write_keyspace},
    Section{"databases", "Databases", false, false, write_databases},
    Section{"keysizes", "Keysizes", false, false, write_key_sizes},
};

using Chosen = std::bitset<kSections.size()>;

Chosen default_sections() {
  Chosen chosen;
  for (size_t at = 0; at < kSections.size(); ++at) chosen[at] = kSections[at].in_default;
  return chosen;
}

Chosen chosen_sections(command::Args args) {
  if (!args.more()) return default_sections();
  Chosen chosen;
  while (args.more()) {
    if (args.accept("all") || args.accept("everything")) {
      chosen.set();
    } else if (args.accept("default")) {
      chosen |= default_sections();
    } else {
      const std::string_view name = args.text();  // one that is not known chooses nothing
      for (size_t at = 0; at < kSections.size(); ++at) {
        if (command::same_word(name, kSections[at].name)) chosen.set(at);
      }
    }
  }
  return chosen;
}

void info(Call& call) {
  const Chosen chosen = chosen_sections(call.args());
  if (!worker_of(call).locks().holds_all()) {
    for (size_t at = 0; at < kSections.size(); ++at) {
      if (chosen[at] && kSections[at].needs_all_locks) return call.want_all_locks();
    }
  }
  Report report(call);
  for (size_t at = 0; at < kSections.size(); ++at) {
    if (!chosen[at]) continue;
    report.begin_section(kSections[at].title);
    kSections[at].write(report);
  }
  call.reply().verbatim("txt", report.text());
}

constexpr Spec kInfo[] = {
    {.name = "info",
     .arity = -1,
     .flags = command::kLoading | command::kStale,
     .categories = command::kDangerous,
     .locks = keyspace::LockClass::kChosen,
     .handler = info,
     .group = command::Group::kServer,
     .tips = command::kNondeterministicOutput | command::kRequestAllShards | command::kResponseSpecial,
     .since = "1.0.0",
     .summary = "Tells the state of the server and its counts, by sections.",
     .complexity = "O(1)",
     .history = "7.0.0 Takes several sections.",
     .syntax = "section?*"},
};
static_assert(command::well_formed(kInfo));

}  // namespace

void Report::bytes(std::string_view name, uint64_t value) {
  field(name, value);
  line("{}_human:{}", name, base::human_bytes(value));
}

void Report::begin_section(std::string_view title) {
  if (!text_.empty()) text_ += "\r\n";
  line("# {}", title);
}

uint64_t Report::sum_from(uint32_t first, metrics::Counter metrics::ThreadStats::*counter) const {
  uint64_t sum = 0;
  for (uint32_t at = first; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    sum += (server.workers[at]->stats().*counter).get();
  }
  return sum;
}

std::span<const Spec> info_commands() { return kInfo; }

}  // namespace server
