// XGROUP, and what groups know of entries that were delivered: XACK and XPENDING.
#include <array>

#include "commands/families.h"
#include "commands/streams_arguments.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using keyspace::Missing;
using values::Consumer;
using values::ConsumerGroup;
using values::PendingEntry;
using values::Stream;
using values::StreamId;
using enum command::Flags;
using enum command::KeyFlags;
using StreamEdit = keyspace::Edit<Stream>;

constexpr base::Error kNoStream{
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option "
    "to create an empty stream automatically."};

// XGROUP. Its words are: XGROUP subcommand key group...

struct GroupOptions {
  bool make_stream = false;
  int64_t entries_read = ConsumerGroup::kUnknown;
};

// False: the reply has told what is wrong.
bool read_group_options(Call& call, bool creates, GroupOptions& options) {
  Args args(call.words(), 5);
  while (args.more()) {
    if (creates && args.accept("MKSTREAM")) {
      options.make_stream = true;
    } else if (args.left() > 1 && args.accept("ENTRIESREAD")) {
      options.entries_read = args.integer();
      if (!args.failed() && options.entries_read < 0 && options.entries_read != ConsumerGroup::kUnknown) {
        args.fail(base::Error{"ERR value for ENTRIESREAD must be positive or -1"});
      }
    } else {
      return call.fail(command::wrong_subcommand(call.word(0), call.word(1))), false;
    }
  }
  if (args.failed()) call.fail(args.error());
  return !args.failed();
}

// The group that the words name; null, and the reply has told it, if there is none.
ConsumerGroup* find_group(Call& call, base::Result<StreamEdit>& stream) {
  if (!stream) return call.fail(stream.error()), nullptr;
  if (!stream->exists()) return call.fail(kNoStream), nullptr;
  ConsumerGroup* group = stream->value().group(call.word(3));
  if (group == nullptr) call.fail(no_such_group_of(call.word(2), call.word(3)));
  return group;
}

void group_create(Call& call) {
  GroupOptions options;
  if (!read_group_options(call, true, options)) return;
  const auto there = call.peek<Stream>(call.key(0));
  if (!there) return call.fail(there.error());
  if (!*there && !options.make_stream) return call.fail(kNoStream);
  if (call.count() > 8) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  StreamId id;
  if (call.word(4) != "$") {
    const auto given = values::parse_stream_id(call.word(4), 0);
    if (!given) return call.fail(kInvalidStreamId);
    id = *given;
  } else if (*there) {
    id = (*there)->counters().last_id;
  }
  auto stream = call.edit<Stream>(call.key(0), Missing::kCreate);
  if (!stream) return call.fail(stream.error());
  if (stream->value().group(call.word(3)) != nullptr) {
    return call.fail(base::Error{"BUSYGROUP Consumer Group name already exists"});
  }
  stream->value().add_group(call.word(3), id, options.entries_read);
  if (stream->is_new()) stream->changed(0);
  group_changed(call, call.key(0), "xgroup-create");
  call.reply().ok();
}

void group_set_id(Call& call) {
  GroupOptions options;
  if (!read_group_options(call, false, options)) return;
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  ConsumerGroup* group = find_group(call, stream);
  if (group == nullptr) return;
  if (call.count() > 7) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  const auto id = call.word(4) == "$" ? stream->value().counters().last_id : parse_stream_id_or_end(call.word(4), 0);
  if (!id) return call.fail(kInvalidStreamId);
  group->last_id = *id;
  group->entries_read = options.entries_read;
  group_changed(call, call.key(0), "xgroup-setid");
  call.reply().ok();
}

void group_destroy(Call& call) {
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  if (!stream->exists()) return call.fail(kNoStream);
  if (!stream->value().erase_group(call.word(3))) return call.reply().integer(0);
  group_changed(call, call.key(0), "xgroup-destroy");
  call.db().key_ready(call.key(0));  // who waits for entries of the group learns that it is gone
  call.reply().integer(1);
}

void group_create_consumer(Call& call) {
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  ConsumerGroup* group = find_group(call, stream);
  if (group == nullptr) return;
  if (group->consumer(call.word(4)) != nullptr) return call.reply().integer(0);
  seen_consumer(call, call.key(0), *group, call.word(4));
  call.reply().integer(1);
}

