// Commands that read all fields of a hash, some at random, or step by step.
#include "commands/collection_scan.h"
#include "commands/cursor.h"
#include "commands/families.h"
#include "commands/hashes.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using structures::Element;
using values::Hash;
using enum command::Flags;
using enum command::KeyFlags;

void hgetall(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  const int64_t now_ms = fields_now_ms(call);
  if (!*hash) return call.reply().map(0);
  const Hash all = **hash;
  call.reply().map(all.live_size(now_ms));
  call.reply_in_slices(all, all.size(), [all, now_ms, place = uint64_t{0}](resp::Writer& reply) mutable {
    place = all.for_some(place, now_ms, [&](const Element& name, const Element& value) {
      reply_element(reply, name);
      reply_element(reply, value);
    });
    return place == 0;
  });
}

enum class Part : uint8_t { kName, kValue };

void reply_parts(Call& call, Part part) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  const int64_t now_ms = fields_now_ms(call);
  if (!*hash) return call.reply().array(0);
  const Hash all = **hash;
  call.reply().array(all.live_size(now_ms));
  call.reply_in_slices(all, all.size(), [all, now_ms, part, place = uint64_t{0}](resp::Writer& reply) mutable {
    place = all.for_some(place, now_ms, [&](const Element& name, const Element& value) {
      reply_element(reply, part == Part::kName ? name : value);
    });
    return place == 0;
  });
}

void hkeys(Call& call) { reply_parts(call, Part::kName); }

void hvals(Call& call) { reply_parts(call, Part::kValue); }

void reply_one_random(Call& call) {
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  const auto drawn = *hash ? (*hash)->random(call.db().unit().random, fields_now_ms(call)) : std::nullopt;
  if (!drawn) return call.reply().null();
  reply_element(call.reply(), drawn->name);
}

// In RESP3 each pair is an array of its own.
void reply_pair(Call& call, const Hash::Pair& pair, bool with_values) {
  if (with_values && call.reply().version() >= 3) call.reply().array(2);
  reply_element(call.reply(), pair.name);
  if (with_values) reply_element(call.reply(), pair.value);
}

size_t reply_length(Call& call, uint64_t pairs, bool with_values) {
  return with_values && call.reply().version() < 3 ? 2 * pairs : pairs;
}

void reply_with_repetitions(Call& call, const Hash& hash, uint64_t count, bool with_values) {
  base::Random& random = call.db().unit().random;
  const int64_t now_ms = fields_now_ms(call);
  if (!hash.has_expiries()) {
    call.reply().array(reply_length(call, count, with_values));
    for (uint64_t at = 0; at < count && !call.reply_too_large(); ++at)
      reply_pair(call, *hash.random(random, now_ms), with_values);
    return;
  }
  std::vector<Hash::Pair> drawn;
  constexpr size_t kReplyMin = 6;  // "$0", line ends and no text
  while (drawn.size() < count && !call.reply_too_large(drawn.size() * kReplyMin)) {
    const auto pair = hash.random(random, now_ms);
    if (!pair) break;
    drawn.push_back(*pair);
  }
  call.reply().array(reply_length(call, drawn.size(), with_values));
  for (const Hash::Pair& pair : drawn) reply_pair(call, pair, with_values);
}

void hrandfield(Call& call) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (call.count() == 2) return reply_one_random(call);
  Args args(call.words(), 2);
  const int64_t count = args.integer();
  if (!args.failed() && count < -kMost) {
    args.fail(
        command::Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"));
  }
  const bool with_values = args.accept("WITHVALUES");
  args.done();
  if (!args.failed() && with_values && (count < -kMost / 2 || count > kMost / 2)) {
    args.fail(command::Error("ERR value is out of range"));
  }
  if (args.failed()) return call.fail(args.error());
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  if (!*hash || count == 0) return call.reply().array(0);
  if (count < 0) return reply_with_repetitions(call, **hash, static_cast<uint64_t>(-count), with_values);
  const auto drawn =
      (*hash)->random_distinct(call.db().unit().random, static_cast<uint64_t>(count), fields_now_ms(call));
  call.reply().array(reply_length(call, drawn.size(), with_values));
  for (const Hash::Pair& pair : drawn) reply_pair(call, pair, with_values);
}

void hscan(Call& call) {
  const auto cursor = parse_cursor(call.word(2));
  if (!cursor) return call.fail(command::kInvalidCursor);
  const auto hash = call.read<Hash>(call.key(0));
  if (!hash) return call.fail(hash.error());
  if (!*hash) return reply_scan_end(call);
  CollectionScan scan{.cursor = *cursor};
  if (!read_scan_options(call, ScanCommand::kHscan, scan)) return;
  std::vector<Hash::Pair> found;
  const auto add = [&](const Element& name, const Element& value) {
    Element::Buffer buffer;
    if (scan.takes(name.text(buffer))) found.push_back({name, value});
  };
  const uint64_t next = (*hash)->scan(scan.cursor, scan.count, fields_now_ms(call), add);
  reply_scan_header(call, next, found.size() * (scan.only_fields ? 1 : 2));
  for (const Hash::Pair& pair : found) {
    reply_element(call.reply(), pair.name);
    if (!scan.only_fields) reply_element(call.reply(), pair.value);
  }
}

constexpr Spec kHashWalks[] = {
    {.name = "hgetall",
     .arity = 2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hgetall,
     .group = Group::kHash,
     .tips = command::kNondeterministicOutputOrder,
     .since = "2.0.0",
     .summary = "Reads all fields and values of a hash.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0"},
    {.name = "hkeys",
     .arity = 2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hkeys,
     .group = Group::kHash,
     .tips = command::kNondeterministicOutputOrder,
     .since = "2.0.0",
     .summary = "Reads the names of all fields of a hash.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0"},
    {.name = "hvals",
     .arity = 2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hvals,
     .group = Group::kHash,
     .tips = command::kNondeterministicOutputOrder,
     .since = "2.0.0",
     .summary = "Reads the values of all fields of a hash.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0"},
    {.name = "hrandfield",
     .arity = -2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hrandfield,
     .group = Group::kHash,
     .tips = command::kNondeterministicOutput,
     .since = "6.2.0",
     .summary = "Reads random fields of a hash.",
     .complexity = "O(N) for N fields that are returned.",
     .syntax = "key:k0 options[count:i WITHVALUES?]?"},
    {.name = "hscan",
     .arity = -3,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = hscan,
     .group = Group::kHash,
     .tips = command::kNondeterministicOutput,
     .since = "2.8.0",
     .summary = "Walks the fields of a hash, some in each call.",
     .complexity = "O(1) for a call with the default count, O(N) for a walk.",
     .syntax = "key:k0 cursor:i MATCH=pattern:p? COUNT=count:i? NOVALUES?"},
};
static_assert(command::well_formed(kHashWalks));

}  // namespace

std::span<const Spec> hash_walk_commands() { return kHashWalks; }

}  // namespace commands
