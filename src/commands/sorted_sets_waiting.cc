// Commands that wait until a sorted set has a member: BZPOPMIN, BZPOPMAX, BZMPOP.
#include "command/timeout.h"
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

void wait_for_members(Call& call, int64_t timeout_ms) {
  call.wait({.keys = call.keys(), .type = SortedSet::kType, .timeout_ms = timeout_ms});
}

void wait_and_pop(Call& call, bool from_end) {
  Args args = call.args();
  const int64_t timeout_ms = command::parse_timeout_seconds(args, call.words().back(), call.now_ms());
  if (args.failed()) return call.fail(args.error());
  for (const keyspace::Key& key : call.keys()) {
    if (!call.holds(key)) continue;
    auto edit = call.edit<SortedSet>(key, Missing::kNone);
    if (!edit) return call.fail(edit.error());
    if (!edit->exists()) continue;
    call.reply().array(3);
    call.reply().bulk(key.text);
    return pop_members(call, *edit, {from_end, 1}, false);
  }
  wait_for_members(call, timeout_ms);
}

void bzpopmin(Call& call) { wait_and_pop(call, false); }
void bzpopmax(Call& call) { wait_and_pop(call, true); }

// The timeout is looked at last.
void bzmpop(Call& call) {
  Args args(call.words(), 2);
  const MemberPop what = parse_member_pop(args);
  const int64_t timeout_ms = command::parse_timeout_seconds(args, call.word(1), call.now_ms());
  if (args.failed()) return call.fail(args.error());
  if (!pop_from_first(call, what)) wait_for_members(call, timeout_ms);
}

constexpr command::KeySpecs kAllButLast = {command::keys_from(1, -2, 1, kRW | kAccess | kDelete)};
constexpr std::string_view kFractions = "6.0.0 Takes `timeout` with fractions.";

constexpr Spec kWaits[] = {
    {.name = "bzmpop",
     .arity = -5,
     .flags = kWrite | kBlocking | kMovableKeys,
     .keys = {command::counted_keys(2, 1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = bzmpop,
     .group = Group::kSortedSet,
     .since = "7.0.0",
     .summary = "Takes members from an end of the first sorted set that has any; waits until one has.",
     .complexity = "O(K)+O(M*log(N)) for K keys and M of N members.",
     .syntax = "timeout:d numkeys:i key:k0* where(MIN|MAX) COUNT=count:i?"},
    {.name = "bzpopmax",
     .arity = -3,
     .flags = kWrite | kBlocking | kFast,
     .keys = kAllButLast,
     .locks = LockClass::kKeys,
     .handler = bzpopmax,
     .group = Group::kSortedSet,
     .since = "5.0.0",
     .summary = "Takes out the member with the highest score of the first sorted set that has one; waits for one.",
     .complexity = "O(log(N)) for N members.",
     .history = kFractions,
     .syntax = "key:k0* timeout:d"},
    {.name = "bzpopmin",
     .arity = -3,
     .flags = kWrite | kBlocking | kFast,
     .keys = kAllButLast,
     .locks = LockClass::kKeys,
     .handler = bzpopmin,
     .group = Group::kSortedSet,
     .since = "5.0.0",
     .summary = "Takes out the member with the lowest score of the first sorted set that has one; waits for one.",
     .complexity = "O(log(N)) for N members.",
     .history = kFractions,
     .syntax = "key:k0* timeout:d"},
};
static_assert(command::well_formed(kWaits));

}  // namespace

std::span<const Spec> sorted_set_waiting_commands() { return kWaits; }

}  // namespace commands
