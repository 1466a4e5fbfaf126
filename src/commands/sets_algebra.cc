// Intersections, unions and differences of sets, replied, stored or counted.
#include <optional>
#include <string_view>
#include <vector>

#include "commands/families.h"
#include "commands/sets_replies.h"
#include "values/set_algebra.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Key;
using keyspace::LockClass;
using values::Keeps;
using values::Set;
using enum command::Flags;
using enum command::KeyFlags;

// The sets at keys; an empty one where there is none. Nothing after an error, which is told to the client.
std::optional<std::vector<Set>> read_sets(Call& call, std::span<const Key> keys) {
  std::vector<Set> sets;
  sets.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    call.warm(i);
    const auto set = call.read<Set>(keys[i]);
    if (!set) {
      call.fail(set.error());
      return std::nullopt;
    }
    sets.push_back(set->value_or(Set()));
  }
  return sets;
}

// Puts a result, which may be empty, in the place of what the first key holds.
void store(Call& call, Set set, std::string_view event) {
  const Key& target = call.key(0);
  const auto size = static_cast<int64_t>(set.size());
  if (size > 0) {
    call.db().set_collection(target, {Set::kType, set.word()}, keyspace::Entry::kNoExpiry);
    call.db().notify(keyspace::kSetEvent, event, target);
  } else {
    set.destroy();
    if (call.db().erase(target)) call.db().notify(keyspace::kGenericEvent, "del", target);
  }
  call.reply().integer(size);
}

void reply_list(Call& call, const std::vector<Set::Member>& members) {
  call.reply().set(members.size());
  for (const Set::Member& member : members) reply_member(call.reply(), member);
}

void reply_own(Call& call, Set set) {
  call.reply().set(set.size());
  reply_members(call.reply(), set);
  set.destroy();
}

void sinter(Call& call) {
  auto sets = read_sets(call, call.keys());
  if (!sets) return;
  resp::Writer& reply = call.reply();
  const resp::Writer::Open open = reply.open_set();
  reply.close(open, values::intersect(*sets, [&](const Set::Member& member) { reply_member(reply, member); }));
}

void sinterstore(Call& call) {
  auto sets = read_sets(call, call.keys().subspan(1));
  if (sets) store(call, values::store_intersection(*sets, set_limits(call)), "sinterstore");
}

void sintercard(Call& call) {
  constexpr base::Error kBadLimit{"ERR LIMIT can't be negative"};
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  Args args(call.words());
  const int64_t keys = args.integer(1, kMost, base::Error("ERR numkeys should be greater than 0"));
  if (!args.failed() && static_cast<uint64_t>(keys) > args.left()) {
    args.fail(base::Error("ERR Number of keys can't be greater than number of args"));
  }
  if (args.failed()) return call.fail(args.error());
  args.skip(static_cast<size_t>(keys));
  int64_t limit = 0;
  while (args.more()) {
    if (args.left() >= 2 && args.accept("LIMIT")) {
      limit = args.integer(0, kMost, kBadLimit);
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.failed()) return call.fail(args.error());
  auto sets = read_sets(call, call.keys());
  if (!sets) return;
  const uint64_t most = limit == 0 ? UINT64_MAX : static_cast<uint64_t>(limit);
  call.reply().integer(static_cast<int64_t>(values::count_intersection(*sets, most)));
}

void sunion(Call& call) {
  const auto sets = read_sets(call, call.keys());
  if (sets) reply_own(call, values::unite(*sets, Keeps::kNo, set_limits(call)));
}

void sunionstore(Call& call) {
  const auto sets = read_sets(call, call.keys().subspan(1));
  if (sets) store(call, values::unite(*sets, Keeps::kYes, set_limits(call)), "sunionstore");
}

void sdiff(Call& call) {
  auto sets = read_sets(call, call.keys());
  if (!sets) return;
  const values::Difference difference = values::subtract(*sets, Keeps::kNo, set_limits(call));
  difference.own.word() == 0 ? reply_list(call, difference.members) : reply_own(call, difference.own);
}

void sdiffstore(Call& call) {
  auto sets = read_sets(call, call.keys().subspan(1));
  if (sets) store(call, values::subtract(*sets, Keeps::kYes, set_limits(call)).own, "sdiffstore");
}

constexpr command::KeySpecs kSources = {command::keys_from(1, -1, 1, kRO | kAccess)};
constexpr command::KeySpecs kTargetAndSources = {command::key_at(1, kOW | kUpdate),
                                                 command::keys_from(2, -1, 1, kRO | kAccess)};

constexpr Spec kSetAlgebra[] = {
    {.name = "sinter",
     .arity = -2,
     .flags = kReadOnly,
     .keys = kSources,
     .locks = LockClass::kKeys,
     .handler = sinter,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutputOrder,
     .since = "1.0.0",
     .summary = "Reads the members that all of some sets have.",
     .complexity = "O(N*M) where N is the size of the smallest of M sets",
     .syntax = "key:k0*"},
    {.name = "sinterstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kTargetAndSources,
     .locks = LockClass::kKeys,
     .handler = sinterstore,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Stores the members that all of some sets have.",
     .complexity = "O(N*M) where N is the size of the smallest of M sets",
     .syntax = "destination:k0 key:k1*"},
    {.name = "sintercard",
     .arity = -3,
     .flags = kReadOnly | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = sintercard,
     .group = Group::kSet,
     .since = "7.0.0",
     .summary = "Counts the members that all of some sets have.",
     .complexity = "O(N*M) where N is the size of the smallest of M sets",
     .syntax = "numkeys:i key:k0* LIMIT=limit:i?"},
    {.name = "sunion",
     .arity = -2,
     .flags = kReadOnly,
     .keys = kSources,
     .locks = LockClass::kKeys,
     .handler = sunion,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutputOrder,
     .since = "1.0.0",
     .summary = "Reads the members that any of some sets has.",
     .complexity = "O(N) for N members in all sets",
     .syntax = "key:k0*"},
    {.name = "sunionstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kTargetAndSources,
     .locks = LockClass::kKeys,
     .handler = sunionstore,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Stores the members that any of some sets has.",
     .complexity = "O(N) for N members in all sets",
     .syntax = "destination:k0 key:k1*"},
    {.name = "sdiff",
     .arity = -2,
     .flags = kReadOnly,
     .keys = kSources,
     .locks = LockClass::kKeys,
     .handler = sdiff,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutputOrder,
     .since = "1.0.0",
     .summary = "Reads the members of a set that some others do not have.",
     .complexity = "O(N) for N members in all sets",
     .syntax = "key:k0*"},
    {.name = "sdiffstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kTargetAndSources,
     .locks = LockClass::kKeys,
     .handler = sdiffstore,
     .group = Group::kSet,
     .since = "1.0.0",
     .summary = "Stores the members of a set that some others do not have.",
     .complexity = "O(N) for N members in all sets",
     .syntax = "destination:k0 key:k1*"},
};
static_assert(command::well_formed(kSetAlgebra));

}  // namespace

std::span<const Spec> set_algebra_commands() { return kSetAlgebra; }

}  // namespace commands
