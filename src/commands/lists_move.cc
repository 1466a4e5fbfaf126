// The commands that take elements from one list to another, or from the first of several that has some; and those that
// wait for one. A command that waits runs again, as the same handler, when one of its lists has elements.
#include <algorithm>
#include <string>

#include "command/timeout.h"
#include "commands/families.h"
#include "commands/lists_parts.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Error;
using command::Group;
using command::Spec;
using keyspace::Edit;
using keyspace::kListEvent;
using keyspace::LockClass;
using keyspace::Missing;
using enum command::Flags;
using enum command::KeyFlags;

struct Move {
  ListEnd from;
  ListEnd to;
};

// Source and destination are one list.
void rotate(Call& call, Edit<List>& list, Move move) {
  structures::Element::Buffer buffer;
  const ListCursor cursor = list->at(move.from == ListEnd::kFront ? 0 : -1);
  const std::string text(cursor.get().text(buffer));
  list->rotate(move.from, move.to, text, list_limits(call));
  list.changed(0, kListEvent, push_event(move.to));
  list.changed(1, kListEvent, pop_event(move.from));
  call.reply().bulk(text);
}

void move_element(Call& call, Move move) {
  auto source = call.edit<List>(call.key(0), Missing::kNone);
  if (!source) return call.fail(source.error());
  if (!source->exists()) return call.reply().null();
  if (call.key(0).text == call.key(1).text) return rotate(call, *source, move);
  auto destination = call.edit<List>(call.key(1), Missing::kCreate);
  if (!destination) return call.fail(destination.error());
  structures::Element::Buffer buffer;
  const ListCursor cursor = source->value().at(move.from == ListEnd::kFront ? 0 : -1);
  const std::string_view text = cursor.get().text(buffer);
  destination->value().push(move.to, {&text, 1}, list_limits(call));
  destination->changed(0, kListEvent, push_event(move.to));
  call.reply().bulk(text);
  source->value().pop(move.from, 1, list_limits(call));
  source->changed(1, kListEvent, pop_event(move.from));
}

void lmove(Call& call) {
  const std::optional<ListEnd> from = parse_list_end(call.word(3));
  const std::optional<ListEnd> to = parse_list_end(call.word(4));
  if (!from || !to) return call.fail(command::kSyntaxError);
  move_element(call, {*from, *to});
}

void rpoplpush(Call& call) { move_element(call, {ListEnd::kBack, ListEnd::kFront}); }

// Where the client may not wait it has a null, and after a wait in vain a null array: a quirk of the reference, pinned
// by tests/transcripts/lists/blocking.
void wait_and_move(Call& call, Move move, std::string_view timeout) {
  Args args = call.args();
  const int64_t timeout_ms = command::parse_timeout_seconds(args, timeout, call.now_ms());
  if (args.failed()) return call.fail(args.error());
  const auto source = call.peek<List>(call.key(0));
  if (!source) return call.fail(source.error());
  if (*source) return move_element(call, move);
  if (call.nested()) return call.reply().null();
  call.wait({.keys = call.keys().first(1), .type = keyspace::Type::kList, .timeout_ms = timeout_ms});
}

void blmove(Call& call) {
  const std::optional<ListEnd> from = parse_list_end(call.word(3));
  const std::optional<ListEnd> to = parse_list_end(call.word(4));
  if (!from || !to) return call.fail(command::kSyntaxError);
  wait_and_move(call, {*from, *to}, call.word(5));
}

void brpoplpush(Call& call) { wait_and_move(call, {ListEnd::kBack, ListEnd::kFront}, call.word(3)); }

// Takes up to `count` elements and answers key and elements. False: there is no list; an error is answered, too.
bool pop_from(Call& call, const keyspace::Key& key, ListEnd end, uint64_t count) {
  auto list = call.edit<List>(key, Missing::kNone);
  if (!list) {
    call.fail(list.error());
    return true;
  }
  if (!list->exists()) return false;
  count = std::min(count, list->value().size());
  call.reply().array(2);
  call.reply().bulk(key.text);
  reply_elements(call.reply(), list->value().at(end == ListEnd::kFront ? 0 : -1), count, other_end(end));
  list->value().pop(end, count, list_limits(call));
  list->changed(count, kListEvent, pop_event(end));
  return true;
}

// The same with one element, answered in a row with its key.
bool pop_one_from(Call& call, const keyspace::Key& key, ListEnd end) {
  auto list = call.edit<List>(key, Missing::kNone);
  if (!list) {
    call.fail(list.error());
    return true;
  }
  if (!list->exists()) return false;
  call.reply().array(2);
  call.reply().bulk(key.text);
  reply_element(call.reply(), list->value().at(end == ListEnd::kFront ? 0 : -1).get());
  list->value().pop(end, 1, list_limits(call));
  list->changed(1, kListEvent, pop_event(end));
  return true;
}

void wait_and_pop(Call& call, ListEnd end) {
  Args args = call.args();
  const int64_t timeout_ms = command::parse_timeout_seconds(args, call.words().back(), call.now_ms());
  if (args.failed()) return call.fail(args.error());
  for (const keyspace::Key& key : call.keys()) {
    if (call.holds(key) && pop_one_from(call, key, end)) return;
  }
  call.wait({.keys = call.keys(), .type = keyspace::Type::kList, .timeout_ms = timeout_ms});
}

void blpop(Call& call) { wait_and_pop(call, ListEnd::kFront); }
void brpop(Call& call) { wait_and_pop(call, ListEnd::kBack); }

// What LMPOP and BLMPOP say behind their keys.
struct ManyPop {
  ListEnd end = ListEnd::kFront;
  uint64_t count = 1;
};