void group_delete_consumer(Call& call) {
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  ConsumerGroup* group = find_group(call, stream);
  if (group == nullptr) return;
  Consumer* consumer = group->consumer(call.word(4));
  if (consumer == nullptr) return call.reply().integer(0);
  call.reply().integer(static_cast<int64_t>(consumer->pending().size()));
  group->erase_consumer(*consumer);
  group_changed(call, call.key(0), "xgroup-delconsumer");
}

void group_help(Call& call) {
  constexpr std::array<std::string_view, 17> kLines{
      "XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "CREATE <key> <groupname> <id|$> [option]",
      "    A new group that has read up to <id>, or all that is there ($).",
      "    * MKSTREAM",
      "      An empty stream is created if there is none.",
      "    * ENTRIESREAD entries_read",
      "      How many entries count as read.",
      "CREATECONSUMER <key> <groupname> <consumer>",
      "    A new consumer in the group.",
      "DELCONSUMER <key> <groupname> <consumer>",
      "    The consumer goes, and what is pending for it.",
      "DESTROY <key> <groupname>",
      "    The group goes.",
      "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
      "    The group has read up to <id>.",
      "HELP",
      "    This text.",
  };
  call.reply().array(kLines.size());
  for (const std::string_view line : kLines) call.reply().simple(line);
}

// XACK.

void xack(Call& call) {
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  ConsumerGroup* group = stream->exists() ? stream->value().group(call.word(2)) : nullptr;
  if (group == nullptr) return call.reply().integer(0);
  const auto ids = call.words().subspan(3);
  if (!are_stream_ids(ids)) return call.fail(kInvalidStreamId);
  uint64_t acknowledged = 0;
  for (const std::string_view word : ids) {
    if (group->acknowledge(*values::parse_stream_id(word, 0))) ++acknowledged;
  }
  call.db().count_changes(acknowledged);
  call.reply().integer(static_cast<int64_t>(acknowledged));
}

// XPENDING.

struct PendingFilter {
  int64_t min_idle_ms = 0;
  StreamId first;
  StreamId last;
  int64_t count = 0;
  std::optional<std::string_view> consumer;
};

// Behind the group: [IDLE ms] start end count [consumer]. The count is checked first.
PendingFilter read_filter(Call& call, Args& args) {
  PendingFilter filter;
  if (args.accept("IDLE")) {
    filter.min_idle_ms = args.integer();
    if (call.count() < 8) args.fail(command::kSyntaxError);
    if (args.failed()) return filter;
  }
  Args count = args;
  count.skip(2);
  filter.count = std::max<int64_t>(count.integer(), 0);
  if (count.failed()) {
    args.fail(count.error());
    return filter;
  }
  filter.first = read_interval_start(args);
  filter.last = read_interval_end(args);
  args.skip();
  if (args.more()) filter.consumer = args.text();
  return filter;
}

void reply_pending_summary(Call& call, const ConsumerGroup& group) {
  resp::Writer& reply = call.reply();
  reply.array(4);
  reply.integer(static_cast<int64_t>(group.pending().size()));
  if (group.pending().empty()) {
    reply.null();
    reply.null();
    reply.null_array();
    return;
  }
  reply_stream_id(call, group.pending().first()->id);
  reply_stream_id(call, group.pending().last()->id);
  const auto open = reply.open_array();
  size_t consumers = 0;
  for (auto at = group.consumers().first(); at; at.next()) {
    const Consumer& consumer = **at;
    if (consumer.pending().empty()) continue;
    reply.array(2);
    reply.bulk(consumer.name());
    reply.bulk_integer(static_cast<int64_t>(consumer.pending().size()));
    ++consumers;
  }
  reply.close(open, consumers);
}

// Adds the entry to the reply unless it was delivered too recently.
bool reply_pending_entry(Call& call, const PendingFilter& filter, const PendingEntry& entry) {
  const int64_t idle_ms = call.now_ms() - entry.delivered_ms;
  if (filter.min_idle_ms != 0 && idle_ms < filter.min_idle_ms) return false;
  call.reply().array(4);
  reply_stream_id(call, entry.id);
  call.reply().bulk(entry.consumer->name());
  call.reply().integer(std::max<int64_t>(idle_ms, 0));
  call.reply().integer(static_cast<int64_t>(entry.deliveries));
  return true;
}

