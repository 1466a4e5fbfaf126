// Commands that read or replace the whole string at one key.
#include <algorithm>

#include "commands/families.h"
#include "commands/strings_options.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;
using keyspace::TextBuffer;
using enum command::Flags;
using enum command::KeyFlags;

bool holds(const Entry& entry, std::string_view text) {
  TextBuffer buffer;
  return entry.text(buffer) == text;
}

void get(Call& call) {
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  reply_text(call, *found);
}

// Whether SET may store over what is there; a wrong type is an error for IFEQ alone.
base::Result<bool> may_store(const StoreOptions& options, const Entry* there) {
  switch (options.condition) {
    case Condition::kNone: return true;
    case Condition::kIfMissing: return there == nullptr;
    case Condition::kIfPresent: return there != nullptr;
    case Condition::kIfEqual: break;
  }
  if (there == nullptr) return false;
  if (there->type() != keyspace::Type::kString) return command::kWrongType;
  return holds(*there, options.comparison);
}

void set_with_options(Call& call) {
  Args args(call.words(), 3);
  const StoreOptions options = read_store_options(args, StoreCommand::kSet);
  if (args.failed()) return call.fail(args.error());
  std::optional<int64_t> expiry = expiry_of(call, options.lifetime, options.lifetime_text);
  if (!expiry) return;
  const Key& key = call.key(0);
  if (options.get) {
    const auto old = call.read_string(key);
    if (!old) return call.fail(old.error());
    reply_text(call, *old);
  }
  Entry* there = call.db().peek(key);
  const auto may = may_store(options, there);
  if (!may) return call.fail(may.error());
  if (!*may) {
    if (there != nullptr) call.db().touch(*there);
    if (!options.get) call.reply().null();
    return;
  }
  if (is_past(call, *expiry)) {
    call.db().expire_now(key);
  } else {
    if (options.lifetime == Lifetime::kKeep) expiry = expiry_at(there);
    call.db().set(key, call.word(2), *expiry);
    call.db().notify(keyspace::kStringEvent, "set", key);
    const bool expires = options.lifetime != Lifetime::kNone && options.lifetime != Lifetime::kKeep;
    if (expires) call.db().notify(keyspace::kGenericEvent, "expire", key);
  }
  if (!options.get) call.reply().ok();
}

void set(Call& call) {
  if (call.count() > 3) return set_with_options(call);
  call.db().set(call.key(0), call.word(2), Entry::kNoExpiry);
  call.db().notify(keyspace::kStringEvent, "set", call.key(0));
  call.reply().ok();
}

// With GET, SET also reads. The reference looks for the word anywhere behind the value.
uint16_t key_flags_of_set(std::span<const std::string_view> words) {
  const auto reads = [](std::string_view word) { return command::same_word(word, "GET"); };
  return std::any_of(words.begin() + 3, words.end(), reads) ? kRW | kAccess | kUpdate : kOW | kUpdate;
}

void setnx(Call& call) {
  Entry* there = call.db().peek(call.key(0));
  if (there != nullptr) {
    call.db().touch(*there);
    return call.reply().integer(0);
  }
  call.db().set(call.key(0), call.word(2), Entry::kNoExpiry);
  call.db().notify(keyspace::kStringEvent, "set", call.key(0));
  call.reply().integer(1);
}

void set_for(Call& call, Lifetime lifetime) {
  const std::optional<int64_t> expiry = expiry_of(call, lifetime, call.word(2));
  if (!expiry) return;
  call.db().set(call.key(0), call.word(3), *expiry);
  call.db().notify(keyspace::kStringEvent, "set", call.key(0));
  call.db().notify(keyspace::kGenericEvent, "expire", call.key(0));
  call.reply().ok();
}

void setex(Call& call) { set_for(call, Lifetime::kSeconds); }

void psetex(Call& call) { set_for(call, Lifetime::kMilliseconds); }

void getset(Call& call) {
  const auto old = call.read_string(call.key(0));
  if (!old) return call.fail(old.error());
  reply_text(call, *old);
  call.db().set(call.key(0), call.word(2), Entry::kNoExpiry);
  call.db().notify(keyspace::kStringEvent, "set", call.key(0));
}

void getdel(Call& call) {
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  reply_text(call, *found);
  if (*found == nullptr) return;
  call.db().erase(call.key(0));
  call.db().notify(keyspace::kGenericEvent, "del", call.key(0));
}

