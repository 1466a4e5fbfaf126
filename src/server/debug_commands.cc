// DEBUG: what tests and operators ask of a server's inside.
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/numbers.h"
#include "command/call.h"
#include "keyspace/access.h"
#include "server/command_table.h"
#include "server/server.h"
#include "values/counter.h"

namespace server {
namespace {

using command::Call;
using command::same_word;
using command::Spec;
using keyspace::Entry;
using keyspace::LockClass;

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

std::string_view encoding_of(const Entry& entry) {
  if (entry.form() == Entry::Form::kInteger) return "int";
  return entry.embedded() ? "embstr" : "raw";
}

void object(Call& call) {
  const keyspace::Key key = call.db().unit().keyspace.key(call.word(2));
  const Entry* entry = call.db().peek(key);
  if (entry == nullptr) return call.fail(command::kNoSuchKey);
  const int64_t lru_seconds = entry->access() / 10;
  call.reply().simple(fmt::format("Value at:{} refcount:1 encoding:{} lru:{} lru_seconds_idle:{}",
                                  static_cast<const void*>(entry), encoding_of(*entry), lru_seconds,
                                  keyspace::idle_tenths(*entry, call.now_ms()) / 10));
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
  constexpr std::array<std::string_view, 21> kLines{
      "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ASSERT",
      "    Ends the server by a failed check, to test the crash report.",
      "CHANGE-REPL-ID",
      "    Accepted; there is no replication whose id could change.",
      "ERROR <text>",
      "    Replies with this error.",
      "LOG <text>",
      "    Writes to the log.",
      "OBJECT <key> [fast]",
      "    How the value at <key> is held.",
      "PANIC | SEGFAULT",
      "    Ends the server by a signal, to test the crash report.",
      "SET-ACTIVE-EXPIRE <0|1>",
      "    Whether expired keys are deleted before somebody asks for them.",
      "SLEEP <seconds>",
      "    Stops the whole server for that time. Fractions are allowed.",
      "STRAY <key> [<key> ...]",
      "    Increments all keys, locking those behind the first only when it comes to them.",
      "HELP",
      "    This text.",
  };
  call.reply().array(kLines.size());
  for (const std::string_view line : kLines) call.reply().simple(line);
}

void debug(Call& call) {
  const std::string_view name = call.word(1);
  const size_t count = call.count();
  if (same_word(name, "help") && count == 2) return help(call);
  if (same_word(name, "sleep") && count == 3) return sleep(call);
  if (same_word(name, "object") && (count == 3 || (count == 4 && same_word(call.word(3), "fast")))) return object(call);
  if (same_word(name, "error") && count == 3) return call.fail(call.word(2));
  if (same_word(name, "segfault")) std::raise(SIGSEGV);
  if (same_word(name, "panic") || same_word(name, "assert")) std::abort();
  if (same_word(name, "log") && count == 3) {
    base::log_warning("DEBUG LOG: {}", call.word(2));
  } else if (same_word(name, "set-active-expire") && count == 3) {
    server_of(call).active_expire.store(base::parse_int64(call.word(2)).value_or(0) != 0);
  } else if (!same_word(name, "change-repl-id") || count != 2) {
    return call.fail("ERR unknown subcommand or wrong number of arguments for '" + std::string(name.substr(0, 128)) +
                     "'. Try DEBUG HELP.");
  }
  call.reply().ok();
}

using enum command::Flags;

constexpr Spec kDebug[] = {
    {.name = "debug",
     .arity = -2,
     .flags = kAdmin | kLoading | kNoScript | kStale | kProtectedDebug,
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