// `args` stands at the number of keys.
ManyPop parse_many_pop(Args& args) {
  ManyPop out;
  const int64_t keys = args.integer(1, INT64_MAX, Error("ERR numkeys should be greater than 0"));
  if (args.failed()) return out;
  if (static_cast<uint64_t>(keys) >= args.left()) {
    args.fail(command::kSyntaxError);
    return out;
  }
  args.skip(static_cast<size_t>(keys));
  const std::optional<ListEnd> end = parse_list_end(args.text());
  if (!end) args.fail(command::kSyntaxError);
  out.end = end.value_or(ListEnd::kFront);
  if (args.left() >= 2 && args.accept("count")) {
    out.count = static_cast<uint64_t>(args.integer(1, INT64_MAX, Error("ERR count should be greater than 0")));
  }
  args.done();
  return out;
}

void lmpop(Call& call) {
  Args args = call.args();
  const ManyPop what = parse_many_pop(args);
  if (args.failed()) return call.fail(args.error());
  for (const keyspace::Key& key : call.keys()) {
    if (pop_from(call, key, what.end, what.count)) return;
  }
  call.reply().null_array();
}

void blmpop(Call& call) {
  Args args = call.args();
  args.skip();
  const ManyPop what = parse_many_pop(args);
  if (args.failed()) return call.fail(args.error());
  const int64_t timeout_ms = command::parse_timeout_seconds(args, call.word(1), call.now_ms());
  if (args.failed()) return call.fail(args.error());
  for (const keyspace::Key& key : call.keys()) {
    if (call.holds(key) && pop_from(call, key, what.end, what.count)) return;
  }
  call.wait({.keys = call.keys(), .type = keyspace::Type::kList, .timeout_ms = timeout_ms});
}

constexpr command::KeySpecs kFromTo = {command::key_at(1, kRW | kAccess | kDelete), command::key_at(2, kRW | kInsert)};

constexpr Spec kMoves[] = {
    {.name = "lmove",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = kFromTo,
     .locks = LockClass::kKeys,
     .handler = lmove,
     .group = Group::kList,
     .since = "6.2.0",
     .summary = "Takes an element from either end of a list to either end of another.",
     .complexity = "O(1)",
     .syntax = "source:k0 destination:k1 wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT)"},
    {.name = "rpoplpush",
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .keys = kFromTo,
     .locks = LockClass::kKeys,
     .handler = rpoplpush,
     .group = Group::kList,
     .since = "1.2.0",
     .summary = "Takes the last element of a list to the front of another.",
     .complexity = "O(1)",
     .syntax = "source:k0 destination:k1"},
    {.name = "lmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = lmpop,
     .group = Group::kList,
     .since = "7.0.0",
     .summary = "Takes elements from the first of several lists that has some.",
     .complexity = "O(N+M) where N is the number of keys and M the number of elements taken",
     .syntax = "numkeys:i key:k0* where(LEFT|RIGHT) COUNT=count:i?"},
};
static_assert(command::well_formed(kMoves));

constexpr Spec kWaits[] = {
    {.name = "blpop",
     .arity = -3,
     .flags = kWrite | kBlocking,
     .keys = {command::keys_from(1, -2, 1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = blpop,
     .group = Group::kList,
     .since = "2.0.0",
     .summary = "Takes the first element of the first of several lists that has one; waits until there is one.",
     .complexity = "O(N) where N is the number of keys",
     .history = "6.0.0 Takes `timeout` with fractions.",
     .syntax = "key:k0* timeout:d"},
    {.name = "brpop",
     .arity = -3,
     .flags = kWrite | kBlocking,
     .keys = {command::keys_from(1, -2, 1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = brpop,
     .group = Group::kList,
     .since = "2.0.0",
     .summary = "Takes the last element of the first of several lists that has one; waits until there is one.",
     .complexity = "O(N) where N is the number of keys",
     .history = "6.0.0 Takes `timeout` with fractions.",
     .syntax = "key:k0* timeout:d"},
    {.name = "blmove",
     .arity = 6,
     .flags = kWrite | kDenyOom | kBlocking,
     .keys = kFromTo,
     .locks = LockClass::kKeys,
     .handler = blmove,
     .group = Group::kList,
     .since = "6.2.0",
     .summary = "Takes an element from either end of a list to either end of another; waits until there is one.",
     .complexity = "O(1)",
     .syntax = "source:k0 destination:k1 wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT) timeout:d"},
    {.name = "brpoplpush",
     .arity = 4,
     .flags = kWrite | kDenyOom | kBlocking,
     .keys = kFromTo,
     .locks = LockClass::kKeys,
     .handler = brpoplpush,
     .group = Group::kList,
     .since = "2.2.0",
     .summary = "Takes the last element of a list to the front of another; waits until there is one.",
     .complexity = "O(1)",
     .history = "6.0.0 Takes `timeout` with fractions.",
     .syntax = "source:k0 destination:k1 timeout:d"},
    {.name = "blmpop",
     .arity = -5,
     .flags = kWrite | kBlocking | kMovableKeys,
     .keys = {command::counted_keys(2, 1, kRW | kAccess | kDelete)},
     .locks = LockClass::kKeys,
     .handler = blmpop,
     .group = Group::kList,
     .since = "7.0.0",
     .summary = "Takes elements from the first of several lists that has some; waits until there are some.",
     .complexity = "O(N+M) where N is the number of keys and M the number of elements taken",
     .syntax = "timeout:d numkeys:i key:k0* where(LEFT|RIGHT) COUNT=count:i?"},
};
static_assert(command::well_formed(kWaits));

}  // namespace

std::span<const Spec> list_move_commands() { return kMoves; }
std::span<const Spec> list_waiting_commands() { return kWaits; }

}  // namespace commands
