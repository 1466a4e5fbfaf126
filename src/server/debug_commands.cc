// DEBUG: what tests and operators ask of a server's inside.
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/numbers.h"
#include "command/call.h"
#include "config/rewrite.h"
#include "server/command_table.h"
#include "server/debug.h"
#include "server/server.h"
#include "values/counter.h"

namespace server {
namespace {

using command::Call;
using command::same_word;
using command::Spec;
using keyspace::Entry;
using keyspace::LockClass;

void refuse(Call& call) { call.fail(command::wrong_subcommand(call.word(0), call.word(1))); }

// Every loop sleeps: the caller holds all shards, and the others, which could still serve PING, get a letter.
void sleep(Call& call) {
  const std::string word(call.word(2));
  const double seconds = std::strtod(word.c_str(), nullptr);
  if (std::isfinite(seconds) && seconds > 0 && seconds < 1e9) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6));
    for (const auto& worker : server_of(call).workers) {
      if (worker.get() != &worker_of(call))
        worker->loop().mailbox().post([until] { std::this_thread::sleep_until(until); });
    }
    std::this_thread::sleep_until(until);
  }
  call.reply().ok();
}

void config_rewrite_force_all(Call& call) {
  const config::Snapshot settings = server_of(call).settings.current();
  const std::string& path = settings->config_file;
  const config::Outcome written = path.empty() ? config::Outcome(base::Failure(std::strerror(EFAULT)))
                                               : config::rewrite_file(path, *settings, {}, config::RewriteScope::kAll);
  if (!written) return call.fail("ERR CONFIG-REWRITE-FORCE-ALL failed: " + std::string(written.error().text()));
  call.reply().ok();
}

// A reply's buffer has no fixed part here that would grow and shrink: what is asked for is checked, and that is all.
void reply_buffer(Call& call) {
  const bool is_time = same_word(call.word(2), "peak-reset-time");
  if (!is_time && !same_word(call.word(2), "resizing")) return refuse(call);
  const bool is_named = same_word(call.word(3), "never") || same_word(call.word(3), "reset");
  if (is_time && !is_named && !base::parse_int64(call.word(3))) return call.fail(command::kNotAnInteger);
  call.reply().ok();
}

void write_log(Call& call) {
  base::log_warning("DEBUG LOG: {}", call.word(2));
  call.reply().ok();
}

void set_active_expire(Call& call) {
  server_of(call).active_expire.store(base::parse_int64(call.word(2)).value_or(0) != 0);
  call.reply().ok();
}

std::optional<int64_t> number_at(const Entry* entry) {
  if (entry == nullptr) return 0;
  if (const auto value = entry->integer()) return value;
  keyspace::TextBuffer buffer;
  return base::parse_int64(entry->text(buffer));
}

// What a script does that goes beyond its declared key: each further key's shard is locked when the key's turn comes,
// and each key is incremented once. A key that is no number ends it; what was done before stays, as in a script.
void stray(Call& call) {
  keyspace::Unit& unit = call.db().unit();
  for (const std::string_view word : call.words().subspan(2)) {
    const keyspace::Key key = unit.keyspace.key(word);
    unit.keyspace.stray(unit.locks, unit.keyspace.shard_of(key));
    const auto found = call.peek_string(key);
    if (!found) return call.fail(found.error());
    const std::optional<int64_t> value = number_at(*found);
    if (!value) return call.fail(command::kNotAnInteger);
    const std::optional<int64_t> sum = values::increment(*value, 1);
    if (!sum) return call.fail(command::kOverflow);
    call.db().set_integer(key, *sum, *found == nullptr ? Entry::kNoExpiry : (*found)->expiry_ms());
  }
  call.reply().integer(static_cast<int64_t>(call.count() - 2));
}

