// Commands on the members of one set, and SMOVE between two.
#include <vector>

#include "commands/collection_scan.h"
#include "commands/cursor.h"
#include "commands/families.h"
#include "commands/sets_replies.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::kSetEvent;
using keyspace::LockClass;
using keyspace::Missing;
using values::Set;
using enum command::Flags;
using enum command::KeyFlags;

void sadd(Call& call) {
  auto edit = call.edit<Set>(call.key(0), Missing::kCreate);
  if (!edit) return call.fail(edit.error());
  const values::SetLimits limits = set_limits(call);
  const std::span<const std::string_view> members = call.words().subspan(2);
  Set& set = edit->value();
  if (edit->is_new()) {
    set = Set::make_for(members[0], members.size(), limits);
  } else {
    set.expect(members.size(), limits);
  }
  uint64_t added = 0;
  for (const std::string_view member : members) added += set.add(member, limits) ? 1 : 0;
  if (added > 0) edit->changed(added, kSetEvent, "sadd");
  call.reply().integer(static_cast<int64_t>(added));
}

void srem(Call& call) {
  auto edit = call.edit<Set>(call.key(0), Missing::kNone);
  if (!edit) return call.fail(edit.error());
  if (!edit->exists()) return call.reply().integer(0);
  Set& set = edit->value();
  uint64_t removed = 0;
  for (const std::string_view member : call.words().subspan(2)) {
    removed += set.remove(member) ? 1 : 0;
    if (set.empty()) break;
  }
  if (removed > 0) edit->changed(removed, kSetEvent, "srem");
  call.reply().integer(static_cast<int64_t>(removed));
}

void sismember(Call& call) {
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  call.reply().integer(*set && (*set)->contains(call.word(2)) ? 1 : 0);
}

void smismember(Call& call) {
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  call.reply().array(call.count() - 2);
  for (const std::string_view member : call.words().subspan(2)) {
    call.reply().integer(*set && (*set)->contains(member) ? 1 : 0);
  }
}

void scard(Call& call) {
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  call.reply().integer(*set ? static_cast<int64_t>((*set)->size()) : 0);
}

void smembers(Call& call) {
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  if (!*set) return call.reply().set(0);
  const Set all = **set;
  call.reply().set(all.size());
  call.reply_in_slices(all, all.size(), [all, place = uint64_t{0}](resp::Writer& reply) mutable {
    place = all.for_some(place, [&reply](const Set::Member& member) { reply_member(reply, member); });
    return place == 0;
  });
}

// From a set to itself nothing moves. The source is looked at first: while it is not there, the other key's type is no
// error.
void smove(Call& call) {
  const std::string_view member = call.word(3);
  const values::SetLimits limits = set_limits(call);
  auto source = call.edit<Set>(call.key(0), Missing::kNone);
  if (source && !source->exists()) return call.reply().integer(0);
  if (!source) return call.fail(source.error());
  const auto target = call.peek<Set>(call.key(1));
  if (!target) return call.fail(target.error());
  if (*target && (*target)->is_same(source->value())) {
    return call.reply().integer(source->value().contains(member) ? 1 : 0);
  }
  if (!source->value().remove(member)) return call.reply().integer(0);
  source->changed(1, kSetEvent, "srem");
  source->close();
  auto edit = call.edit<Set>(call.key(1), Missing::kCreate);
  if (edit->is_new()) edit->value() = Set::make_for(member, 1, limits);
  if (edit->value().add(member, limits)) edit->changed(1, kSetEvent, "sadd");
  call.reply().integer(1);
}

void sscan(Call& call) {
  const auto cursor = parse_cursor(call.word(2));
  if (!cursor) return call.fail(command::kInvalidCursor);
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  if (!*set) return reply_scan_end(call);
  CollectionScan scan{.cursor = *cursor};
  if (!read_scan_options(call, ScanCommand::kSscan, scan)) return;
  std::vector<Set::Member> found;
  const uint64_t next = (*set)->scan(scan.cursor, scan.count, [&](const Set::Member& member) {
    Set::Member::Buffer buffer;
    if (scan.takes(member.text(buffer))) found.push_back(member);
  });
  reply_scan_header(call, next, found.size());
  for (const Set::Member& member : found) reply_member(call.reply(), member);
}

constexpr Spec kSets[] = {
    {.name = "sadd",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = sadd,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Adds members to a set, which is made if the key does not exist.",
     .complexity = "O(N) for N members",
     .history = "2.4.0 Takes several members.",
     .syntax = "key:k0 member*",
     .element = 2},
    {.name = "srem",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = srem,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Takes members out of a set. The last one takes the key with it.",
     .complexity = "O(N) for N members",
     .history = "2.4.0 Takes several members.",
     .syntax = "key:k0 member*",
     .element = 2},
    {.name = "smove",
     .arity = 4,
     .flags = kWrite | kFast,
     .keys = {command::key_at(1, kRW | kAccess | kDelete), command::key_at(2, kRW | kInsert)},
     .locks = LockClass::kKeys,
     .handler = smove,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Moves a member from one set to another.",
     .complexity = "O(1)",
     .syntax = "source:k0 destination:k1 member"},
    {.name = "sismember",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = sismember,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Says whether a set has a member.",
     .complexity = "O(1)",
     .syntax = "key:k0 member",
     .element = 2},
    {.name = "smismember",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = smismember,
     .group = Group::kSet,
     .since = "6.2.0",
     .summary = "Says of each of several members whether a set has it.",
     .complexity = "O(N) for N members",
     .syntax = "key:k0 member*",
     .element = 2},
    {.name = "scard",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = scard,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Says how many members a set has.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "smembers",
     .arity = 2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = smembers,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutputOrder,
     .since = "1.0.0",
     .summary = "Reads all members of a set.",
     .complexity = "O(N) for N members",
     .syntax = "key:k0"},
    {.name = "sscan",
     .arity = -3,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = sscan,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutput,
     .since = "2.8.0",
     .summary = "Walks over the members of a set, some a call.",
     .complexity = "O(1) for a call, O(N) for a whole walk over N members",
     .syntax = "key:k0 cursor:i MATCH=pattern:p? COUNT=count:i?"},
};
static_assert(command::well_formed(kSets));

}  // namespace

std::span<const Spec> set_commands() { return kSets; }

}  // namespace commands
