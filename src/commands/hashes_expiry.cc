// Commands that set, take and tell the expiry of fields: the families of HEXPIRE and HTTL, and HPERSIST.
#include "commands/families.h"
#include "commands/hashes.h"
#include "commands/hashes_fields.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::kHashEvent;
using keyspace::LockClass;
using keyspace::Missing;
using values::Hash;
using enum command::Flags;
using enum command::KeyFlags;

// What is said of a field.
constexpr int64_t kNoField = -2, kNoTime = -1, kNotMet = 0, kDone = 1, kDeleted = 2;

struct Conditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  // A field without an expiry lives for ever.
  bool met(int64_t held_ms, int64_t wanted_ms) const {
    const bool has = held_ms != Hash::kNoExpiry;
    if ((nx && has) || (xx && !has)) return false;
    if (gt && (!has || wanted_ms <= held_ms)) return false;
    return !lt || !has || wanted_ms < held_ms;
  }
};

// The words from 3 on, up to FIELDS. Nothing: the reply says what is wrong.
std::optional<Conditions> read_conditions(Call& call, size_t end) {
  Conditions read;
  for (size_t at = 3; at < end; ++at) {
    const std::string_view word = call.word(at);
    if (command::same_word(word, "NX")) {
      read.nx = true;
    } else if (command::same_word(word, "XX")) {
      read.xx = true;
    } else if (command::same_word(word, "GT")) {
      read.gt = true;
    } else if (command::same_word(word, "LT")) {
      read.lt = true;
    } else {
      call.fail("ERR Unsupported option " + std::string(command::repeated(word)));
      return std::nullopt;
    }
  }
  if (read.nx && (read.xx || read.gt || read.lt)) {
    call.fail("ERR NX and XX, GT or LT options at the same time are not compatible");
  } else if (read.gt && read.lt) {
    call.fail("ERR GT and LT options at the same time are not compatible");
  } else {
    return read;
  }
  return std::nullopt;
}

int64_t expire_field(Call& call, HashEdit& hash, std::string_view field, const Conditions& conditions,
                     int64_t expiry_ms) {
  if (!hash.exists() || hash->empty()) return kNoField;
  const int64_t now_ms = fields_now_ms(call);
  const std::optional<int64_t> held = hash->expiry_ms(field, now_ms);
  if (!held) return kNoField;
  if (!conditions.met(*held, expiry_ms)) return kNotMet;
  if (is_past_for_fields(call, expiry_ms)) {
    hash->erase(field, now_ms);
    return kDeleted;
  }
  hash->set_expiry(field, expiry_ms, call.now_ms());
  return kDone;
}

void expire_fields(Call& call, TimeForm form) {
  const size_t fields_at = find_fields_word(call, 3);
  if (fields_at == 0) return call.fail(kFieldCountMismatch);
  const auto conditions = read_conditions(call, fields_at);
  if (!conditions) return;
  const auto fields = read_fields(call, fields_at, kFieldCountMismatch);
  if (!fields) return;
  const auto expiry_ms = read_field_expiry(call, call.word(2), form);
  if (!expiry_ms) return;
  auto hash = call.edit<Hash>(call.key(0), Missing::kNone);
  if (!hash) return call.fail(hash.error());
  uint64_t done = 0, deleted = 0;
  call.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const int64_t outcome = expire_field(call, *hash, field, *conditions, *expiry_ms);
    if (outcome == kDone) ++done;
    if (outcome == kDeleted) ++deleted;
    call.reply().integer(outcome);
  }
  if (done > 0) hash->changed(done, kHashEvent, "hexpire");
  if (deleted == 0) return;
  call.db().count_changes(deleted);
  fields_expired(call, *hash, deleted);
}

void hexpire(Call& call) { expire_fields(call, TimeForm::kSeconds); }

void hpexpire(Call& call) { expire_fields(call, TimeForm::kMilliseconds); }

void hexpireat(Call& call) { expire_fields(call, TimeForm::kUntilSeconds); }

void hpexpireat(Call& call) { expire_fields(call, TimeForm::kUntilMilliseconds); }

