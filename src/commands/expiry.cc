// Expiry commands: when a key ends, in seconds or milliseconds, from now or as Unix time.
#include <limits>
#include <string>

#include "command/call.h"
#include "commands/families.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::LockClass;

constexpr command::Error kNxAndOthers{"ERR NX and XX, GT or LT options at the same time are not compatible"};
constexpr command::Error kGtAndLt{"ERR GT and LT options at the same time are not compatible"};
constexpr int64_t kMsPerSecond = 1000;

struct Conditions {
  bool nx = false, xx = false, gt = false, lt = false;

  // Whether a key's expiry may become `wanted_ms`. None counts as infinitely late.
  bool allow(const Entry& entry, int64_t wanted_ms) const {
    const bool has = entry.has_expiry();
    if ((nx && has) || (xx && !has)) return false;
    if (gt && (!has || wanted_ms <= entry.expiry_ms())) return false;
    return !lt || !has || wanted_ms < entry.expiry_ms();
  }
};

// False after the reply said what is wrong.
bool read_conditions(Call& call, Conditions& conditions) {
  Args args(call.words(), 3);
  while (args.more()) {
    if (args.accept("NX")) {
      conditions.nx = true;
    } else if (args.accept("XX")) {
      conditions.xx = true;
    } else if (args.accept("GT")) {
      conditions.gt = true;
    } else if (args.accept("LT")) {
      conditions.lt = true;
    } else {
      call.fail("ERR Unsupported option " + std::string(command::repeated(args.text())));
      return false;
    }
  }
  if (conditions.nx && (conditions.xx || conditions.gt || conditions.lt)) {
    call.fail(kNxAndOthers);
  } else if (conditions.gt && conditions.lt) {
    call.fail(kGtAndLt);
  } else {
    return true;
  }
  return false;
}

// `unit_ms` is what the argument counts, and `from_ms` where it counts from.
void expire_from(Call& call, int64_t unit_ms, int64_t from_ms) {
  Conditions conditions;
  if (!read_conditions(call, conditions)) return;
  const auto value = base::parse_int64(call.word(2));
  if (!value) return call.fail(command::kNotAnInteger);
  const auto delay_ms = base::checked_multiply(*value, unit_ms);
  const auto wanted_ms = delay_ms ? base::checked_add(*delay_ms, from_ms) : std::nullopt;
  if (!wanted_ms) return call.fail(command::invalid_expiry(call.spec().name));
  const Entry* entry = call.db().find_to_change(call.key(0));
  const bool sets = entry != nullptr && conditions.allow(*entry, *wanted_ms);
  if (sets) {
    // Where keys do not expire by themselves, one whose time is past stays, hidden; a time before 1970 cannot be held.
    if (*wanted_ms <= call.now_ms() && (call.db().unit().expires || *wanted_ms < 0)) {
      call.db().expire_now(call.key(0));
    } else {
      call.db().set_expiry(call.key(0), *wanted_ms);
      call.db().notify(keyspace::kGenericEvent, "expire", call.key(0));
    }
  }
  call.reply().integer(sets ? 1 : 0);
}

void expire(Call& call) { expire_from(call, kMsPerSecond, call.now_ms()); }
void pexpire(Call& call) { expire_from(call, 1, call.now_ms()); }
void expire_at(Call& call) { expire_from(call, kMsPerSecond, 0); }
void pexpire_at(Call& call) { expire_from(call, 1, 0); }

// Rounded to the nearest second.
int64_t to_seconds(int64_t ms) { return ms / kMsPerSecond + (ms % kMsPerSecond >= kMsPerSecond / 2 ? 1 : 0); }

enum class As : uint8_t { kSeconds, kMilliseconds };

// `from_ms` is taken off: the time left, or with 0 the Unix time.
void reply_expiry(Call& call, As as, int64_t from_ms) {
  constexpr int64_t kNoKey = -2;
  constexpr int64_t kNoExpiry = -1;
  const Entry* entry = call.db().look(call.key(0));
  if (entry == nullptr) return call.reply().integer(kNoKey);
  if (!entry->has_expiry()) return call.reply().integer(kNoExpiry);
  const int64_t ms = entry->expiry_ms() > from_ms ? entry->expiry_ms() - from_ms : 0;
  call.reply().integer(as == As::kSeconds ? to_seconds(ms) : ms);
}

void ttl(Call& call) { reply_expiry(call, As::kSeconds, call.now_ms()); }
void pttl(Call& call) { reply_expiry(call, As::kMilliseconds, call.now_ms()); }
void expire_time(Call& call) { reply_expiry(call, As::kSeconds, 0); }
void pexpire_time(Call& call) { reply_expiry(call, As::kMilliseconds, 0); }

