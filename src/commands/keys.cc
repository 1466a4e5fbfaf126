// Key commands: what becomes of whole keys, whatever they hold.
#include "command/call.h"
#include "commands/database_index.h"
#include "commands/families.h"
#include "commands/type_names.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Database;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;

// DEL and UNLINK: what is large is freed in the background in either case.
void del(Call& call) {
  int64_t count = 0;
  for (const Key& key : call.keys()) {
    if (!call.db().erase(key)) continue;
    call.db().notify(keyspace::kGenericEvent, "del", key);
    ++count;
  }
  call.reply().integer(count);
}

void exists(Call& call) {
  int64_t count = 0;
  for (const Key& key : call.keys()) count += call.db().look(key) != nullptr ? 1 : 0;
  call.reply().integer(count);
}

void touch(Call& call) {
  int64_t count = 0;
  for (const Key& key : call.keys()) count += call.db().read(key) != nullptr ? 1 : 0;
  call.reply().integer(count);
}

void type(Call& call) {
  const Entry* entry = call.db().look(call.key(0));
  call.reply().simple(entry == nullptr ? "none" : type_name(entry->type()));
}

void move_name(Call& call, const Key& from, const Key& to) {
  call.db().move(from, to, call.db());
  call.db().notify(keyspace::kGenericEvent, "rename_from", from);
  call.db().notify(keyspace::kGenericEvent, "rename_to", to);
}

void rename(Call& call) {
  const Key& from = call.key(0);
  const Key& to = call.key(1);
  if (call.db().find_to_change(from) == nullptr) return call.fail(command::kNoSuchKey);
  if (from.text != to.text) move_name(call, from, to);
  call.reply().ok();
}

void rename_nx(Call& call) {
  const Key& from = call.key(0);
  const Key& to = call.key(1);
  if (call.db().find_to_change(from) == nullptr) return call.fail(command::kNoSuchKey);
  if (from.text == to.text) return call.reply().integer(0);
  const bool moves = call.db().find_to_change(to) == nullptr;
  if (moves) move_name(call, from, to);
  call.reply().integer(moves ? 1 : 0);
}

