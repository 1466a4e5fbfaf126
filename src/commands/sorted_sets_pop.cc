// Members that leave a sorted set from an end, or are drawn from it: ZPOPMIN, ZPOPMAX, ZMPOP, ZRANDMEMBER.
#include <algorithm>
#include <limits>
#include <unordered_set>
#include <vector>

#include "commands/families.h"
#include "commands/sorted_sets.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using keyspace::Missing;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

void pop_from_one(Call& call, bool from_end) {
  if (call.count() > 3) return call.fail(command::kSyntaxError);
  Args args(call.words(), 2);
  const bool counts = args.more();
  const int64_t most = counts ? args.integer(0, std::numeric_limits<int64_t>::max(), kNotPositive) : 1;
  if (args.failed()) return call.fail(args.error());
  auto edit = call.edit<SortedSet>(call.key(0), Missing::kNone);
  if (!edit) return call.fail(edit.error());
  const uint64_t count = edit->exists() ? std::min(static_cast<uint64_t>(most), edit->value().size()) : 0;
  const bool nests = counts && call.reply().version() >= 3;
  call.reply().array(nests ? count : 2 * count);
  if (count > 0) pop_members(call, *edit, {from_end, count}, nests);
}

void zpopmin(Call& call) { pop_from_one(call, false); }

void zpopmax(Call& call) { pop_from_one(call, true); }

void zmpop(Call& call) {
  Args args = call.args();
  const MemberPop what = parse_member_pop(args);
  if (args.failed()) return call.fail(args.error());
  if (!pop_from_first(call, what)) call.reply().null_array();
}

void reply_at(MemberReply& reply, const SortedSet& set, uint64_t rank) {
  SortedSet::Walk walk = set.at(rank);
  reply.add(walk.text(), walk.score());
}

// `count` different members, each set of them as likely as any other (Floyd's algorithm).
void reply_different(Call& call, const SortedSet& set, uint64_t count, bool with_scores) {
  MemberReply reply(call.reply(), count, with_scores);
  const uint64_t size = set.size();
  std::unordered_set<uint64_t> drawn;
  drawn.reserve(count);
  for (uint64_t last = size - count; last < size; ++last) {
    uint64_t rank = call.db().unit().random.below(last + 1);
    if (!drawn.insert(rank).second) {
      rank = last;
      drawn.insert(rank);
    }
    reply_at(reply, set, rank);
  }
}

// At most all, which come from the last to the first; below zero, so many with repetitions.
void reply_drawn(Call& call, const SortedSet& set, int64_t count, bool with_scores) {
  const uint64_t size = set.size();
  if (count < 0) {
    MemberReply reply(call.reply(), static_cast<uint64_t>(-count), with_scores);
    for (; count < 0 && !call.reply_too_large(); ++count) reply_at(reply, set, call.db().unit().random.below(size));
  } else if (static_cast<uint64_t>(count) < size) {
    reply_different(call, set, static_cast<uint64_t>(count), with_scores);
  } else {
    MemberReply reply(call.reply(), size, with_scores);
    for (SortedSet::Walk walk = set.last(); walk; walk.previous()) reply.add(walk.text(), walk.score());
  }
}

void zrandmember(Call& call) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  Args args(call.words(), 2);
  const bool counts = args.more();
  int64_t count = 0;
  bool with_scores = false;
  if (counts) {
    count = args.integer();
    if (!args.failed() && count < -kMost) {
      args.fail(
          base::Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"));
    }
    with_scores = args.accept("WITHSCORES");
    if (args.done() && with_scores && (count < -(kMost / 2) || count > kMost / 2)) {
      args.fail(base::Error("ERR value is out of range"));
    }
    if (args.failed()) return call.fail(args.error());
  }
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  if (!*found) return counts ? call.reply().array(0) : call.reply().null();
  const SortedSet& set = **found;
  if (counts) return reply_drawn(call, set, count, with_scores);
  call.reply().bulk(set.at(call.db().unit().random.below(set.size())).text());
}

constexpr Spec kSortedSetPops[] = {
    {.name = "zmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zmpop,
     .group = Group::kSortedSet,
     .since = "7.0.0",
     .summary = "Takes members from an end of the first sorted set that has any.",
     .complexity = "O(K)+O(M*log(N)) for K keys and M of N members.",
     .syntax = "numkeys:i key:k0* where(MIN|MAX) COUNT=count:i?"},
    {.name = "zpopmax",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {command::key_at(1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zpopmax,
     .group = Group::kSortedSet,
     .since = "5.0.0",
     .summary = "Takes out the members with the highest scores.",
     .complexity = "O(M*log(N)) for M of N members.",
     .syntax = "key:k0 count:i?"},
    {.name = "zpopmin",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {command::key_at(1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zpopmin,
     .group = Group::kSortedSet,
     .since = "5.0.0",
     .summary = "Takes out the members with the lowest scores.",
     .complexity = "O(M*log(N)) for M of N members.",
     .syntax = "key:k0 count:i?"},
    {.name = "zrandmember",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrandmember,
     .group = Group::kSortedSet,
     .tips = command::kNondeterministicOutput,
     .since = "6.2.0",
     .summary = "Returns members at random.",
     .complexity = "O(M*log(N)) for M of N members.",
     .syntax = "key:k0 options[count:i WITHSCORES?]?"},
};
static_assert(command::well_formed(kSortedSetPops));

}  // namespace

void pop_members(Call& call, keyspace::Edit<SortedSet>& edit, MemberPop what, bool nests) {
  SortedSet& set = edit.value();
  SortedSet::Walk walk = what.from_end ? set.last() : set.first();
  for (uint64_t i = 0; i < what.count; ++i, walk.step(what.from_end)) {
    if (nests) call.reply().array(2);
    call.reply().bulk(walk.text());
    call.reply().real(walk.score());
  }
  set.erase(values::RankSlice{what.from_end ? set.size() - what.count : 0, what.count});
  edit.changed(what.count, keyspace::kSortedSetEvent, what.from_end ? "zpopmax" : "zpopmin");
}

MemberPop parse_member_pop(Args& args) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  MemberPop out;
  const int64_t keys = args.integer(1, kMost, kNoKeyCount);
  if (!args.failed() && static_cast<uint64_t>(keys) >= args.left()) args.fail(command::kSyntaxError);
  if (args.failed()) return out;
  args.skip(static_cast<size_t>(keys));
  out.from_end = args.accept("MAX");
  if (!out.from_end && !args.accept("MIN")) args.fail(command::kSyntaxError);
  if (args.left() >= 2 && args.accept("COUNT")) out.count = static_cast<uint64_t>(args.integer(1, kMost, kNoPopCount));
  args.done();
  return out;
}

bool pop_from_first(Call& call, MemberPop what) {
  for (const keyspace::Key& key : call.keys()) {
    if (!call.holds(key)) continue;
    auto edit = call.edit<SortedSet>(key, Missing::kNone);
    if (!edit) return call.fail(edit.error()), true;
    if (!edit->exists()) continue;
    what.count = std::min(what.count, edit->value().size());
    call.reply().array(2);
    call.reply().bulk(key.text);
    call.reply().array(what.count);
    pop_members(call, *edit, what, true);
    return true;
  }
  return false;
}

std::span<const Spec> sorted_set_pop_commands() { return kSortedSetPops; }

}  // namespace commands
