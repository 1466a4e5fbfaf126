// The commands that push, pop and read elements of lists by their place.
#include <algorithm>

#include "commands/families.h"
#include "commands/lists_parts.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::kListEvent;
using keyspace::LockClass;
using keyspace::Missing;
using enum command::Flags;
using enum command::KeyFlags;

// Pushing.

void push(Call& call, ListEnd end, Missing missing) {
  auto list = call.edit<List>(call.key(0), missing);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.reply().integer(0);
  const auto texts = call.words().subspan(2);
  list->value().push(end, texts, list_limits(call));
  list->changed(texts.size(), kListEvent, push_event(end));
  call.reply().integer(static_cast<int64_t>(list->value().size()));
}

void lpush(Call& call) { push(call, ListEnd::kFront, Missing::kCreate); }
void rpush(Call& call) { push(call, ListEnd::kBack, Missing::kCreate); }
void lpushx(Call& call) { push(call, ListEnd::kFront, Missing::kNone); }
void rpushx(Call& call) { push(call, ListEnd::kBack, Missing::kNone); }

// Popping.

void pop_one(Call& call, ListEnd end) {
  auto list = call.edit<List>(call.key(0), Missing::kNone);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.reply().null();
  reply_element(call.reply(), list->value().at(end == ListEnd::kFront ? 0 : -1).get());
  list->value().pop(end, 1, list_limits(call));
  list->changed(1, kListEvent, pop_event(end));
}

void pop_many(Call& call, ListEnd end, uint64_t count) {
  auto list = call.edit<List>(call.key(0), Missing::kNone);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.reply().null_array();
  count = std::min(count, list->value().size());
  if (count == 0) return call.reply().array(0);
  reply_elements(call.reply(), list->value().at(end == ListEnd::kFront ? 0 : -1), count, other_end(end));
  list->value().pop(end, count, list_limits(call));
  list->changed(count, kListEvent, pop_event(end));
}

void pop(Call& call, ListEnd end) {
  if (call.count() == 2) return pop_one(call, end);
  if (call.count() > 3) {
    return call.fail(end == ListEnd::kFront ? "ERR wrong number of arguments for 'lpop' command"
                                            : "ERR wrong number of arguments for 'rpop' command");
  }
  const std::optional<int64_t> count = base::parse_int64(call.word(2));
  if (!count || *count < 0) return call.fail("ERR value is out of range, must be positive");
  pop_many(call, end, static_cast<uint64_t>(*count));
}

void lpop(Call& call) { pop(call, ListEnd::kFront); }
void rpop(Call& call) { pop(call, ListEnd::kBack); }

// By place.

void llen(Call& call) {
  const auto list = call.read<List>(call.key(0));
  if (!list) return call.fail(list.error());
  call.reply().integer(*list ? static_cast<int64_t>((*list)->size()) : 0);
}

void lindex(Call& call) {
  const auto list = call.read<List>(call.key(0));
  if (!list) return call.fail(list.error());
  if (!*list) return call.reply().null();
  const std::optional<int64_t> index = base::parse_int64(call.word(2));
  if (!index) return call.fail(command::kNotAnInteger);
  const ListCursor cursor = (*list)->at(*index);
  if (!cursor.valid()) return call.reply().null();
  reply_element(call.reply(), cursor.get());
}

void lset(Call& call) {
  auto list = call.edit<List>(call.key(0), Missing::kNone);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.fail(command::kNoSuchKey);
  const std::optional<int64_t> index = base::parse_int64(call.word(2));
  if (!index) return call.fail(command::kNotAnInteger);
  // The reference keeps 32 bits of the index, so that 4294967296 is the first element: a quirk kept for compatibility,
  // pinned by tests/transcripts/lists/places.
  const auto place = static_cast<int32_t>(*index);
  if (!list->value().set(place, call.word(3), list_limits(call))) return call.fail(command::kIndexOutOfRange);
  list->changed(1, kListEvent, "lset");
  call.reply().ok();
}

// The elements from `start` to `stop` of a list of `size`, both inclusive and from the end if they are negative.
struct Slice {
  uint64_t first = 0;
  uint64_t count = 0;
};

Slice slice(int64_t start, int64_t stop, uint64_t size) {
  const auto all = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + all, 0);
  if (stop < 0) stop += all;
  stop = std::min(stop, all - 1);
  if (start > stop || start >= all) return {size, 0};
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop - start + 1)};
}