void persist(Call& call) {
  const Entry* entry = call.db().find_to_change(call.key(0));
  const bool takes = entry != nullptr && call.db().set_expiry(call.key(0), Entry::kNoExpiry);
  if (takes) call.db().notify(keyspace::kGenericEvent, "persist", call.key(0));
  call.reply().integer(takes ? 1 : 0);
}

constexpr uint32_t kSets = command::kWrite | command::kFast;
constexpr uint32_t kTells = command::kReadOnly | command::kFast;
constexpr command::KeySpecs kSetKey = {command::key_at(1, command::kRW | command::kUpdate)};
constexpr command::KeySpecs kToldKey = {command::key_at(1, command::kRO | command::kAccess)};

constexpr Spec kExpiryRows[] = {
    {.name = "expire",
     .arity = -3,
     .flags = kSets,
     .keys = kSetKey,
     .locks = LockClass::kKeys,
     .handler = expire,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .summary = "Lets a key end after a number of seconds.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `NX`, `XX`, `GT` and `LT`.",
     .syntax = "key:k0 seconds:i condition(NX|XX|GT|LT)@7.0.0?"},
    {.name = "expireat",
     .arity = -3,
     .flags = kSets,
     .keys = kSetKey,
     .locks = LockClass::kKeys,
     .handler = expire_at,
     .group = Group::kGeneric,
     .since = "1.2.0",
     .summary = "Lets a key end at a Unix time in seconds.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `NX`, `XX`, `GT` and `LT`.",
     .syntax = "key:k0 unix-time-seconds:t condition(NX|XX|GT|LT)@7.0.0?"},
    {.name = "expiretime",
     .arity = 2,
     .flags = kTells,
     .keys = kToldKey,
     .locks = LockClass::kKeys,
     .handler = expire_time,
     .group = Group::kGeneric,
     .since = "7.0.0",
     .summary = "Tells when a key ends, as Unix time in seconds.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "persist",
     .arity = 2,
     .flags = kSets,
     .keys = kSetKey,
     .locks = LockClass::kKeys,
     .handler = persist,
     .group = Group::kGeneric,
     .since = "2.2.0",
     .summary = "Takes a key's expiry away.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "pexpire",
     .arity = -3,
     .flags = kSets,
     .keys = kSetKey,
     .locks = LockClass::kKeys,
     .handler = pexpire,
     .group = Group::kGeneric,
     .since = "2.6.0",
     .summary = "Lets a key end after a number of milliseconds.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `NX`, `XX`, `GT` and `LT`.",
     .syntax = "key:k0 milliseconds:i condition(NX|XX|GT|LT)@7.0.0?"},
    {.name = "pexpireat",
     .arity = -3,
     .flags = kSets,
     .keys = kSetKey,
     .locks = LockClass::kKeys,
     .handler = pexpire_at,
     .group = Group::kGeneric,
     .since = "2.6.0",
     .summary = "Lets a key end at a Unix time in milliseconds.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `NX`, `XX`, `GT` and `LT`.",
     .syntax = "key:k0 unix-time-milliseconds:t condition(NX|XX|GT|LT)@7.0.0?"},
    {.name = "pexpiretime",
     .arity = 2,
     .flags = kTells,
     .keys = kToldKey,
     .locks = LockClass::kKeys,
     .handler = pexpire_time,
     .group = Group::kGeneric,
     .since = "7.0.0",
     .summary = "Tells when a key ends, as Unix time in milliseconds.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "pttl",
     .arity = 2,
     .flags = kTells,
     .keys = kToldKey,
     .locks = LockClass::kKeys,
     .handler = pttl,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "2.6.0",
     .summary = "Tells how many milliseconds a key has left.",
     .complexity = "O(1)",
     .history = "2.8.0 Replies -2 for a key that does not exist.",
     .syntax = "key:k0"},
    {.name = "ttl",
     .arity = 2,
     .flags = kTells,
     .keys = kToldKey,
     .locks = LockClass::kKeys,
     .handler = ttl,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "1.0.0",
     .summary = "Tells how many seconds a key has left.",
     .complexity = "O(1)",
     .history = "2.8.0 Replies -2 for a key that does not exist.",
     .syntax = "key:k0"},
};
static_assert(command::well_formed(kExpiryRows));

}  // namespace

std::span<const Spec> expiry_commands() { return kExpiryRows; }

}  // namespace commands
