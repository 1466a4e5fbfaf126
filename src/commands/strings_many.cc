// Commands that read or store the strings at many keys, all or none.
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
using enum command::Flags;
using enum command::KeyFlags;
using enum command::Tips;

void mget(Call& call) {
  call.reply().array(call.keys().size());
  for (size_t at = 0; at < call.keys().size(); ++at) {
    call.warm(at);
    const auto found = call.read_string(call.key(at));
    reply_text(call, found ? *found : nullptr);
  }
}

// Whether every word behind the name belongs to a pair of key and value; if not, the reply is written.
bool comes_in_pairs(Call& call) {
  if (call.count() % 2 == 1) return true;
  call.fail(command::wrong_arity(call.spec().name));
  return false;
}

// Stores the pairs whose first key is word `first`.
void store_pairs(Call& call, size_t first, int64_t expiry_ms, bool keep) {
  for (size_t at = 0; at < call.keys().size(); ++at) {
    call.warm(at);
    const Key& key = call.key(at);
    call.db().set(key, call.word(first + 2 * at + 1), keep ? expiry_at(call.db().peek(key)) : expiry_ms);
    call.db().notify(keyspace::kStringEvent, "set", key);
    const bool expires = !keep && expiry_ms != Entry::kNoExpiry;
    if (expires) call.db().notify(keyspace::kGenericEvent, "expire", key);
  }
}

void mset(Call& call) {
  if (!comes_in_pairs(call)) return;
  store_pairs(call, 1, Entry::kNoExpiry, false);
  call.reply().ok();
}

// True if each key exists (or, for `wanted` false, none does); the first that breaks the rule counts as used.
bool all_exist(Call& call, bool wanted) {
  for (const Key& key : call.keys()) {
    Entry* there = call.db().peek(key);
    if ((there != nullptr) == wanted) continue;
    if (there != nullptr) call.db().touch(*there);
    return false;
  }
  return true;
}

void msetnx(Call& call) {
  if (!comes_in_pairs(call)) return;
  if (!all_exist(call, false)) return call.reply().integer(0);
  store_pairs(call, 1, Entry::kNoExpiry, false);
  call.reply().integer(1);
}

void msetex(Call& call) {
  constexpr base::Error kInvalidKeyCount{"ERR invalid numkeys value or out of range"};
  constexpr size_t kFirstKey = 2;
  Args count(call.words());
  const auto pairs = static_cast<uint64_t>(count.integer(1, INT32_MAX, kInvalidKeyCount));
  if (count.failed()) return call.fail(count.error());
  if (pairs > (call.count() - kFirstKey) / 2) return call.fail(command::kSyntaxError);
  DCHECK(call.keys().size() == pairs);
  Args args(call.words(), kFirstKey + 2 * pairs);
  const StoreOptions options = read_store_options(args, StoreCommand::kMsetex);
  if (args.failed()) return call.fail(args.error());
  const std::optional<int64_t> expiry = expiry_of(call, options.lifetime, options.lifetime_text);
  if (!expiry) return;
  const bool may = options.condition == Condition::kNone || all_exist(call, options.condition == Condition::kIfPresent);
  // Unlike SET, a time that is past is stored as it is: the next use of the key finds it expired.
  if (may) store_pairs(call, kFirstKey, *expiry, options.lifetime == Lifetime::kKeep);
  call.reply().integer(may ? 1 : 0);
}

constexpr Spec kManyStrings[] = {
    {.name = "mget",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = {command::keys_from(1, -1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = mget,
     .group = Group::kString,
     .tips = kRequestMultiShard,
     .since = "1.0.0",
     .summary = "Reads the strings at many keys.",
     .complexity = "O(N) where N is the number of keys",
     .syntax = "key:k0*"},
    {.name = "mset",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {command::keys_from(1, -1, 2, kOW | kUpdate)},
     .locks = LockClass::kKeys,
     .handler = mset,
     .group = Group::kString,
     .tips = kRequestMultiShard | kResponseAllSucceeded,
     .since = "1.0.1",
     .summary = "Stores strings at many keys at once.",
     .complexity = "O(N) where N is the number of keys",
     .syntax = "data[key:k0 value]*"},
    {.name = "msetnx",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {command::keys_from(1, -1, 2, kOW | kInsert)},
     .locks = LockClass::kKeys,
     .handler = msetnx,
     .group = Group::kString,
     .since = "1.0.1",
     .summary = "Stores strings at many keys if none of them exists.",
     .complexity = "O(N) where N is the number of keys",
     .syntax = "data[key:k0 value]*"},
    {.name = "msetex",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = {command::counted_keys(1, 2, kOW | kUpdate)},
     .locks = LockClass::kKeys,
     .handler = msetex,
     .group = Group::kString,
     .tips = kRequestMultiShard | kResponseAllSucceeded,
     .since = "9.1.0",
     .summary = "Stores strings at many keys at once, with one condition and one expiry for all.",
     .complexity = "O(N) where N is the number of keys",
     .syntax = "numkeys:i data[key:k0 value]* condition(NX|XX)? expiration(EX=seconds:i|PX=milliseconds:i|"
               "EXAT=unix-time-seconds:t|PXAT=unix-time-milliseconds:t|KEEPTTL)?"},
};
static_assert(command::well_formed(kManyStrings));

}  // namespace

std::span<const Spec> many_strings_commands() { return kManyStrings; }

}  // namespace commands