void lrange(Call& call) {
  Args args(call.words(), 2);
  const int64_t start = args.integer();
  const int64_t stop = args.integer();
  if (args.failed()) return call.fail(args.error());
  const auto list = call.read<List>(call.key(0));
  if (!list) return call.fail(list.error());
  const Slice wanted = slice(start, stop, *list ? (*list)->size() : 0);
  if (wanted.count == 0) return call.reply().array(0);
  call.reply().array(wanted.count);
  ListCursor first = (*list)->at(static_cast<int64_t>(wanted.first));
  call.reply_in_slices(**list, wanted.count, [at = std::move(first), left = wanted.count](resp::Writer& reply) mutable {
    for (uint64_t some = std::min(left, command::kSliceElements); some > 0; --some, --left, at.step(ListEnd::kBack)) {
      reply_element(reply, at.get());
    }
    return left == 0;
  });
}

void ltrim(Call& call) {
  Args args(call.words(), 2);
  const int64_t start = args.integer();
  const int64_t stop = args.integer();
  if (args.failed()) return call.fail(args.error());
  auto list = call.edit<List>(call.key(0), Missing::kNone);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.reply().ok();
  const uint64_t size = list->value().size();
  const Slice kept = slice(start, stop, size);
  call.reply().ok();
  // What trims nothing is told as an event all the same, as in the reference, but not to who watches the key.
  if (kept.count == size) return call.db().notify(kListEvent, "ltrim", call.key(0));
  list->value().keep_range(kept.first, kept.count, list_limits(call));
  list->changed(size - kept.count, kListEvent, "ltrim");
}

constexpr Spec kLists[] = {
    {.name = "lpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = lpush,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Adds elements to the front of a list, which is made if there is none.",
     .complexity = "O(N) where N is the number of elements added",
     .history = "2.4.0 Takes several elements.",
     .syntax = "key:k0 element*"},
    {.name = "rpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = rpush,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Adds elements to the end of a list, which is made if there is none.",
     .complexity = "O(N) where N is the number of elements added",
     .history = "2.4.0 Takes several elements.",
     .syntax = "key:k0 element*"},
    {.name = "lpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = lpushx,
     .group = Group::kList,
     .since = "2.2.0",
     .summary = "Adds elements to the front of a list that exists.",
     .complexity = "O(N) where N is the number of elements added",
     .history = "4.0.0 Takes several elements.",
     .syntax = "key:k0 element*"},
    {.name = "rpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = rpushx,
     .group = Group::kList,
     .since = "2.2.0",
     .summary = "Adds elements to the end of a list that exists.",
     .complexity = "O(N) where N is the number of elements added",
     .history = "4.0.0 Takes several elements.",
     .syntax = "key:k0 element*"},
    {.name = "lpop",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kAccess | kDelete),
     .locks = LockClass::kKeys,
     .handler = lpop,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Takes elements from the front of a list.",
     .complexity = "O(N) where N is the number of elements taken",
     .history = "6.2.0 Knows `count`.",
     .syntax = "key:k0 count:i@6.2.0?"},
    {.name = "rpop",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kAccess | kDelete),
     .locks = LockClass::kKeys,
     .handler = rpop,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Takes elements from the end of a list.",
     .complexity = "O(N) where N is the number of elements taken",
     .history = "6.2.0 Knows `count`.",
     .syntax = "key:k0 count:i@6.2.0?"},
    {.name = "llen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = llen,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Counts the elements of a list.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "lindex",
     .arity = 3,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = lindex,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Reads the element at a place of a list.",
     .complexity = "O(N) where N is the number of elements between the place and the nearer end",
     .syntax = "key:k0 index:i"},
    {.name = "lset",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = lset,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Replaces the element at a place of a list.",
     .complexity = "O(N) where N is the number of elements between the place and the nearer end",
     .syntax = "key:k0 index:i element"},
    {.name = "lrange",
     .arity = 4,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = lrange,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Reads the elements between two places of a list.",
     .complexity = "O(S+N) where S is the distance of the first from the nearer end and N the number of elements read",
     .syntax = "key:k0 start:i stop:i"},
    {.name = "ltrim",
     .arity = 4,
     .flags = kWrite,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = ltrim,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Takes all elements from a list but those between two places.",
     .complexity = "O(N) where N is the number of elements taken",
     .syntax = "key:k0 start:i stop:i"},
};
static_assert(command::well_formed(kLists));

}  // namespace

std::span<const Spec> list_commands() { return kLists; }

}  // namespace commands
