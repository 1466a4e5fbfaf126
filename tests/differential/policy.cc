// The tables of policy.h.
#include "policy.h"

#include <strings.h>

#include <algorithm>
#include <array>

namespace differential {

namespace {

struct Exclusion {
  std::string_view name;  // A trailing '*' takes all that start so.
  const char* reason;
};

constexpr Exclusion kExclusions[] = {
    {"shutdown", "ends the server"},
    {"debug", "stops or changes the server itself"},
    {"monitor", "the reply stream never ends"},
    {"sync", "turns the connection into a replica's"},
    {"psync", "turns the connection into a replica's"},
    {"replconf", "turns the connection into a replica's"},
    {"replicaof", "changes the role"},
    {"slaveof", "changes the role"},
    {"failover", "changes the role"},
    {"save", "disk"},
    {"bgsave", "disk"},
    {"bgrewriteaof", "disk"},
    {"lastsave", "time"},
    {"module*", "loads code"},
    {"migrate", "needs a third server"},
    {"restore-asking", "internal"},
    {"quit", "closes the connection; in the transcripts"},
    {"client|kill", "closes the connection; in the transcripts"},
    {"client|pause", "stops the stream; in the transcripts"},
    {"client|unpause", "goes with client|pause"},
    {"client|reply", "the count of replies would no longer be known; in the transcripts"},
    {"client|tracking", "pushes change the count of replies"},
    {"client|caching", "goes with client|tracking"},
    {"client|import-source", "hangs on a setting; in the transcripts"},
    {"config|set", "changes the servers for all later commands; in the transcripts"},
    {"config|rewrite", "disk; in the transcripts"},
    {"config|get", "ports, folders and sizes are the server's own; in the transcripts"},
    {"command", "the lists differ while commands are missing; in the transcripts"},
    {"command|count", "as command"},
    {"command|list", "as command"},
    {"command|docs", "prose is each server's own; in the transcripts"},
    {"command|info", "order of subcommands hangs on a hash; in the transcripts"},
    {"acl*", "changes rights for all later commands"},
    {"cluster*", "cluster mode is off"},
    {"latency*", "time; in the transcripts"},
    {"slowlog*", "time; in the transcripts"},
    {"commandlog*", "time; in the transcripts"},
    {"script*", "needs a grammar of scripts"},
    {"eval*", "needs a grammar of scripts"},
    {"fcall*", "needs a grammar of scripts"},
    {"function*", "needs a grammar of scripts"},
    {"subscribe", "changes the count of replies"},
    {"psubscribe", "changes the count of replies"},
    {"ssubscribe", "changes the count of replies"},
    {"unsubscribe", "changes the count of replies"},
    {"punsubscribe", "changes the count of replies"},
    {"sunsubscribe", "changes the count of replies"},
    {"wait", "blocks"},
    {"waitaof", "blocks"},
    {"spop", "random, and the data differ afterwards"},
    {"pfdebug", "internal"},
    {"pfselftest", "slow"},
    {"memory|malloc-stats", "the allocator's own"},
    {"memory|purge", "slow"},
    {"scan", "cursors are the server's own; whole sweeps are items of their own"},
    {"sscan", "cursors are the server's own"},
    {"hscan", "cursors are the server's own"},
    {"zscan", "cursors are the server's own"},
    {"clusterscan", "cluster mode is off"},
};

bool name_fits(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

struct Weight {
  std::string_view name;
  int weight;
};

constexpr Weight kWeights[] = {
    {"flushall", 1},
    {"flushdb", 2},
    {"swapdb", 5},
    {"select", 40},
    {"reset", 4},
    {"hello", 8},
    {"auth", 4},
    {"lolwut", 1},
    {"info", 1},
    {"role", 1},
    {"time", 1},
    {"keys", 20},
    {"multi", 10},
    {"exec", 30},
    {"discard", 5},
    {"set", 400},
    {"bitfield", 200},
    {"move", 60},
    {"command|getkeys", 60},
    {"command|getkeysandflags", 60},
    {"memory|stats", 1},
};

struct ComparisonRow {
  std::string_view name;
  Comparison comparison;
};

constexpr ComparisonRow kComparisons[] = {
    {"keys", Comparison::kUnordered},
    {"sinter", Comparison::kUnordered},
    {"sunion", Comparison::kUnordered},
    {"sdiff", Comparison::kUnordered},
    {"smembers", Comparison::kUnordered},
    {"hgetall", Comparison::kUnordered},
    {"hkeys", Comparison::kUnordered},
    {"hvals", Comparison::kUnordered},
    {"ttl", Comparison::kTime},
    {"pttl", Comparison::kTime},
    {"expiretime", Comparison::kTime},
    {"pexpiretime", Comparison::kTime},
    {"httl", Comparison::kTime},
    {"hpttl", Comparison::kTime},
    {"hexpiretime", Comparison::kTime},
    {"hpexpiretime", Comparison::kTime},
    {"object|idletime", Comparison::kTime},  // A reply on its way holds a reference in the reference.
    {"object|refcount", Comparison::kShape},
    {"randomkey", Comparison::kShape},
    {"time", Comparison::kShape},
    {"info", Comparison::kShape},
    {"lolwut", Comparison::kShape},
    {"hello", Comparison::kShape},
    {"client|id", Comparison::kShape},
    {"client|info", Comparison::kShape},
    {"client|list", Comparison::kShape},
    {"memory|usage", Comparison::kShape},
    {"memory|stats", Comparison::kShape},
    {"memory|doctor", Comparison::kShape},
    {"hrandfield", Comparison::kShape},
    {"srandmember", Comparison::kShape},
    {"zrandmember", Comparison::kShape},
    {"object|freq", Comparison::kShape},
};

struct Accepted {
  std::string_view command;
  std::string_view argument;  // One of the arguments, in any case; "" for every call.
  const char* reason;
};

constexpr Accepted kAccepted[] = {
    {"bitop", "DIFF", "an operation of Redis 8.2 that the reference does not know"},
    {"bitop", "DIFF1", "an operation of Redis 8.2 that the reference does not know"},
    {"bitop", "ANDOR", "an operation of Redis 8.2 that the reference does not know"},
    {"bitop", "ONE", "an operation of Redis 8.2 that the reference does not know"},
};

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

const char* exclusion_reason(const CommandSyntax& command) {
  if (command.has_flag("blocking")) return "blocks";
  for (const Exclusion& row : kExclusions) {
    if (name_fits(row.name, command.name)) return row.reason;
  }
  return nullptr;
}

int weight_of(const CommandSyntax& command) {
  for (const Weight& row : kWeights) {
    if (row.name == command.name) return row.weight;
  }
  return command.group == "server" || command.group == "connection" ? 15 : 100;
}

Comparison comparison_of(std::string_view command_name) {
  if (command_name.ends_with("|help")) return Comparison::kShape;  // Prose is each server's own.
  for (const ComparisonRow& row : kComparisons) {
    if (row.name == command_name) return row.comparison;
  }
  return Comparison::kExact;
}

int64_t time_tolerance(std::string_view command_name) {
  bool milliseconds =
      command_name.find("pttl") != std::string_view::npos || command_name.find("pexpiretime") != std::string_view::npos;
  return milliseconds ? 3000 : 3;
}

const char* accepted_difference(std::string_view command_name, const std::vector<std::string>& arguments,
                                const Value& ours, const Value& reference) {
  for (const Accepted& row : kAccepted) {
    if (row.command != command_name || !reference.is_error() || ours.is_error()) continue;
    bool present = row.argument.empty() || std::any_of(arguments.begin(), arguments.end(), [&](const auto& argument) {
                     return same_word(argument, row.argument);
                   });
    if (present) return row.reason;
  }
  // The reference reads these texts up to a NUL only, and cuts line ends out of its errors; ours are whole.
  const bool reads_texts = command_name.starts_with("client|") || command_name == "hello";
  const auto is_odd = [](const std::string& text) {
    return text.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos;
  };
  const bool odd = std::any_of(arguments.begin(), arguments.end(), is_odd);
  const bool kept_odd = command_name == "client|getname" && is_odd(reference.text);
  if ((reads_texts && odd) || kept_odd) return "a text with a NUL or a line end inside";
  return nullptr;
}

}  // namespace differential
