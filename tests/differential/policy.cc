// The tables of policy.h.
#include "policy.h"

#include <strings.h>

#include <algorithm>
#include <array>

#include "payloads.h"
#include "vocabulary.h"

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
    {"script*", "loads and ends scripts; in the transcripts"},
    {"eval*", "other commands are sent by scripts: see scripts.cc"},
    {"fcall*", "as eval"},
    {"function*", "as script"},
    {"multi", "what EXEC answers is of no single row, so nothing of it could be accepted; in the transcripts"},
    {"bzpop*", "blocks; in the transcripts"},
    {"bzmpop", "blocks; in the transcripts"},
    {"command|getkeys*", "of malformed counts; tests/command_table does it at random"},
    {"subscribe", "changes the count of replies"},
    {"psubscribe", "changes the count of replies"},
    {"ssubscribe", "changes the count of replies"},
    {"unsubscribe", "changes the count of replies"},
    {"punsubscribe", "changes the count of replies"},
    {"sunsubscribe", "changes the count of replies"},
    {"wait", "blocks"},
    {"waitaof", "blocks"},
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
    {"set", 300},
    {"del", 40},
    {"unlink", 40},
    {"rename", 50},
    {"renamenx", 60},
    {"asking", 5},
    {"object|freq", 20},
    {"xadd", 600},
    {"xgroup|create", 250},
    {"xgroup|destroy", 15},
    {"xgroup|delconsumer", 40},
    {"xreadgroup", 400},
    {"hset", 200},
    {"sadd", 250},
    {"zadd", 250},
    {"pfadd", 200},
    {"bitfield", 200},
    {"rpush", 300},
    {"lpush", 300},
    {"linsert", 300},
    {"lset", 200},
    {"lmove", 200},
    {"object|encoding", 200},
    {"move", 30},
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
    {"spop", Comparison::kUnordered},
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
    {"xpending", Comparison::kIdle},
    {"xinfo|stream", Comparison::kIdle},
    {"xinfo|consumers", Comparison::kIdle},
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

// Whether SORT left elements in the order in which it met them, which is that of a hash table in a set.
bool is_tie(const std::vector<std::string>& arguments, const Value& ours, const Value& reference) {
  if (!ours.is_aggregate() || ours.kind != reference.kind || ours.items.size() != reference.items.size()) return false;
  bool by = false, unsorted = false, alpha = false, gets = false, gets_elements = false;
  for (size_t at = 0; at < arguments.size(); at++) {
    alpha = alpha || same_word(arguments[at], "ALPHA");
    gets = gets || same_word(arguments[at], "GET");
    gets_elements = gets_elements || arguments[at] == "#";
    if (!same_word(arguments[at], "BY") || at + 1 == arguments.size()) continue;
    by = true;
    unsorted = unsorted || arguments[at + 1].find('*') == std::string::npos;
  }
  // Texts are compared up to a NUL, which GET may hide.
  const auto has_nul = [](const Value& reply) {
    return std::any_of(reply.items.begin(), reply.items.end(),
                       [](const Value& element) { return element.text.find('\0') != std::string::npos; });
  };
  const bool hidden = gets && !gets_elements;
  return by ? alpha || unsorted : alpha && (hidden || has_nul(ours) || has_nul(reference));
}

}  // namespace

const char* exclusion_reason(const CommandSyntax& command) {
  // XREAD and XREADGROUP are sent without BLOCK: see settle.cc.
  if (command.has_flag("blocking") && !command.name.starts_with("xread")) return "blocks";
  for (const Exclusion& row : kExclusions) {
    if (name_fits(row.name, command.name)) return row.reason;
  }
  return nullptr;
}

bool only_in_scripts(const CommandSyntax& command) {
  return exclusion_reason(command) != nullptr && (command.has_flag("blocking") || command.has_flag("noscript"));
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
  return milliseconds ? 9000 : 9;  // Less than the steps of Pools::relative_time().
}

bool is_integer_of_script(std::string_view command_name, const Value& ours, const Value& reference) {
  return command_name == "object|encoding" && ours.text == "int" && reference.text == "embstr";
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
  const bool sorts = command_name == "sort" || command_name == "sort_ro";
  if (sorts && is_tie(arguments, ours, reference)) return "what compares equal, in the order of a hash table";
  if (command_name == "dump" && are_reordered(ours, reference)) return "the order of a hash table, or times";
  // What a range of texts is where scores differ hangs on random levels in the reference.
  const bool by_text = command_name.find("lex") != std::string_view::npos ||
                       std::any_of(arguments.begin(), arguments.end(),
                                   [](const auto& argument) { return same_word(argument, "BYLEX"); });
  const bool of_text_key = std::find(arguments.begin(), arguments.end(), kTextKey) != arguments.end();
  if (by_text && !of_text_key && !ours.is_error() && !reference.is_error())
    return "a range of texts among different scores";
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
