// String commands: read the arguments, act on the keys, reply.
#include "commands/families.h"
#include "command/call.h"
#include "values/counter.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Spec;
using keyspace::Entry;
using keyspace::LockClass;
using keyspace::TextBuffer;

void reply_text(Call& call, const Entry* entry) {
  if (entry == nullptr) return call.reply().null();
  TextBuffer buffer;
  call.reply().bulk(entry->text(buffer));
}

void get(Call& call) {
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  reply_text(call, *found);
}

void set(Call& call) {
  call.db().set(call.key(0), call.word(2), Entry::kNoExpiry);
  call.reply().ok();
}

void mget(Call& call) {
  call.reply().array(call.keys().size());
  for (const keyspace::Key& key : call.keys()) {
    const auto found = call.read_string(key);
    reply_text(call, found ? *found : nullptr);
  }
}

void mset(Call& call) {
  if (call.count() % 2 == 0) return call.fail(command::wrong_arity("mset"));
  for (size_t at = 0; at < call.keys().size(); ++at) call.db().set(call.key(at), call.word(2 * at + 2), Entry::kNoExpiry);
  call.reply().ok();
}

constexpr Spec kStrings[] = {
    {.name = "get", .arity = 2, .flags = command::kReadOnly | command::kFast, .keys = {command::key_at(1, command::kRO | command::kAccess)},
     .locks = LockClass::kKeys, .handler = get, .group = command::Group::kString, .since = "1.0.0"},
    {.name = "set", .arity = -3, .flags = command::kWrite | command::kDenyOom,
     .keys = {command::key_at(1, command::kRW | command::kAccess | command::kUpdate | command::kVariableFlags)},
     .locks = LockClass::kKeys, .handler = set, .group = command::Group::kString, .since = "1.0.0"},
    {.name = "mget", .arity = -2, .flags = command::kReadOnly | command::kFast, .keys = {command::keys_from(1, -1, 1, command::kRO | command::kAccess)},
     .locks = LockClass::kKeys, .handler = mget, .group = command::Group::kString, .since = "1.0.0"},
    {.name = "mset", .arity = -3, .flags = command::kWrite | command::kDenyOom, .keys = {command::keys_from(1, -1, 2, command::kOW | command::kUpdate)},
     .locks = LockClass::kKeys, .handler = mset, .group = command::Group::kString, .since = "1.0.1"},
};
static_assert(command::well_formed(kStrings));

}  // namespace

std::span<const Spec> string_commands() { return kStrings; }

}  // namespace commands
