// Commands on whole databases: emptying and exchanging them.
#include <limits>
#include <utility>

#include "command/call.h"
#include "commands/families.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;

// Empties a database in O(shards): the tables go to the unit's garbage, which is freed in the background. Returns the
// number of keys.
uint64_t flush(Call& call, uint32_t database) {
  keyspace::Unit& unit = call.db().unit();
  unit.keyspace.trip_watches(unit.locks, database, std::nullopt, unit.now_ms);
  keyspace::note_flushed(unit, database);
  keyspace::forget_sizes(unit, database);
  unit.keyspace.count_emptied();
  return unit.keyspace.take_tables(unit.locks, database, unit.garbage.tables);
}

// SYNC and ASYNC free alike; the word is only checked.
bool read_mode(Call& call) {
  Args args = call.args();
  if (!args.accept("SYNC")) args.accept("ASYNC");
  if (args.done()) return true;
  call.fail(args.error());
  return false;
}

void flush_db(Call& call) {
  if (!read_mode(call)) return;
  keyspace::note_all_gone(call.db().unit());
  call.db().count_changes(flush(call, call.db().index()));
  call.reply().ok();
}

void flush_all(Call& call) {
  if (!read_mode(call)) return;
  uint64_t keys = 0;
  keyspace::note_all_gone(call.db().unit());
  for (uint32_t at = 0; at < call.db().unit().keyspace.database_count(); ++at) keys += flush(call, at);
  call.db().count_changes(keys);
  call.reply().ok();
}

void swap_db(Call& call) {
  constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  Args args = call.args();
  const int64_t first = args.integer(kLeast, kMost, command::Error("ERR invalid first DB index"));
  const int64_t second = args.integer(kLeast, kMost, command::Error("ERR invalid second DB index"));
  keyspace::Unit& unit = call.db().unit();
  const auto valid = [&](int64_t index) { return index >= 0 && index < unit.keyspace.database_count(); };
  if (!valid(first) || !valid(second)) args.fail(command::kDatabaseOutOfRange);
  if (args.failed()) return call.fail(args.error());
  const auto one = static_cast<uint32_t>(first), two = static_cast<uint32_t>(second);
  if (one != two) {
    unit.keyspace.trip_watches(unit.locks, one, two, unit.now_ms);
    unit.keyspace.trip_watches(unit.locks, two, one, unit.now_ms);
    unit.keyspace.swap_databases(unit.locks, one, two);
    keyspace::exchange_sizes(unit, one, two);
    keyspace::note_exchanged(unit, one, two);
  }
  call.db().count_changes(1);
  call.reply().ok();
}

constexpr uint32_t kCategories = command::kCategoryKeyspace | command::kDangerous;
constexpr uint32_t kEverywhere = command::kRequestAllShards | command::kResponseAllSucceeded;

constexpr Spec kFlushRows[] = {
    {.name = "flushall",
     .arity = -1,
     .flags = command::kWrite | command::kAllDatabases,
     .categories = kCategories,
     .locks = LockClass::kAll,
     .handler = flush_all,
     .group = Group::kServer,
     .tips = kEverywhere,
     .since = "1.0.0",
     .summary = "Deletes every key of every database.",
     .complexity = "O(1) for clients; freed in the background.",
     .history = "4.0.0 Knows `ASYNC`.\n"
                "6.2.0 Knows `SYNC`.",
     .syntax = "flush-type(ASYNC@4.0.0|SYNC@6.2.0)?"},
    {.name = "flushdb",
     .arity = -1,
     .flags = command::kWrite,
     .categories = kCategories,
     .locks = LockClass::kAll,
     .handler = flush_db,
     .group = Group::kServer,
     .tips = kEverywhere,
     .since = "1.0.0",
     .summary = "Deletes every key of the selected database.",
     .complexity = "O(1) for clients; freed in the background.",
     .history = "4.0.0 Knows `ASYNC`.\n"
                "6.2.0 Knows `SYNC`.",
     .syntax = "flush-type(ASYNC@4.0.0|SYNC@6.2.0)?"},
    {.name = "swapdb",
     .arity = 3,
     .flags = command::kWrite | command::kFast,
     .categories = kCategories,
     .locks = LockClass::kAll,
     .handler = swap_db,
     .group = Group::kServer,
     .since = "4.0.0",
     .summary = "Exchanges two databases: clients of one see the keys of the other at once.",
     .complexity = "O(1)",
     .syntax = "index1:i index2:i",
     .database_words =
         [](auto, std::vector<uint32_t>& out) {
           out.insert(out.end(), {1, 2});
         }},
};
static_assert(command::well_formed(kFlushRows));

}  // namespace

std::span<const Spec> flush_commands() { return kFlushRows; }

}  // namespace commands
