// Commands that draw members of a set at random.
#include <limits>
#include <string>

#include "commands/families.h"
#include "commands/sets_replies.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Edit;
using keyspace::kSetEvent;
using keyspace::LockClass;
using keyspace::Missing;
using values::Set;
using enum command::Flags;
using enum command::KeyFlags;

base::Random& random_of(Call& call) { return call.db().unit().random; }

void spop_one(Call& call) {
  auto edit = call.edit<Set>(call.key(0), Missing::kNone);
  if (!edit) return call.fail(edit.error());
  if (!edit->exists()) return call.reply().null();
  Set::Member::Buffer buffer;
  const std::string member(edit->value().random(random_of(call)).text(buffer));
  edit->value().remove(member);
  edit->changed(1, kSetEvent, "spop");
  call.reply().bulk(member);
}

// Takes so many members out of a set that few stay: those move to a new set, in the smallest encoding that takes them,
// and the old one is replied and ended.
void pop_most(Call& call, Edit<Set>& edit, uint64_t count) {
  const values::SetLimits limits = set_limits(call);
  Set& set = edit.value();
  Set kept;
  for (const Set::Member& member : set.random_members(random_of(call), set.size() - count)) {
    const bool held_as_text = !member.is_integer();
    if (kept.word() == 0) kept = Set::make(held_as_text ? Set::Encoding::kListpack : Set::Encoding::kIntset);
    kept.add(member, limits);
  }
  kept.for_each([&set](const Set::Member& member) { set.remove(member); });
  call.reply().set(count);
  reply_members(call.reply(), set);
  set.destroy();
  set = kept;
}

void pop_some(Call& call, Set& set, uint64_t count) {
  call.reply().set(count);
  std::vector<std::string> gone;  // a removal may move the others
  gone.reserve(count);
  for (const Set::Member& member : set.random_members(random_of(call), count)) {
    Set::Member::Buffer buffer;
    gone.emplace_back(member.text(buffer));
  }
  for (const std::string& member : gone) {
    set.remove(member);
    call.reply().bulk(member);
  }
}

void spop_many(Call& call) {
  constexpr base::Error kNotPositive{"ERR value is out of range, must be positive"};
  // While the members that stay are more than a fifth of those that go, the latter are drawn.
  constexpr uint64_t kFew = 5;
  Args args(call.words(), 2);
  const auto count = static_cast<uint64_t>(args.integer(0, std::numeric_limits<int64_t>::max(), kNotPositive));
  if (args.failed()) return call.fail(args.error());
  auto edit = call.edit<Set>(call.key(0), Missing::kNone);
  if (!edit) return call.fail(edit.error());
  if (!edit->exists() || count == 0) return call.reply().set(0);
  Set& set = edit->value();
  const uint64_t size = set.size();
  if (count >= size) {
    call.reply().set(size);
    reply_members(call.reply(), set);
    set.destroy();
  } else if ((size - count) * kFew > count) {
    pop_some(call, set, count);
  } else {
    pop_most(call, *edit, count);
  }
  edit->changed(std::min(count, size), kSetEvent, "spop");
}

void spop(Call& call) {
  if (call.count() > 3) return call.fail(command::kSyntaxError);
  call.count() == 3 ? spop_many(call) : spop_one(call);
}

void srandmember_one(Call& call) {
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  if (!*set) return call.reply().null();
  reply_member(call.reply(), (*set)->random(random_of(call)));
}

// A negative count draws so many, each from all members; a positive one draws different ones.
void srandmember_many(Call& call) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  Args args(call.words(), 2);
  const int64_t count = args.integer();
  if (!args.failed() && count < -kMost) {
    args.fail(
        base::Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"));
  }
  if (args.failed()) return call.fail(args.error());
  const auto set = call.read<Set>(call.key(0));
  if (!set) return call.fail(set.error());
  if (!*set || count == 0) return call.reply().array(0);
  if (count < 0) {
    call.reply().array(static_cast<uint64_t>(-count));
    for (int64_t left = -count; left > 0 && !call.reply_too_large(); --left)
      reply_member(call.reply(), (*set)->random(random_of(call)));
    return;
  }
  const std::vector<Set::Member> members = (*set)->random_members(random_of(call), static_cast<uint64_t>(count));
  call.reply().array(members.size());
  for (const Set::Member& member : members) reply_member(call.reply(), member);
}

void srandmember(Call& call) {
  if (call.count() > 3) return call.fail(command::kSyntaxError);
  call.count() == 3 ? srandmember_many(call) : srandmember_one(call);
}

constexpr Spec kRandomSets[] = {
    {.name = "spop",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kAccess | kDelete),
     .locks = LockClass::kKeys,
     .handler = spop,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutput,
     .since = "1.0.0",
     .summary = "Takes random members out of a set and answers them. The last one takes the key with it.",
     .complexity = "O(1) for one member, O(N) for N",
     .history = "3.2.0 Knows `count`.",
     .syntax = "key:k0 count:i@3.2.0?"},
    {.name = "srandmember",
     .arity = -2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = srandmember,
     .group = Group::kSet,
     .tips = command::kNondeterministicOutput,
     .since = "1.0.0",
     .summary = "Reads random members of a set.",
     .complexity = "O(1) for one member, O(N) for N",
     .history = "2.6.0 Knows `count`.",
     .syntax = "key:k0 count:i@2.6.0?"},
};
static_assert(command::well_formed(kRandomSets));

}  // namespace

std::span<const Spec> random_set_commands() { return kRandomSets; }

}  // namespace commands
