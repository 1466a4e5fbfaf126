// Reads the command line: a mode, then `--name value` pairs and flags.
#include "load/options.h"

#include <charconv>
#include <string_view>

namespace load {

const char kUsage[] =
    "Usage: sigrun-benchmark MODE [--name value ...]\n"
    "\n"
    "Modes\n"
    "  fill    store every key once (--keys, --value-size, --integers, --ttl)\n"
    "  run     one workload over uniformly random keys: --workload get|set|set_ex|incr|mset|mget|ping\n"
    "          closed loop; with --rate N an open loop that sends N requests a second whatever the replies do\n"
    "          --words \"ZADD z {n} member:{n}\" sends that instead; {n} is a random number below --keys in 12\n"
    "          digits, and a word ; ends a command: all commands together are one operation\n"
    "  stall   insert 1..N keys while a second connection asks for one key 1000 times a second\n"
    "  trace   a cache: GET by a Zipf law, SET after a miss; reports the hit ratio\n"
    "  handover  how long after an RPUSH was sent another client's BLPOP is answered\n"
    "\n"
    "Options (default)\n"
    "  --host (127.0.0.1)  --port (6379)   the server; --host takes an IPv4 address\n"
    "  --keys (1000000)    --key-size (16) --value-size (64)\n"
    "  --clients (50)      --pipeline (1)  --batch (10, keys of one MSET or MGET)\n"
    "  --seconds (5)       --warm-up (0.5) --rate (0, no limit)\n"
    "  --integers          values are numbers\n"
    "  --ttl               fill: every key expires in 10000 to 99999 seconds\n"
    "  --theta (0.99)      trace: exponent of the Zipf law\n"
    "  --distinct (0)      stall: only so many keys, set over and over, so that nothing grows\n"
    "  --scan-every (0)    trace: every Nth request is for a key that never comes again\n"
    "  --seed (1)          of the random keys\n"
    "  --server-pid        measure this process's CPU time\n"
    "  --json              one JSON object instead of lines\n"
    "\n"
    "Every reply is checked: its form, and for GET and MGET the value itself. The first wrong one ends the run.\n";

namespace {

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

enum class Outcome { kSet, kUnknown, kBadValue };

Outcome set_number(Options& options, std::string_view name, std::string_view text) {
  struct Row {
    std::string_view name;
    uint64_t Options::*field;
  };
  static constexpr Row kRows[] = {
      {"--keys", &Options::keys},   {"--key-size", &Options::key_size},     {"--value-size", &Options::value_size},
      {"--batch", &Options::batch}, {"--clients", &Options::clients},       {"--pipeline", &Options::pipeline},
      {"--rate", &Options::rate},   {"--scan-every", &Options::scan_every}, {"--distinct", &Options::distinct},
      {"--seed", &Options::seed},
  };
  for (const Row& row : kRows) {
    if (row.name == name) return read_number(text, options.*row.field) ? Outcome::kSet : Outcome::kBadValue;
  }
  return Outcome::kUnknown;
}

Outcome set_other(Options& options, std::string_view name, std::string_view text) {
  const auto outcome = [](bool good) { return good ? Outcome::kSet : Outcome::kBadValue; };
  if (name == "--port") return outcome(read_number(text, options.port));
  if (name == "--server-pid") return outcome(read_number(text, options.server_pid));
  if (name == "--seconds") return outcome(read_number(text, options.seconds));
  if (name == "--warm-up") return outcome(read_number(text, options.warm_up));
  if (name == "--theta") return outcome(read_number(text, options.theta));
  if (name == "--host")
    options.host = text;
  else if (name == "--workload")
    options.workload = text;
  else if (name == "--words")
    options.words = text;
  else
    return Outcome::kUnknown;
  return Outcome::kSet;
}

bool set_flag(Options& options, std::string_view name) {
  if (name == "--integers")
    options.integers = true;
  else if (name == "--ttl")
    options.ttl = true;
  else if (name == "--json")
    options.json = true;
  else
    return false;
  return true;
}

base::Result<base::Done, base::Failure> check_ranges(const Options& options) {
  using base::Failure;
  if (options.key_size < 16 || options.key_size > 512) return Failure("--key-size is 16 to 512");
  if (options.value_size < 1 || options.value_size > (1 << 20)) return Failure("--value-size is 1 to 1048576");
  if (options.keys < 1 || options.keys > 4'000'000'000) return Failure("--keys is 1 to 4000000000");
  if (options.clients < 1 || options.clients > 10000) return Failure("--clients is 1 to 10000");
  if (options.pipeline < 1 || options.pipeline > 10000) return Failure("--pipeline is 1 to 10000");
  if (options.batch < 1 || options.batch > 10000) return Failure("--batch is 1 to 10000");
  if (!(options.seconds > 0) || !(options.warm_up >= 0)) return Failure("--seconds is above 0, --warm-up not below");
  return base::Done{};
}

}  // namespace

base::Result<Options, base::Failure> read_options(int count, char** arguments) {
  Options options;
  if (count < 2) return base::Failure("a mode is needed");
  options.mode = arguments[1];
  for (int index = 2; index < count; ++index) {
    const std::string_view name = arguments[index];
    if (set_flag(options, name)) continue;
    if (index + 1 == count) return base::Failure(std::string(name) + ": unknown, or its value is missing");
    const std::string_view text = arguments[++index];
    Outcome outcome = set_number(options, name, text);
    if (outcome == Outcome::kUnknown) outcome = set_other(options, name, text);
    if (outcome == Outcome::kUnknown) return base::Failure(std::string(name) + ": no such option");
    if (outcome == Outcome::kBadValue) return base::Failure(std::string(name) + ": bad value " + std::string(text));
  }
  const auto ranges = check_ranges(options);
  if (!ranges) return ranges.error();
  return options;
}

}  // namespace load
