// sigrun-differential: sends the same random commands to two servers and compares every reply and the final contents.
//
// Shape: the run is cut into streams; each starts from FLUSHALL on new connections, has a seed of its own made from
//   --seed and its number, and ends with a comparison of all contents. A difference ends its stream.
// Errors: exit code 1 if a reply differed, 2 if a server cannot be reached or nothing was compared.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "grammar.h"
#include "policy.h"
#include "replay.h"
#include "scripts.h"
#include "shrink.h"

namespace differential {

namespace {

struct Options {
  Servers servers;
  uint64_t seed = 1;
  uint64_t commands = 1'000'000;
  size_t stream_commands = 10'000;
  uint64_t first = 0;                // Of the streams: to see a difference again without those before it.
  size_t differences_max = 40;       // Shrunk and printed; the run ends after that many.
  size_t differences_a_command = 2;  // Then the command is left out, so that others get their turn.
  std::vector<std::string> only;
  std::vector<std::string> without;
  std::vector<std::string> groups;
  uint64_t script_share = kScriptShare;
  bool list = false;
  bool errors = false;
};

struct Totals {
  uint64_t compared = 0, failed = 0, accepted = 0, unstable = 0;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return parts;
}

bool parse_address(const std::string& text, Address* address) {
  size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  address->host = text.substr(0, colon);
  address->port = std::atoi(text.c_str() + colon + 1);
  return address->port > 0;
}

bool parse_options(int count, char** values, Options* options) {
  for (int i = 1; i < count; i++) {
    std::string name = values[i];
    if (name == "--list" || name == "--errors") {
      (name == "--list" ? options->list : options->errors) = true;
      continue;
    }
    if (i + 1 >= count) return false;
    std::string value = values[++i];
    if (name == "--ours") {
      if (!parse_address(value, &options->servers.ours)) return false;
    } else if (name == "--reference") {
      if (!parse_address(value, &options->servers.reference)) return false;
    } else if (name == "--seed") {
      options->seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--commands") {
      options->commands = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--stream") {
      options->stream_commands = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--first") {
      options->first = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--differences") {
      options->differences_max = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--scripts") {
      options->script_share = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--only") {
      options->only = split(value);
    } else if (name == "--without") {
      options->without = split(value);
    } else if (name == "--groups") {
      options->groups = split(value);
    } else {
      return false;
    }
  }
  return options->servers.ours.port > 0 && options->servers.reference.port > 0 && options->stream_commands > 0;
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// What both servers know, minus the exclusions, of which some are `for_scripts`. Says on stdout what is left out.
std::vector<CommandSyntax> choose_commands(const Options& options, std::vector<CommandSyntax>* for_scripts) {
  Link ours, reference;
  std::vector<CommandSyntax> chosen;
  if (!ours.open(options.servers.ours.host, options.servers.ours.port)) return chosen;
  if (!reference.open(options.servers.reference.host, options.servers.reference.port)) return chosen;
  std::vector<std::string> names = read_names(&ours);
  std::vector<CommandSyntax> all = read_syntax(&reference);
  size_t missing = 0, excluded = 0;
  for (CommandSyntax& command : all) {
    const char* reason = exclusion_reason(command);
    bool known = names.empty() ? reason == nullptr && knows_command(&ours, command) : contains(names, command.name);
    if (!known) {
      missing++;
      if (options.list) std::printf("not in ours: %s\n", command.name.c_str());
    } else if (reason != nullptr) {
      excluded++;
      if (options.list) std::printf("excluded: %s: %s\n", command.name.c_str(), reason);
      if (options.only.empty() && options.groups.empty() && only_in_scripts(command)) for_scripts->push_back(command);
    } else if ((options.only.empty() || contains(options.only, command.name)) &&
               (options.groups.empty() || contains(options.groups, command.group)) &&
               !contains(options.without, command.name)) {
      if (options.list) std::printf("compared: %s\n", command.name.c_str());
      chosen.push_back(std::move(command));
    }
  }
  std::printf("%zu commands compared, %zu excluded, %zu unknown to ours\n", chosen.size(), excluded, missing);
  return chosen;
}

void report(const Options& options, uint64_t stream, bool resp3, const Shrunk& shrunk) {
  std::printf("\nDIFFERENCE in %s (--seed %llu, stream %llu, RESP%d)\n", shrunk.difference.name.c_str(),
              static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(stream), resp3 ? 3 : 2);
  for (const Item& item : shrunk.items) {
    const char* kind = item.kind == Item::Kind::kCommand       ? ""
                       : item.kind == Item::Kind::kScript      ? ""
                       : item.kind == Item::Kind::kSweep       ? "(sweep by SCAN) "
                       : item.kind == Item::Kind::kTransaction ? "(to EXEC) "
                                                               : "(set with PX 3, then wait 25 ms) ";
    std::printf("  > %s%s\n", kind, shown(sent_words(item, {})).c_str());
    if (item.kind == Item::Kind::kScript) continue;
    for (const Item& then : item.then) std::printf("  >   then %s\n", shown(sent_words(then, {})).c_str());
  }
  std::printf("  at         %s\n  ours       %s\n  reference  %s\n", shrunk.difference.command.c_str(),
              shrunk.difference.ours.c_str(), shrunk.difference.reference.c_str());
  std::fflush(stdout);
}

uint64_t stream_seed(uint64_t seed, uint64_t stream) {
  uint64_t mixed = seed * 0x9e3779b97f4a7c15ULL + stream * 0xbf58476d1ce4e5b9ULL + 1;
  mixed ^= mixed >> 31;
  return mixed * 0x94d049bb133111ebULL;
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options), commands_(choose_commands(options, &for_scripts_)) {}

  int all() {
    if (commands_.empty()) {
      std::printf("no command to compare: is a server down?\n");
      return 2;
    }
    auto start = std::chrono::steady_clock::now();
    for (uint64_t stream = options_.first; totals_.compared < options_.commands && !commands_.empty(); stream++) {
      if (!one(stream)) return 2;
      if (shrunk_ >= options_.differences_max) break;
      progress(stream, start);
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    summary(took.count());
    return totals_.failed > 0 ? 1 : 0;
  }

 private:
  bool one(uint64_t stream) {
    bool resp3 = stream % 2 == 1;
    Generator generator(commands_, stream_seed(options_.seed, stream));
    if (left_out_.contains("scan")) generator.leave_out_sweeps();
    if (left_out_.contains("exec")) generator.leave_out_transactions();
    // Some streams have none, since a value that a script may have set is compared less strictly.
    const uint64_t share = stream % kScriptlessEvery < 2 ? 0 : options_.script_share;
    generator.add_scripts({share, for_scripts_, left_out_});
    std::vector<Item> items = generator.stream(options_.stream_commands);
    Outcome outcome = replay(options_.servers, items, {resp3, true});
    if (!outcome.trouble.empty()) {
      std::printf("stream %llu: %s\n", static_cast<unsigned long long>(stream), outcome.trouble.c_str());
      return false;
    }
    totals_.compared += outcome.compared;
    totals_.accepted += outcome.accepted;
    for (const auto& [name, tally] : outcome.tallies) {
      Tally& sum = tallies_[name];
      sum.calls += tally.calls;
      sum.errors += tally.errors;
      sum.wrong_types += tally.wrong_types;
    }
    if (outcome.difference) explain(stream, resp3, std::move(items), *outcome.difference);
    return true;
  }

  void explain(uint64_t stream, bool resp3, std::vector<Item> items, const Difference& seen) {
    bool in_contents = seen.index >= items.size();
    if (!in_contents) items.resize(seen.index + 1);
    Shrunk shrunk = shrink(options_.servers, std::move(items), seen, {resp3, in_contents});
    if (!shrunk.stable) {
      totals_.unstable++;
      std::printf("\nUNSTABLE: %s\n  ours       %s\n  reference  %s\n  It did not show again in 3 replays.\n",
                  seen.command.c_str(), seen.ours.c_str(), seen.reference.c_str());
    } else {
      report(options_, stream, resp3, shrunk);
    }
    totals_.failed++;
    shrunk_++;
    leave_out(shrunk);
  }

  // A command that differs often would end every stream: after a few reports it makes room. A difference of contents
  // is laid to the last command that the shrunk stream still needs.
  void leave_out(const Shrunk& shrunk) {
    if (!shrunk.stable) return;
    std::string name = shrunk.difference.name;
    if (name.starts_with("contents:") && !shrunk.items.empty()) name = shrunk.items.back().name;
    if (++reports_[name] < options_.differences_a_command) return;
    std::erase_if(commands_, [&](const CommandSyntax& command) { return command.name == name; });
    left_out_.insert(name);
  }

  void progress(uint64_t stream, std::chrono::steady_clock::time_point start) {
    if (stream % 50 != 49) return;
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%llu replies compared, %llu differ, %.0f/s\n", static_cast<unsigned long long>(totals_.compared),
                static_cast<unsigned long long>(totals_.failed), static_cast<double>(totals_.compared) / took.count());
    std::fflush(stdout);
  }

  void summary(double seconds) {
    std::printf("\nseed %llu, %.1f s, %.0f commands/s, %llu accepted differences, %llu unstable\n",
                static_cast<unsigned long long>(options_.seed), seconds,
                static_cast<double>(totals_.compared) / seconds, static_cast<unsigned long long>(totals_.accepted),
                static_cast<unsigned long long>(totals_.unstable));
    if (options_.errors) print_errors();
    if (!left_out_.empty()) {
      std::printf("left out after %zu reports each:", options_.differences_a_command);
      for (const std::string& name : left_out_) std::printf(" %s", name.c_str());
      std::printf("\n");
    }
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(totals_.compared - totals_.failed),
                static_cast<unsigned long long>(totals_.failed));
  }