void hpersist(Call& call) {
  if (find_fields_word(call, 2) != 2) return call.fail(command::kSyntaxError);
  const auto fields = read_fields(call, 2, kFieldCountMismatch);
  if (!fields) return;
  auto hash = call.edit<Hash>(call.key(0), Missing::kNone);
  if (!hash) return call.fail(hash.error());
  uint64_t done = 0;
  call.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const int64_t now_ms = fields_now_ms(call);
    const auto held = hash->exists() ? (*hash)->expiry_ms(field, now_ms) : std::nullopt;
    if (!held) {
      call.reply().integer(kNoField);
    } else if (*held == Hash::kNoExpiry) {
      call.reply().integer(kNoTime);
    } else {
      (*hash)->set_expiry(field, Hash::kNoExpiry, now_ms);
      ++done;
      call.reply().integer(kDone);
    }
  }
  if (done > 0) hash->changed(done, kHashEvent, "hpersist");
}

// As TTL rounds.
int64_t seconds_of(int64_t ms) { return ms / 1000 + (ms % 1000 >= 500 ? 1 : 0); }

int64_t told_time(Call& call, int64_t expiry_ms, TimeForm form) {
  switch (form) {
    case TimeForm::kSeconds: return seconds_of(std::max<int64_t>(expiry_ms - call.now_ms(), 0));
    case TimeForm::kMilliseconds: return std::max<int64_t>(expiry_ms - call.now_ms(), 0);
    case TimeForm::kUntilSeconds: return seconds_of(expiry_ms);
    default: return expiry_ms;
  }
}

void tell_times(Call& call, TimeForm form) {
  if (find_fields_word(call, 2) != 2) return call.fail(command::kSyntaxError);
  const auto fields = read_fields(call, 2, command::kSyntaxError);
  if (!fields) return;
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  call.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const auto held = *hash ? (*hash)->expiry_ms(field, fields_now_ms(call)) : std::nullopt;
    if (!held) {
      call.reply().integer(kNoField);
    } else {
      call.reply().integer(*held == Hash::kNoExpiry ? kNoTime : told_time(call, *held, form));
    }
  }
}

void httl(Call& call) { tell_times(call, TimeForm::kSeconds); }

void hpttl(Call& call) { tell_times(call, TimeForm::kMilliseconds); }

void hexpiretime(Call& call) { tell_times(call, TimeForm::kUntilSeconds); }

void hpexpiretime(Call& call) { tell_times(call, TimeForm::kUntilMilliseconds); }

constexpr Spec kHashExpiry[] = {
    {.name = "hexpire",
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hexpire,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Sets the time to live of fields in seconds.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 seconds:i condition(NX|XX|GT|LT)? FIELDS=fields[numfields:i field*]"},
    {.name = "hpexpire",
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hpexpire,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Sets the time to live of fields in milliseconds.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 milliseconds:i condition(NX|XX|GT|LT)@9.0.0? FIELDS=fields[numfields:i0 field*]"},
    {.name = "hexpireat",
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hexpireat,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Sets the Unix time in seconds at which fields expire.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 unix-time-seconds:i condition(NX|XX|GT|LT)@9.0.0? FIELDS=fields[numfields:i0 field*]"},
    {.name = "hpexpireat",
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hpexpireat,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Sets the Unix time in milliseconds at which fields expire.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 unix-time-milliseconds:i condition(NX|XX|GT|LT)@9.0.0? FIELDS=fields[numfields:i0 "
               "field*]"},
    {.name = "hpersist",
     .arity = -5,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hpersist,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Takes the expiry of fields away.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 FIELDS=fields[numfields:i0 field*]"},
    {.name = "httl",
     .arity = -5,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = httl,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Tells the time that fields have left in seconds.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 FIELDS=fields[numfields:i0 field*]"},
    {.name = "hpttl",
     .arity = -5,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hpttl,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Tells the time that fields have left in milliseconds.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 FIELDS=fields[numfields:i0 field*]"},
    {.name = "hexpiretime",
     .arity = -5,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hexpiretime,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Tells the Unix time in seconds at which fields expire.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 FIELDS=fields[numfields:i0 field*]"},
    {.name = "hpexpiretime",
     .arity = -5,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hpexpiretime,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Tells the Unix time in milliseconds at which fields expire.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 FIELDS=fields[numfields:i0 field*]"},
};
static_assert(command::well_formed(kHashExpiry));

}  // namespace

std::span<const Spec> hash_expiry_commands() { return kHashExpiry; }

}  // namespace commands