void help(Call& call) {
  constexpr std::string_view kLines[] = {
      "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ASSERT",
      "    Ends the server by a failed check, to test the crash report.",
      "CHANGE-REPL-ID",
      "    Accepted; there is no replication whose id could change.",
      "CONFIG-REWRITE-FORCE-ALL",
      "    As CONFIG REWRITE, with a line for each setting.",
      "DICT-RESIZING <0|1>",
      "    Accepted; the tables here have no resizing that could be put off.",
      "DIGEST",
      "    All that is held, in 20 bytes.",
      "DIGEST-VALUE <key> [<key> ...]",
      "    Each value, in 20 bytes.",
      "ERROR <text>",
      "    Replies with this error.",
      "LOG <text>",
      "    Writes to the log.",
      "OBJECT <key> [fast]",
      "    How the value at <key> is held.",
      "PANIC | SEGFAULT",
      "    Ends the server by a signal, to test the crash report.",
      "POPULATE <count> [<prefix>] [<size>]",
      "    Makes <count> keys <prefix>:<number> (key:<number>), each with a string of <size> bytes.",
      "PROTOCOL <type>",
      "    Replies with a value of the type: string, integer, double, bignum, null, array, set, map, attrib, push,",
      "    verbatim, true or false.",
      "QUICKLIST-PACKED-THRESHOLD <size>",
      "    Accepted; a large element of a list has a node to itself here whenever it does not fit into another.",
      "RELOAD [NOSAVE]",
      "    Saves the data set, empties the server and loads it again.",
      "REPLYBUFFER PEAK-RESET-TIME <never|reset|milliseconds> | RESIZING <0|1>",
      "    Accepted; the buffers of replies have no fixed part here.",
      "SET-ACTIVE-EXPIRE <0|1>",
      "    Whether expired keys are deleted before somebody asks for them.",
      "SLEEP <seconds>",
      "    Stops the whole server for that time. Fractions are allowed.",
      "STRAY <key> [<key> ...]",
      "    Increments all keys, locking those behind the first only when it comes to them.",
      "HELP",
      "    This text.",
  };
  call.reply().array(std::size(kLines));
  for (const std::string_view line : kLines) call.reply().simple(line);
}

struct Subcommand {
  std::string_view name;
  size_t least_words;
  size_t most_words;
  void (*run)(Call& call);
};

constexpr size_t kAnyNumber = SIZE_MAX;
constexpr Subcommand kSubcommands[] = {
    {"assert", 2, kAnyNumber, [](Call&) { std::abort(); }},
    {"change-repl-id", 2, 2, [](Call& call) { call.reply().ok(); }},
    {"config-rewrite-force-all", 2, 2, config_rewrite_force_all},
    {"dict-resizing", 3, 3, [](Call& call) { call.reply().ok(); }},
    {"digest", 2, 2, debug_digest},
    {"digest-value", 3, kAnyNumber, debug_digest_value},
    {"error", 3, 3, [](Call& call) { call.fail(call.word(2)); }},
    {"help", 2, 2, help},
    {"log", 3, 3, write_log},
    {"object", 3, 4, debug_object},
    {"panic", 2, kAnyNumber, [](Call&) { std::abort(); }},
    {"populate", 3, 5, debug_populate},
    {"protocol", 3, 3, debug_protocol},
    {"quicklist-packed-threshold", 3, 3, [](Call& call) { call.reply().ok(); }},
    {"reload", 2, kAnyNumber, debug_reload},
    {"replybuffer", 4, 4, reply_buffer},
    {"segfault", 2, kAnyNumber, [](Call&) { std::raise(SIGSEGV); }},
    {"set-active-expire", 3, 3, set_active_expire},
    {"sleep", 3, 3, sleep},
};

void debug(Call& call) {
  for (const Subcommand& one : kSubcommands) {
    const bool takes = call.count() >= one.least_words && call.count() <= one.most_words;
    if (takes && same_word(call.word(1), one.name)) return one.run(call);
  }
  refuse(call);
}

using enum command::Flags;

constexpr Spec kDebug[] = {
    {.name = "debug",
     .arity = -2,
     .flags = kAdmin | kLoading | kNoScript | kStale | kProtectedDebug | kDocSyscmd,
     .handler = debug,
     .group = command::Group::kServer,
     .since = "1.0.0",
     .summary = "Commands for tests of the server itself.",
     .complexity = "Depends on the subcommand."},
    {.name = "debug|stray",
     .arity = -3,
     .flags = kWrite | kDenyOom | kAdmin | kNoScript | kProtectedDebug,
     .keys = {command::key_at(2, command::kRW | command::kAccess | command::kUpdate)},
     .locks = LockClass::kStray,
     .handler = stray,
     .group = command::Group::kServer,
     .since = "9.1.0",
     .summary = "Increments keys, most of them undeclared.",
     .complexity = "O(N) of the keys."},
};
static_assert(command::well_formed(kDebug));

}  // namespace

std::span<const Spec> debug_commands() { return kDebug; }

}  // namespace server