void getex(Call& call) {
  Args args(call.words(), 2);
  const StoreOptions options = read_store_options(args, StoreCommand::kGetex);
  if (args.failed()) return call.fail(args.error());
  const std::optional<int64_t> expiry = expiry_of(call, options.lifetime, options.lifetime_text);
  if (!expiry) return;
  const Key& key = call.key(0);
  const auto found = call.read_string(key);
  if (!found) return call.fail(found.error());
  reply_text(call, *found);
  if (*found == nullptr || options.lifetime == Lifetime::kNone) return;
  if (is_past(call, *expiry)) {
    call.db().expire_now(key);
  } else if (call.db().set_expiry(key, *expiry)) {
    call.db().notify(keyspace::kGenericEvent, *expiry == Entry::kNoExpiry ? "persist" : "expire", key);
  }
}

void delifeq(Call& call) {
  const auto found = call.peek_string(call.key(0));
  if (!found) return call.fail(found.error());
  Entry* entry = *found;
  if (entry == nullptr) return call.reply().integer(0);
  if (!holds(*entry, call.word(2))) {
    call.db().touch(*entry);
    return call.reply().integer(0);
  }
  call.db().erase(call.key(0));
  call.db().notify(keyspace::kGenericEvent, "del", call.key(0));
  call.reply().integer(1);
}

constexpr Spec kStrings[] = {
    {.name = "get",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = get,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Reads the string at a key.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "set",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(1, kRW | kAccess | kUpdate | kVariableFlags, "The old value is read only with `GET`.")},
     .locks = LockClass::kKeys,
     .handler = set,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Stores a string at a key, whatever it held before.",
     .complexity = "O(1)",
     .history = "2.6.12 Knows `EX`, `PX`, `NX` and `XX`.\n"
                "6.0.0 Knows `KEEPTTL`.\n"
                "6.2.0 Knows `GET`, `EXAT` and `PXAT`.\n"
                "7.0.0 Takes `NX` beside `GET`.\n"
                "8.1.0 Knows `IFEQ`.",
     .syntax = "key:k0 value condition(NX@2.6.12|XX@2.6.12|IFEQ=comparison-value@8.1.0{Stores only over this value.})? "
               "GET@6.2.0? "
               "expiration(EX=seconds:i@2.6.12|PX=milliseconds:i@2.6.12|EXAT=unix-time-seconds:t@6.2.0|"
               "PXAT=unix-time-milliseconds:t@6.2.0|KEEPTTL@6.0.0)?",
     .key_flags = key_flags_of_set},
    {.name = "setnx",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kOW | kInsert),
     .locks = LockClass::kKeys,
     .handler = setnx,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Stores a string at a key that does not exist.",
     .complexity = "O(1)",
     .syntax = "key:k0 value"},
    {.name = "setex",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = one_key(kOW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = setex,
     .group = Group::kString,
     .since = "2.0.0",
     .summary = "Stores a string at a key that lives for some seconds.",
     .complexity = "O(1)",
     .syntax = "key:k0 seconds:i value"},
    {.name = "psetex",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = one_key(kOW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = psetex,
     .group = Group::kString,
     .since = "2.6.0",
     .summary = "Stores a string at a key that lives for some milliseconds.",
     .complexity = "O(1)",
     .syntax = "key:k0 milliseconds:i value"},
    {.name = "getset",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kAccess | kUpdate),
     .locks = LockClass::kKeys,
     .handler = getset,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Stores a string at a key and answers the one that was there.",
     .complexity = "O(1)",
     .syntax = "key:k0 value"},
    {.name = "getdel",
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kAccess | kDelete),
     .locks = LockClass::kKeys,
     .handler = getdel,
     .group = Group::kString,
     .since = "6.2.0",
     .summary = "Reads the string at a key and deletes the key.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "getex",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {command::key_at(1, kRW | kAccess | kUpdate, "It writes because the expiry may change.")},
     .locks = LockClass::kKeys,
     .handler = getex,
     .group = Group::kString,
     .since = "6.2.0",
     .summary = "Reads the string at a key and sets or takes away its expiry.",
     .complexity = "O(1)",
     .syntax = "key:k0 expiration(EX=seconds:i|PX=milliseconds:i|EXAT=unix-time-seconds:t|"
               "PXAT=unix-time-milliseconds:t|PERSIST)?"},
    {.name = "delifeq",
     .arity = 3,
     .flags = kWrite | kFast,
     .keys = one_key(kRM | kDelete),
     .locks = LockClass::kKeys,
     .handler = delifeq,
     .group = Group::kString,
     .since = "9.0.0",
     .summary = "Deletes a key if it holds exactly this string.",
     .complexity = "O(1)",
     .syntax = "key:k0 value"},
};
static_assert(command::well_formed(kStrings));

}  // namespace

std::span<const Spec> string_commands() { return kStrings; }

}  // namespace commands
