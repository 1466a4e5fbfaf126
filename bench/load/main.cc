// sigrun-benchmark: puts a load on a RESP server, checks every reply and reports what it cost.
//
// One thread, so that it can be pinned beside a server that is pinned elsewhere. bench/run calls it for every row
// of the table of figures; `sigrun-benchmark` alone prints how to call it by hand.
#include <cstdio>

#include "load/closed_loop.h"
#include "load/connection.h"
#include "load/handover.h"
#include "load/open_loop.h"
#include "load/options.h"
#include "load/report.h"
#include "load/stall.h"
#include "load/trace.h"
#include "load/workload.h"

namespace load {
namespace {

Workload make_workload(std::string_view name, const Options& options) {
  auto made = Workload::make(name, options);
  if (!made) give_up(made.error().text());
  return std::move(*made);
}

void add_tally(Report& report, const Options& options, const Tally& tally) {
  report.add_usage(tally.usage, tally.requests, options.server_pid > 0);
  report.add("missing", tally.missing);
  report.add_latency(tally.latency);
}

void measure_fill(Report& report, const Options& options) {
  const Workload workload = make_workload(options.ttl ? "set_ex" : "set", options);
  add_tally(report, options, fill(options, workload));
}

void measure_run(Report& report, const Options& options) {
  const bool words = !options.words.empty();
  const Workload workload = words ? Workload::from_words(options.words) : make_workload(options.workload, options);
  report.add("workload", words ? "words" : options.workload);
  add_tally(report, options, options.rate > 0 ? run_open_loop(options, workload) : run_closed_loop(options, workload));
}

void measure_stall(Report& report, const Options& options) {
  const Stall stall =
      find_stall(options, make_workload(options.ttl ? "set_ex" : "set", options), make_workload("get", options));
  report.add_usage(stall.usage, stall.keys, options.server_pid > 0);
  report.add("stall_us", static_cast<double>(stall.longest) / 1000);
  report.add("spoiled", stall.spoiled);
  report.add("stall_at_key", stall.longest_at);
  report.add("own_pause_us", static_cast<double>(stall.own_pause) / 1000);
  report.add("probes", stall.probes.count());
  report.add_latency(stall.probes);
}

void measure_trace(Report& report, const Options& options) {
  const Trace trace = run_trace(options, make_workload("get", options), make_workload("set", options));
  report.add_usage(trace.usage, trace.requests + trace.scanned, options.server_pid > 0);
  report.add("scanned", trace.scanned);
  report.add("hits", trace.hits);
  report.add("hit_ratio", static_cast<double>(trace.hits) / static_cast<double>(std::max<uint64_t>(1, trace.requests)));
}

void measure_handover(Report& report, const Options& options) {
  const Handover handover = find_handover(options);
  report.add_usage(handover.usage, handover.latency.count(), options.server_pid > 0);
  report.add_latency(handover.latency);
}

int run(const Options& options) {
  Report report;
  if (options.mode == "fill")
    measure_fill(report, options);
  else if (options.mode == "run")
    measure_run(report, options);
  else if (options.mode == "stall")
    measure_stall(report, options);
  else if (options.mode == "trace")
    measure_trace(report, options);
  else if (options.mode == "handover")
    measure_handover(report, options);
  else
    give_up(options.mode + ": no such mode");
  report.print(options.json);
  return 0;
}

}  // namespace
}  // namespace load

int main(int count, char** arguments) {
  if (count < 2 || std::string_view(arguments[1]) == "--help") {
    std::fputs(load::kUsage, stdout);
    return count < 2 ? 1 : 0;
  }
  const auto options = load::read_options(count, arguments);
  if (!options) load::give_up(options.error().text());
  return load::run(*options);
}
