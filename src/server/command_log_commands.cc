// COMMANDLOG, and SLOWLOG, which is its log of slow commands.
#include <array>
#include <optional>

#include "command/call.h"
#include "server/command_log.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Spec;
using Kind = CommandLog::Kind;

constexpr command::Error kBadCount{"ERR count should be greater than or equal to -1"};
constexpr command::Error kBadType{"ERR type should be one of the following: slow, large-request, large-reply"};

std::optional<Kind> kind_of(std::string_view word) {
  if (command::same_word(word, "slow")) return Kind::kSlow;
  if (command::same_word(word, "large-request")) return Kind::kLargeRequest;
  if (command::same_word(word, "large-reply")) return Kind::kLargeReply;
  return std::nullopt;
}

// How many entries a word asks for; nothing when it is no count.
std::optional<size_t> count_of(std::string_view word) {
  const auto count = base::parse_int64(word);
  if (!count || *count < -1) return std::nullopt;
  return *count == -1 ? SIZE_MAX : static_cast<size_t>(*count);
}

void write_entries(Call& call, Kind kind, size_t count) {
  const CommandLog::Entries entries = server_of(call).command_log.newest(kind, count);
  resp::Writer& reply = call.reply();
  reply.array(entries.size());
  for (const auto& entry : entries) {
    reply.array(6);
    reply.integer(entry->id);
    reply.integer(entry->time_s);
    reply.integer(entry->value);
    reply.array(entry->words.size());
    for (const std::string& word : entry->words) reply.bulk(word);
    reply.bulk(entry->peer);
    reply.bulk(entry->name);
  }
}

void get(Call& call) {
  const auto count = count_of(call.word(2));
  if (!count) return call.fail(kBadCount);
  const auto kind = kind_of(call.word(3));
  if (!kind) return call.fail(kBadType);
  write_entries(call, *kind, *count);
}

void length(Call& call) {
  const auto kind = kind_of(call.word(2));
  if (!kind) return call.fail(kBadType);
  call.reply().integer(static_cast<int64_t>(server_of(call).command_log.size(*kind)));
}

void reset(Call& call) {
  const auto kind = kind_of(call.word(2));
  if (!kind) return call.fail(kBadType);
  server_of(call).command_log.clear(*kind);
  call.reply().ok();
}