void reply_pending_entries(Call& call, const ConsumerGroup& group, const PendingFilter& filter) {
  const Consumer* consumer = filter.consumer ? group.consumer(*filter.consumer) : nullptr;
  if (filter.consumer && consumer == nullptr) return call.reply().array(0);
  const auto open = call.reply().open_array();
  int64_t written = 0;
  if (consumer != nullptr) {
    auto at = consumer->pending().lower_bound(filter.first);
    for (; at && at->id <= filter.last && written < filter.count; at.next()) {
      if (reply_pending_entry(call, filter, *group.pending().find(at->id))) ++written;
    }
  } else {
    auto at = group.pending().lower_bound(filter.first);
    for (; at && at->id <= filter.last && written < filter.count; at.next()) {
      if (reply_pending_entry(call, filter, *at)) ++written;
    }
  }
  call.reply().close(open, static_cast<size_t>(written));
}

void xpending(Call& call) {
  const bool is_summary = call.count() == 3;
  if (!is_summary && (call.count() < 6 || call.count() > 9)) return call.fail(command::kSyntaxError);
  Args args(call.words(), 3);
  const PendingFilter filter = is_summary ? PendingFilter() : read_filter(call, args);
  if (args.failed()) return call.fail(args.error());
  const auto stream = call.read<Stream>(call.key(0));
  if (!stream) return call.fail(stream.error());
  const ConsumerGroup* group = *stream ? (*stream)->group(call.word(2)) : nullptr;
  if (group == nullptr) return call.fail(no_such_group(call.word(1), call.word(2)));
  if (is_summary) return reply_pending_summary(call, *group);
  reply_pending_entries(call, *group, filter);
}

constexpr command::KeySpecs key_of_subcommand(uint16_t flags) { return {command::key_at(2, flags)}; }

constexpr Spec kGroups[] = {
    {.name = "xgroup",
     .arity = -2,
     .locks = LockClass::kNone,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Commands about the consumer groups of a stream.",
     .complexity = "Depends on the subcommand."},
    {.name = "xgroup|create",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = key_of_subcommand(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = group_create,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Creates a consumer group.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `ENTRIESREAD`.",
     .syntax = "key:k0 group id-selector(id|'$'/new-id) MKSTREAM? ENTRIESREAD=entriesread/entries-read:i?"},
    {.name = "xgroup|createconsumer",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = key_of_subcommand(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = group_create_consumer,
     .group = Group::kStream,
     .since = "6.2.0",
     .summary = "Creates a consumer in a group.",
     .complexity = "O(1)",
     .syntax = "key:k0 group consumer"},
    {.name = "xgroup|delconsumer",
     .arity = 5,
     .flags = kWrite,
     .keys = key_of_subcommand(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = group_delete_consumer,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Deletes a consumer of a group, and what is pending for it.",
     .complexity = "O(1)",
     .syntax = "key:k0 group consumer"},
    {.name = "xgroup|destroy",
     .arity = 4,
     .flags = kWrite,
     .keys = key_of_subcommand(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = group_destroy,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Deletes a consumer group.",
     .complexity = "O(N), N being the group's pending entries.",
     .syntax = "key:k0 group"},
    {.name = "xgroup|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .locks = LockClass::kNone,
     .handler = group_help,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Describes the subcommands of XGROUP.",
     .complexity = "O(1)"},
    {.name = "xgroup|setid",
     .arity = -5,
     .flags = kWrite,
     .keys = key_of_subcommand(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = group_set_id,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Sets up to which entry a group has read.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `ENTRIESREAD`.",
     .syntax = "key:k0 group id-selector(id|'$'/new-id) ENTRIESREAD=entriesread/entries-read:i?"},
    {.name = "xack",
     .arity = -4,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = xack,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Acknowledges entries of a consumer group and counts those that were pending.",
     .complexity = "O(1) for each id.",
     .syntax = "key:k0 group id*"},
    {.name = "xpending",
     .arity = -3,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = xpending,
     .group = Group::kStream,
     .tips = command::kNondeterministicOutput,
     .since = "5.0.0",
     .summary = "Tells which entries of a consumer group are pending.",
     .complexity = "O(N), N being the entries that are answered or skipped; O(consumers) for the summary.",
     .history = "6.2.0 Knows `IDLE`, and `(` before an id that is not to be included.",
     .syntax = "key:k0 group filters[IDLE=min-idle-time:i@6.2.0? start end count:i consumer?]?"},
};
static_assert(command::well_formed(kGroups));

}  // namespace

std::span<const Spec> stream_group_commands() { return kGroups; }

}  // namespace commands
