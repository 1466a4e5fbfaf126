// DUMP and RESTORE: one key's value as bytes that another server reads.
#include "commands/dump.h"

#include "command/call.h"
#include "commands/families.h"
#include "commands/limits.h"
#include "commands/strings_options.h"
#include "keyspace/access.h"
#include "rdb/payload.h"
#include "rdb/read_value.h"

namespace commands {

using command::Args;
using command::Call;
using command::Error;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;

void write_entry(const Entry& entry, const rdb::WriteOptions& options, std::string& out) {
  if (entry.type() != keyspace::Type::kString) return rdb::write_collection(out, entry.collection(), options);
  keyspace::TextBuffer buffer;
  rdb::write_text_value(out, entry.text(buffer), options);
}

namespace {

constexpr Error kBusyKey{"BUSYKEY Target key name already exists."};
constexpr Error kBadTtl{"ERR Invalid TTL value, must be >= 0"};
constexpr Error kBadIdleTime{"ERR Invalid IDLETIME value, must be >= 0"};
constexpr Error kBadFrequency{"ERR Invalid FREQ value, must be >= 0 and <= 255"};
constexpr Error kBadPayload{"ERR DUMP payload version or checksum are wrong"};
constexpr std::string_view kBadData = "ERR Bad data format";

void dump(Call& call) {
  const Entry* entry = call.db().read(call.key(0));
  if (entry == nullptr) return call.reply().null();
  std::string payload;
  write_entry(*entry, {.compress = call.settings().rdbcompression}, payload);
  rdb::seal_payload(payload, rdb::kVersion);
  call.reply().bulk(payload);
}

struct RestoreOptions {
  bool replace = false;
  bool absolute_ttl = false;
  std::optional<int64_t> idle_seconds;
  std::optional<int64_t> frequency;
};

// IDLETIME and FREQ exclude each other.
RestoreOptions read_restore_options(Args& args) {
  RestoreOptions options;
  while (args.more()) {
    if (args.accept("REPLACE")) {
      options.replace = true;
    } else if (args.accept("ABSTTL")) {
      options.absolute_ttl = true;
    } else if (args.left() >= 2 && !options.frequency && args.accept("IDLETIME")) {
      options.idle_seconds = args.integer();
      if (*options.idle_seconds < 0) args.fail(kBadIdleTime);
    } else if (args.left() >= 2 && !options.idle_seconds && args.accept("FREQ")) {
      options.frequency = args.integer();
      if (*options.frequency < 0 || *options.frequency > 255) args.fail(kBadFrequency);
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return options;
}

// When the key will expire. A time to live beyond all time wraps round, as in the reference, and is past.
int64_t expiry_of_ttl(Call& call, int64_t ttl_ms, bool absolute) {
  if (ttl_ms == 0) return Entry::kNoExpiry;
  if (absolute) return ttl_ms;
  return static_cast<int64_t>(static_cast<uint64_t>(ttl_ms) + static_cast<uint64_t>(call.now_ms()));
}

// What was restored counts as new, or as used when the options say.
void set_access(Call& call, const RestoreOptions& options) {
  Entry* entry = call.db().peek(call.key(0));
  if (entry == nullptr) return;
  const int64_t now_ms = call.now_ms();
  if (call.db().unit().lfu) {
    if (options.frequency) entry->set_access(keyspace::lfu_of(now_ms, static_cast<uint8_t>(*options.frequency)));
  } else if (options.idle_seconds) {
    entry->set_access(keyspace::lru_idle_for(now_ms, *options.idle_seconds));
  }
}

// Puts the value in the place of whatever the key holds.
void put(Call& call, rdb::Value& value, int64_t expiry_ms) {
  const Key& key = call.key(0);
  call.db().erase(key, 0);
  if (value.is_text()) return call.db().set(key, value.text(), expiry_ms);
  call.db().set_collection(key, value.release(), expiry_ms);
}

// What is wrong with the data is of no use to the client, but for what it could do something about.
void refuse(Call& call, Error reason) {
  std::string text(kBadData);
  if (reason.text() == rdb::kModuleValue.text()) text.append(": ").append(reason.text());
  call.fail(text);
}

void restore(Call& call) {
  const Key& key = call.key(0);
  Args args(call.words(), 4);
  const RestoreOptions options = read_restore_options(args);
  if (args.failed()) return call.fail(args.error());
  if (!options.replace && call.db().find_to_change(key) != nullptr) return call.fail(kBusyKey);
  const auto ttl_ms = base::parse_int64(call.word(2));
  if (!ttl_ms) return call.fail(command::kNotAnInteger);
  if (*ttl_ms < 0) return call.fail(kBadTtl);
  const bool any_version = call.settings().rdb_version_check == config::RdbVersionCheck::kRelaxed;
  const auto payload = rdb::open_payload(call.word(3), any_version);
  if (!payload) return call.fail(kBadPayload);
  rdb::Input input(payload->value);
  auto value = rdb::read_value(input, payload->version, value_limits(call.settings(), call.now_ms()));
  if (!value) return refuse(call, value.error());
  const int64_t expiry_ms = expiry_of_ttl(call, *ttl_ms, options.absolute_ttl);
  if (*ttl_ms != 0 && is_past(call, expiry_ms)) {
    if (call.db().erase(key)) call.db().notify(keyspace::kGenericEvent, "del", key);
    return call.reply().ok();
  }
  put(call, *value, expiry_ms);
  set_access(call, options);
  call.db().notify(keyspace::kGenericEvent, "restore", key);
  call.reply().ok();
}

constexpr std::string_view kRestoreSyntax =
    "key:k0 ttl:i serialized-value REPLACE@3.0.0? ABSTTL@5.0.0? IDLETIME=seconds:i@5.0.0? FREQ=frequency:i@5.0.0?";
constexpr std::string_view kRestoreHistory =
    "3.0.0 Knows `REPLACE`.\n"
    "5.0.0 Knows `ABSTTL`.\n"
    "5.0.0 Knows `IDLETIME` and `FREQ`.";

constexpr Spec kDumpRows[] = {
    {.name = "dump",
     .arity = 2,
     .flags = command::kReadOnly,
     .keys = {command::key_at(1, command::kRO | command::kAccess)},
     .locks = LockClass::kKeys,
     .handler = dump,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "2.6.0",
     .summary = "Answers the value at a key as bytes that `RESTORE` reads.",
     .complexity = "O(N) for a value of N bytes.",
     .syntax = "key:k0"},
    {.name = "restore",
     .arity = -4,
     .flags = command::kWrite | command::kDenyOom,
     .keys = {command::key_at(1, command::kOW | command::kUpdate)},
     .categories = command::kDangerous,
     .locks = LockClass::kKeys,
     .handler = restore,
     .group = Group::kGeneric,
     .since = "2.6.0",
     .summary = "Makes a key of the bytes that `DUMP` answered.",
     .complexity = "O(N log N) for a value of N elements.",
     .history = kRestoreHistory,
     .syntax = kRestoreSyntax},
    {.name = "restore-asking",
     .arity = -4,
     .flags = command::kWrite | command::kDenyOom | command::kAsking | command::kDocSyscmd,
     .keys = {command::key_at(1, command::kOW | command::kUpdate)},
     .categories = command::kDangerous | command::kCategoryKeyspace,
     .locks = LockClass::kKeys,
     .handler = restore,
     .group = Group::kServer,
     .since = "3.0.0",
     .summary = "The same for a slot that is being imported: what one server sends to another.",
     .complexity = "O(N log N) for a value of N elements.",
     .history = kRestoreHistory,
     .syntax = kRestoreSyntax},
};
static_assert(command::well_formed(kDumpRows));

}  // namespace

std::span<const Spec> dump_commands() { return kDumpRows; }

}  // namespace commands