void help(Call& call) {
  constexpr std::array<std::string_view, 7> kLines{
      "GET <count> <type>",
      "    The newest <count> entries of a log (-1: all), each with its id, time, microseconds or bytes,",
      "    words, client address and client name. Types: slow, large-request, large-reply.",
      "LEN <type>",
      "    How many entries a log has.",
      "RESET <type>",
      "    Empties a log."};
  write_help(call.reply(), "COMMANDLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

void slow_get(Call& call) {
  constexpr size_t kDefaultCount = 10;
  if (call.count() > 3) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  const auto count = call.count() == 3 ? count_of(call.word(2)) : kDefaultCount;
  if (!count) return call.fail(kBadCount);
  write_entries(call, Kind::kSlow, *count);
}

void slow_length(Call& call) {
  call.reply().integer(static_cast<int64_t>(server_of(call).command_log.size(Kind::kSlow)));
}

void slow_reset(Call& call) {
  server_of(call).command_log.clear(Kind::kSlow);
  call.reply().ok();
}

void slow_help(Call& call) {
  constexpr std::array<std::string_view, 7> kLines{
      "GET [<count>]",
      "    The newest entries (default: 10, -1: all), each with its id, time, microseconds, words,",
      "    client address and client name.",
      "LEN",
      "    How many entries there are.",
      "RESET",
      "    Empties the log."};
  write_help(call.reply(), "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

constexpr auto kServer = command::Group::kServer;
constexpr auto kNoLocks = keyspace::LockClass::kNone;
constexpr uint32_t kHelpFlags = command::kLoading | command::kStale;
constexpr uint32_t kLogFlags = kHelpFlags | command::kAdmin;
constexpr uint32_t kGetTips =
    command::kRequestAllNodes | command::kNondeterministicOutput | command::kNondeterminismLast;
constexpr uint32_t kLengthTips = kGetTips | command::kResponseAggSum;

constexpr Spec kLogs[] = {
    {.name = "commandlog",
     .arity = -2,
     .locks = kNoLocks,
     .group = kServer,
     .since = "8.1.0",
     .summary = "Holds the commands of the logs of slow and large commands.",
     .complexity = "Depends on subcommand."},
    {.name = "commandlog|get",
     .arity = 4,
     .flags = kLogFlags,
     .locks = kNoLocks,
     .handler = get,
     .group = kServer,
     .tips = kGetTips,
     .since = "8.1.0",
     .summary = "Shows the newest entries of a log.",
     .complexity = "O(N) where N is the number of entries returned",
     .syntax = "count:i type(SLOW|LARGE-REQUEST|LARGE-REPLY)"},
    {.name = "commandlog|help",
     .arity = 2,
     .flags = kHelpFlags,
     .locks = kNoLocks,
     .handler = help,
     .group = kServer,
     .since = "8.1.0",
     .summary = "Tells what the subcommands do.",
     .complexity = "O(1)"},
    {.name = "commandlog|len",
     .arity = 3,
     .flags = kLogFlags,
     .locks = kNoLocks,
     .handler = length,
     .group = kServer,
     .tips = kLengthTips,
     .since = "8.1.0",
     .summary = "Counts the entries of a log.",
     .complexity = "O(1)",
     .syntax = "type(SLOW|LARGE-REQUEST|LARGE-REPLY)"},
    {.name = "commandlog|reset",
     .arity = 3,
     .flags = kLogFlags,
     .locks = kNoLocks,
     .handler = reset,
     .group = kServer,
     .tips = command::kToAllNodes,
     .since = "8.1.0",
     .summary = "Empties a log.",
     .complexity = "O(N) where N is the number of entries in the commandlog",
     .syntax = "type(SLOW|LARGE-REQUEST|LARGE-REPLY)"},
    {.name = "slowlog",
     .arity = -2,
     .locks = kNoLocks,
     .group = kServer,
     .since = "2.2.12",
     .summary = "Holds the commands of the log of slow commands.",
     .complexity = "Depends on subcommand."},
    {.name = "slowlog|get",
     .arity = -2,
     .flags = kLogFlags,
     .locks = kNoLocks,
     .handler = slow_get,
     .group = kServer,
     .tips = kGetTips,
     .since = "2.2.12",
     .summary = "Shows the newest entries of the log of slow commands.",
     .complexity = "O(N) where N is the number of entries returned",
     .history = "4.0.0 Shows the client's address and name.",
     .syntax = "count:i?"},
    {.name = "slowlog|help",
     .arity = 2,
     .flags = kHelpFlags,
     .locks = kNoLocks,
     .handler = slow_help,
     .group = kServer,
     .since = "6.2.0",
     .summary = "Tells what the subcommands do.",
     .complexity = "O(1)"},
    {.name = "slowlog|len",
     .arity = 2,
     .flags = kLogFlags,
     .locks = kNoLocks,
     .handler = slow_length,
     .group = kServer,
     .tips = kLengthTips,
     .since = "2.2.12",
     .summary = "Counts the entries of the log of slow commands.",
     .complexity = "O(1)"},
    {.name = "slowlog|reset",
     .arity = 2,
     .flags = kLogFlags,
     .locks = kNoLocks,
     .handler = slow_reset,
     .group = kServer,
     .tips = command::kToAllNodes,
     .since = "2.2.12",
     .summary = "Empties the log of slow commands.",
     .complexity = "O(N) where N is the number of entries in the slowlog"},
};
static_assert(command::well_formed(kLogs));

}  // namespace

std::span<const Spec> command_log_commands() { return kLogs; }

}  // namespace server
