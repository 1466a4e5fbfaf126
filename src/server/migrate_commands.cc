// MIGRATE: keys go to another server. migration.h says how it goes on while the client waits.
#include <algorithm>
#include <unordered_set>

#include "command/keys.h"
#include "commands/dump.h"
#include "rdb/payload.h"
#include "server/command_table.h"
#include "server/migration.h"
#include "server/server.h"

namespace server {
namespace {

using command::Args;
using command::Call;
using command::Error;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;
using State = MigratingKey::State;

constexpr Error kKeyIsNotEmpty{"ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"};
constexpr Error kNested{"ERR MIGRATE is not allowed inside a transaction: it waits for another server"};
constexpr Error kKeptChanging{
    "ERR Keys were changed again and again while they were sent: they are at both servers now"};
constexpr std::string_view kVersionRefused = "ERR DUMP payload version or checksum are wrong";
constexpr int64_t kDefaultTimeoutMs = 1000;
constexpr int64_t kTimeoutMaxMs = int64_t{1} << 40;  // for good; a sum with the time of day stays a number
// What older servers read, in the order in which it is tried.
constexpr uint16_t kOlderVersions[] = {10, 9};

constexpr size_t kFirstOption = 6;

struct Parsed {
  MigrationRequest request;
  size_t first_key = 3;
  size_t key_count = 1;
};

// Ends with the words of KEYS, which are all that follow.
Parsed parse(Call& call, Args& args) {
  Parsed parsed;
  MigrationRequest& request = parsed.request;
  while (args.more()) {
    if (args.accept("COPY")) {
      request.copy = true;
    } else if (args.accept("REPLACE")) {
      request.replace = true;
    } else if (args.left() >= 2 && args.accept("AUTH")) {
      request.authenticates = true;
      request.password = args.text();
    } else if (args.left() >= 3 && args.accept("AUTH2")) {
      request.authenticates = true;
      request.user = args.text();
      request.password = args.text();
    } else if (args.accept("KEYS")) {
      if (!call.word(3).empty()) args.fail(kKeyIsNotEmpty);
      parsed.key_count = args.left();
      parsed.first_key = call.count() - parsed.key_count;
      break;
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return parsed;
}

constexpr uint16_t kKeyFlags = command::kRW | command::kAccess | command::kDelete;

// The word at 3, or, if that is empty, what follows KEYS; a password may be "keys".
void keys_of_migrate(std::span<const std::string_view> words, std::vector<command::KeyWord>& out) {
  for (size_t at = kFirstOption; at < words.size(); ++at) {
    if (command::same_word(words[at], "AUTH")) {
      ++at;
    } else if (command::same_word(words[at], "AUTH2")) {
      at += 2;
    } else if (at + 1 < words.size() && command::same_word(words[at], "KEYS")) {
      if (!words[3].empty()) return;
      for (++at; at < words.size(); ++at) out.push_back({static_cast<uint32_t>(at), kKeyFlags});
      return;
    }
  }
  out.push_back({3, kKeyFlags});
}

bool read_numbers(Call& call, MigrationRequest& request) {
  const auto timeout_ms = base::parse_int64(call.word(5));
  const auto database = base::parse_int64(call.word(4));
  if (!timeout_ms || !database) return false;
  request.host = call.word(1);
  // What is no number is port 0, where nobody listens.
  request.port = static_cast<int>(base::parse_int64(call.word(2)).value_or(0));
  request.database = *database;
  request.timeout_ms = *timeout_ms <= 0 ? kDefaultTimeoutMs : std::min(*timeout_ms, kTimeoutMaxMs);
  return true;
}

keyspace::Observers& observers_of(Call& call, const MigratingKey& key) {
  keyspace::Keyspace& keyspace = call.db().unit().keyspace;
  return keyspace.make_observers(keyspace.shard_of({key.name, key.hash}));
}

// Copies the value for the next round, and watches it.
void copy_value(Call& call, const Entry& entry, MigratingKey& key) {
  const bool is_text = entry.type() == keyspace::Type::kString;
  if (key.version == 0) key.version = is_text ? kOlderVersions[0] : rdb::lossless_version(entry.collection());
  key.payload.clear();
  commands::write_entry(entry, {.version = key.version, .compress = call.settings().rdbcompression}, key.payload);
  rdb::seal_payload(key.payload, key.version);
  key.expiry_ms = entry.expiry_ms();
  key.state = State::kToSend;
  if (key.watch == nullptr) {
    key.watch = std::make_shared<keyspace::Watch>();
    observers_of(call, key).watch(call.db().index(), key.name, key.watch, false);
  }
  key.watch->tripped.store(false, std::memory_order_relaxed);
}

void unwatch(Call& call, MigratingKey& key) {
  if (key.watch == nullptr) return;
  keyspace::Keyspace& keyspace = call.db().unit().keyspace;
  observers_of(call, key).unwatch(call.db().index(), key.name, key.watch.get());
  keyspace.drop_empty_observers(keyspace.shard_of({key.name, key.hash}));
  key.watch.reset();
}

// The target took the copy: whether it is still what is here.
void settle_accepted(Call& call, const Migration& migration, MigratingKey& key) {
  key.state = State::kFinished;
  if (migration.request.copy || key.is_gone) return;
  key.was_accepted = true;
  const Key own{key.name, key.hash};
  if (!key.watch->tripped.load(std::memory_order_relaxed)) {
    if (call.db().erase(own)) call.db().notify(keyspace::kGenericEvent, "del", own);
    return;
  }
  key.state = State::kToSend;
  const Entry* entry = call.db().peek(own);
  key.is_gone = entry == nullptr;
  if (entry != nullptr) copy_value(call, *entry, key);
}

// The target refused it: perhaps it reads an older form.
void settle_refused(Call& call, Migration& migration, MigratingKey& key) {
  key.state = State::kFinished;
  const Entry* entry = key.error == kVersionRefused ? call.db().peek({key.name, key.hash}) : nullptr;
  if (entry != nullptr) {
    const bool is_text = entry->type() == keyspace::Type::kString;
    const uint16_t needed = is_text ? uint16_t{0} : rdb::needed_version(entry->collection());
    for (const uint16_t version : kOlderVersions) {
      if (version >= key.version || version < needed) continue;
      key.version = version;
      return copy_value(call, *entry, key);
    }
  }
  if (migration.target_error.empty()) migration.target_error = key.error;
}

void reply_to(Call& call, const Migration& migration, bool kept_changing) {
  if (!migration.target_error.empty()) {
    call.fail("ERR Target instance replied with error: " + migration.target_error);
  } else if (!migration.connection_error.empty()) {
    call.fail(migration.connection_error);
  } else if (kept_changing) {
    call.fail(kKeptChanging);
  } else {
    call.reply().ok();
  }
}

// A round is over.
void settle(Call& call, const std::shared_ptr<Migration>& migration) {
  bool more = false;
  for (MigratingKey& key : migration->keys) {
    if (key.state == State::kAccepted) {
      settle_accepted(call, *migration, key);
    } else if (key.state == State::kRefused) {
      settle_refused(call, *migration, key);
    }
    more = more || key.state == State::kToSend;
  }
  const bool sound = migration->connection_error.empty() && migration->target_error.empty();
  Migrations& migrations = server_of(call).migrations;
  if (more && sound && ++migration->rounds < Migration::kRoundsMax) {
    migrations.start(worker_of(call), call.session().id, migration);
    return call.run_again_later();
  }
  for (MigratingKey& key : migration->keys) unwatch(call, key);
  migrations.forget(call.session().id);
  reply_to(call, *migration, more);
}

void begin(Call& call) {
  Args args(call.words(), kFirstOption);
  Parsed parsed = parse(call, args);
  if (args.failed()) return call.fail(args.error());
  if (!read_numbers(call, parsed.request)) return call.fail(command::kNotAnInteger);
  auto migration = std::make_shared<Migration>();
  const auto names = call.words().subspan(parsed.first_key, parsed.key_count);
  std::unordered_set<std::string_view> seen;
  for (size_t at = 0; at < names.size(); ++at) {
    // keys_of_migrate() reads options less strictly than parse(), but finds the same keys where that finds no error.
    const bool is_locked = at < call.keys().size() && call.key(at).text == names[at];
    DCHECK(is_locked);
    if (!is_locked) return call.fail(command::kSyntaxError);
    const Entry* entry = seen.insert(names[at]).second ? call.db().read(call.key(at)) : nullptr;
    if (entry == nullptr) continue;
    MigratingKey& key = migration->keys.emplace_back();
    key.name = names[at];
    key.hash = call.key(at).hash;
    copy_value(call, *entry, key);
  }
  if (migration->keys.empty()) return call.reply().simple("NOKEY");
  migration->request = std::move(parsed.request);
  migration->database = call.db().index();
  server_of(call).migrations.start(worker_of(call), call.session().id, migration);
  call.run_again_later();
}

void migrate(Call& call) {
  if (call.nested()) return call.fail(kNested);
  const std::shared_ptr<Migration> running = server_of(call).migrations.find(call.session().id);
  if (running == nullptr) return begin(call);
  if (!running->done.load()) return call.run_again_later();
  settle(call, running);
}

constexpr Spec kMigrateRows[] = {
    {.name = "migrate",
     .arity = -6,
     .flags = command::kWrite | command::kMovableKeys,
     .keys = {command::key_at(3, kKeyFlags),
              {.flags = kKeyFlags | command::kIncomplete,
               .find = command::KeySpec::Find::kRange,
               .index = -2,
               .keyword = "KEYS",
               .last = -1}},
     .categories = command::kDangerous,
     .locks = LockClass::kKeys,
     .handler = migrate,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "2.6.0",
     .summary = "Sends keys to another server, and deletes them here.",
     .complexity = "O(N) for values of N bytes; the time on the network is not the server's.",
     .history = "3.0.0 Knows `COPY` and `REPLACE`.\n"
                "3.0.6 Knows `KEYS`.\n"
                "4.0.7 Knows `AUTH`.\n"
                "6.0.0 Knows `AUTH2`.",
     .syntax =
         "host port:i key-selector(key:k0|''/empty-string) destination-db:i timeout:i COPY@3.0.0? REPLACE@3.0.0? "
         "authentication(AUTH=auth/password@4.0.7|AUTH2=auth2[username password]@6.0.0)? KEYS=keys/key:k1@3.0.6?*",
     .keys_of = keys_of_migrate},
};
static_assert(command::well_formed(kMigrateRows));

}  // namespace

std::span<const Spec> migrate_commands() { return kMigrateRows; }

}  // namespace server