void copy(Call& call) {
  const Key& from = call.key(0);
  const Key& to = call.key(1);
  uint32_t index = call.db().index();
  bool replaces = false;
  Args args(call.words(), 3);
  while (args.more()) {
    if (args.accept("REPLACE")) {
      replaces = true;
    } else if (args.left() >= 2 && args.accept("DB")) {
      const auto chosen = database_index(call, args.text());
      if (!chosen) return call.fail(chosen.error());
      index = *chosen;
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.failed()) return call.fail(args.error());
  if (index == call.db().index() && from.text == to.text) return call.fail(command::kSameObject);
  const Entry* entry = call.db().read(from);
  if (entry == nullptr) return call.reply().integer(0);
  Database target = call.database(index);
  if (target.find_to_change(to) != nullptr && !replaces) return call.reply().integer(0);
  call.db().copy(*entry, to, target);
  target.notify(keyspace::kGenericEvent, "copy_to", to);
  call.reply().integer(1);
}

void move(Call& call) {
  const Key& key = call.key(0);
  const auto index = database_index(call, call.word(2));
  if (!index) return call.fail(index.error());
  if (*index == call.db().index()) return call.fail(command::kSameObject);
  if (call.db().find_to_change(key) == nullptr) return call.reply().integer(0);
  Database target = call.database(*index);
  if (target.find_to_change(key) != nullptr) return call.reply().integer(0);
  call.db().move(key, key, target);
  call.db().notify(keyspace::kGenericEvent, "move_from", key);
  target.notify(keyspace::kGenericEvent, "move_to", key);
  call.reply().integer(1);
}

// As COPY's options are read; where one of them is wrong there are none.
void copy_targets(std::span<const std::string_view> words, std::vector<uint32_t>& out) {
  for (uint32_t at = 3; at < words.size(); ++at) {
    if (command::same_word(words[at], "REPLACE")) continue;
    if (!command::same_word(words[at], "DB") || at + 1 == words.size()) return out.clear();
    out.push_back(++at);
  }
}

constexpr auto kAllWords = [](uint16_t flags) { return command::keys_from(1, -1, 1, flags); };
constexpr uint32_t kPerKey = command::kRequestMultiShard | command::kResponseAggSum;

constexpr Spec kKeyRows[] = {
    {.name = "copy",
     .arity = -3,
     .flags = command::kWrite | command::kDenyOom,
     .keys = {command::key_at(1, command::kRO | command::kAccess), command::key_at(2, command::kOW | command::kUpdate)},
     .locks = LockClass::kKeys,
     .handler = copy,
     .group = Group::kGeneric,
     .since = "6.2.0",
     .summary = "Stores a copy of a key's value under another key.",
     .complexity = "O(1) for a string, O(N) for a collection of N elements.",
     .syntax = "source:k0 destination:k1 DB=destination-db:i? REPLACE?",
     .database_words = copy_targets},
    {.name = "del",
     .arity = -2,
     .flags = command::kWrite,
     .keys = {kAllWords(command::kRM | command::kDelete)},
     .locks = LockClass::kKeys,
     .handler = del,
     .group = Group::kGeneric,
     .tips = kPerKey,
     .since = "1.0.0",
     .summary = "Deletes keys.",
     .complexity = "O(N) for N keys; large values are freed in the background.",
     .syntax = "key:k0*"},
    {.name = "exists",
     .arity = -2,
     .flags = command::kReadOnly | command::kFast,
     .keys = {kAllWords(command::kRO)},
     .locks = LockClass::kKeys,
     .handler = exists,
     .group = Group::kGeneric,
     .tips = kPerKey,
     .since = "1.0.0",
     .summary = "Counts how many of the named keys are there.",
     .complexity = "O(N) for N keys.",
     .history = "3.0.3 Takes several keys.",
     .syntax = "key:k0*"},
    {.name = "move",
     .arity = 3,
     .flags = command::kWrite | command::kFast,
     .keys = {command::key_at(1, command::kRW | command::kAccess | command::kUpdate)},
     .locks = LockClass::kKeys,
     .handler = move,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .summary = "Moves a key to another database.",
     .complexity = "O(1)",
     .syntax = "key:k0 db:i",
     .database_words = [](auto, std::vector<uint32_t>& out) { out.push_back(2); }},
    {.name = "rename",
     .arity = 3,
     .flags = command::kWrite,
     .keys = {command::key_at(1, command::kRW | command::kAccess | command::kDelete),
              command::key_at(2, command::kOW | command::kUpdate)},
     .locks = LockClass::kKeys,
     .handler = rename,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .summary = "Gives a key another name, over what is there.",
     .complexity = "O(1)",
     .syntax = "key:k0 newkey:k1"},
    {.name = "renamenx",
     .arity = 3,
     .flags = command::kWrite | command::kFast,
     .keys = {command::key_at(1, command::kRW | command::kAccess | command::kDelete),
              command::key_at(2, command::kOW | command::kInsert)},
     .locks = LockClass::kKeys,
     .handler = rename_nx,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .summary = "Gives a key another name unless that is taken.",
     .complexity = "O(1)",
     .history = "3.2.0 Lets a key have the name that it has.",
     .syntax = "key:k0 newkey:k1"},
    {.name = "touch",
     .arity = -2,
     .flags = command::kReadOnly | command::kFast,
     .keys = {kAllWords(command::kRO)},
     .locks = LockClass::kKeys,
     .handler = touch,
     .group = Group::kGeneric,
     .tips = kPerKey,
     .since = "3.2.1",
     .summary = "Marks keys as used now; counts those that are there.",
     .complexity = "O(N) for N keys.",
     .syntax = "key:k0*"},
    {.name = "type",
     .arity = 2,
     .flags = command::kReadOnly | command::kFast,
     .keys = {command::key_at(1, command::kRO)},
     .locks = LockClass::kKeys,
     .handler = type,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .summary = "Names the type of the value at a key.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "unlink",
     .arity = -2,
     .flags = command::kWrite | command::kFast,
     .keys = {kAllWords(command::kRM | command::kDelete)},
     .locks = LockClass::kKeys,
     .handler = del,
     .group = Group::kGeneric,
     .tips = kPerKey,
     .since = "4.0.0",
     .summary = "Deletes keys; frees them in the background.",
     .complexity = "O(N) for N keys; large values are freed in the background.",
     .syntax = "key:k0*"},
};
static_assert(command::well_formed(kKeyRows));

}  // namespace

std::span<const Spec> key_commands() { return kKeyRows; }

}  // namespace commands