  // A command that mostly fails is hardly compared: its words need a vocabulary.
  void print_errors() const {
    std::printf("%-26s %9s %9s %9s\n", "command", "calls", "errors", "WRONGTYPE");
    for (const auto& [name, tally] : tallies_) {
      const double calls = static_cast<double>(tally.calls) / 100;
      std::printf("%-26s %9llu %8.1f%% %8.1f%%\n", name.c_str(), static_cast<unsigned long long>(tally.calls),
                  static_cast<double>(tally.errors) / calls, static_cast<double>(tally.wrong_types) / calls);
    }
  }

  const Options options_;
  std::vector<CommandSyntax> for_scripts_;
  std::vector<CommandSyntax> commands_;
  std::map<std::string, Tally> tallies_;
  Totals totals_;
  size_t shrunk_ = 0;
  std::map<std::string, size_t> reports_;
  std::set<std::string> left_out_;
};

}  // namespace

}  // namespace differential

int main(int count, char** values) {
  differential::Options options;
  if (!differential::parse_options(count, values, &options)) {
    std::printf(
        "usage: sigrun-differential --ours host:port --reference host:port [--seed N] [--commands N]\n"
        "       [--only cmd,cmd] [--without cmd,cmd] [--groups group,group] [--stream N]\n"
        "       [--first N] [--differences N] [--scripts N] [--list] [--errors]\n");
    return 2;
  }
  return differential::Run(options).all();
}
