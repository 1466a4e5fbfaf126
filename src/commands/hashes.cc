// Commands that read and write single fields of hashes.
#include "commands/hashes.h"
#include "commands/families.h"

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

// Stores the pairs from word 2 on; returns how many fields are new, or nothing after an error.
std::optional<uint64_t> store_pairs(Call& call) {
  if (call.count() % 2 != 0) {
    call.fail(command::wrong_arity(call.spec().name));
    return std::nullopt;
  }
  auto hash = call.edit<Hash>(call.key(0), Missing::kCreate);
  if (!hash) {
    call.fail(hash.error());
    return std::nullopt;
  }
  const Hash::Store how{.limits = hash_limits(call), .now_ms = call.now_ms()};
  const uint64_t pairs = call.count() / 2 - 1;
  (*hash)->expect(pairs, call.words().subspan(2), how.limits);
  uint64_t added = 0, expired = 0;
  for (size_t at = 2; at < call.count(); at += 2) {
    const Hash::Stored stored = (*hash)->set(call.word(at), call.word(at + 1), how);
    if (stored != Hash::Stored::kReplaced) ++added;
    if (stored == Hash::Stored::kReplacedExpired) ++expired;
  }
  fields_expired(call, *hash, expired);
  hash->changed(pairs, kHashEvent, "hset");
  return added;
}

void hset(Call& call) {
  if (const auto added = store_pairs(call)) call.reply().integer(static_cast<int64_t>(*added));
}

void hmset(Call& call) {
  if (store_pairs(call)) call.reply().ok();
}

void hsetnx(Call& call) {
  auto hash = call.edit<Hash>(call.key(0), Missing::kCreate);
  if (!hash) return call.fail(hash.error());
  if ((*hash)->has(call.word(2), fields_now_ms(call))) return call.reply().integer(0);
  const Hash::Store how{.limits = hash_limits(call), .now_ms = call.now_ms()};
  const Hash::Stored stored = (*hash)->set(call.word(2), call.word(3), how);
  fields_expired(call, *hash, stored == Hash::Stored::kReplacedExpired ? 1 : 0);
  hash->changed(1, kHashEvent, "hset");
  call.reply().integer(1);
}

void hget(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  reply_element(call.reply(), value_of(*hash, call.word(2), fields_now_ms(call)));
}

void hmget(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  call.reply().array(call.count() - 2);
  for (const std::string_view field : call.words().subspan(2)) {
    reply_element(call.reply(), value_of(*hash, field, fields_now_ms(call)));
  }
}

void hdel(Call& call) {
  auto hash = call.edit<Hash>(call.key(0), Missing::kNone);
  if (!hash) return call.fail(hash.error());
  if (!hash->exists()) return call.reply().integer(0);
  uint64_t erased = 0;
  for (const std::string_view field : call.words().subspan(2)) {
    if (!(*hash)->erase(field, fields_now_ms(call))) continue;
    ++erased;
    if ((*hash)->empty()) break;
  }
  if (erased > 0) hash->changed(erased, kHashEvent, "hdel");
  call.reply().integer(static_cast<int64_t>(erased));
}

void hlen(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  call.reply().integer(*hash ? static_cast<int64_t>((*hash)->size()) : 0);
}

void hstrlen(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  const auto value = value_of(*hash, call.word(2), fields_now_ms(call));
  call.reply().integer(value ? static_cast<int64_t>(value->text_size()) : 0);
}

void hexists(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  call.reply().integer(value_of(*hash, call.word(2), fields_now_ms(call)) ? 1 : 0);
}

constexpr Spec kHashes[] = {
    {.name = "hset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hset,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Stores values in fields of a hash.",
     .complexity = "O(N) for N fields.",
     .history = "4.0.0 Takes several fields and values.",
     .syntax = "key:k0 data[field value]*",
     .element = 2},
    {.name = "hmset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hmset,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Stores values in fields of a hash.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 data[field value]*",
     .element = 2},
    {.name = "hsetnx",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = hsetnx,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Stores a value in a field of a hash that does not exist.",
     .complexity = "O(1)",
     .syntax = "key:k0 field value",
     .element = 2},
    {.name = "hget",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hget,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Reads a field of a hash.",
     .complexity = "O(1)",
     .syntax = "key:k0 field",
     .element = 2},
    {.name = "hmget",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hmget,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Reads fields of a hash.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 field*",
     .element = 2},
    {.name = "hdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = hdel,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Deletes fields of a hash, and the hash with its last one.",
     .complexity = "O(N) for N fields.",
     .history = "2.4.0 Takes several fields.",
     .syntax = "key:k0 field*",
     .element = 2},
    {.name = "hlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = hlen,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Counts the fields of a hash.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "hstrlen",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = hstrlen,
     .group = Group::kHash,
     .since = "3.2.0",
     .summary = "Tells the length of the value of a field.",
     .complexity = "O(1)",
     .syntax = "key:k0 field",
     .element = 2},
    {.name = "hexists",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = hexists,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Tells whether a hash has a field.",
     .complexity = "O(1)",
     .syntax = "key:k0 field",
     .element = 2},
};
static_assert(command::well_formed(kHashes));

}  // namespace

std::span<const Spec> hash_commands() { return kHashes; }

}  // namespace commands
