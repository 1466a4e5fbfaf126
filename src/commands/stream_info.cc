// XINFO: what a stream, its groups and their consumers are like.
#include <array>

#include "commands/families.h"
#include "commands/streams_arguments.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using values::Consumer;
using values::ConsumerGroup;
using values::PendingEntry;
using values::Stream;
using values::StreamId;
using values::StreamReader;
using enum command::Flags;
using enum command::KeyFlags;

// Values under their names.

void name_value(Call& call, std::string_view name, uint64_t value) {
  call.reply().bulk(name);
  call.reply().integer(static_cast<int64_t>(value));
}

void name_value(Call& call, std::string_view name, StreamId value) {
  call.reply().bulk(name);
  reply_stream_id(call, value);
}

void name_text(Call& call, std::string_view name, std::string_view value) {
  call.reply().bulk(name);
  call.reply().bulk(value);
}

void name_lag(Call& call, const Stream& stream, const ConsumerGroup& group) {
  call.reply().bulk("entries-read");
  if (group.entries_read == ConsumerGroup::kUnknown) {
    call.reply().null();
  } else {
    call.reply().integer(group.entries_read);
  }
  call.reply().bulk("lag");
  if (const auto lag = stream.lag(group)) {
    call.reply().integer(static_cast<int64_t>(*lag));
  } else {
    call.reply().null();
  }
}

// The stream; none, and the reply has told it, if there is none.
std::optional<Stream> find_stream(Call& call) {
  const auto stream = call.read<Stream>(call.key(0));
  if (!stream) return call.fail(stream.error()), std::nullopt;
  if (!*stream) call.fail(command::kNoSuchKey);
  return *stream;
}

// XINFO STREAM.

void stream_counters(Call& call, const Stream& stream) {
  const values::StreamCounters& counters = stream.counters();
  name_value(call, "length", counters.length);
  name_value(call, "radix-tree-keys", stream.nodes().size());
  name_value(call, "radix-tree-nodes", stream.radix_nodes());
  name_value(call, "last-generated-id", counters.last_id);
  name_value(call, "max-deleted-entry-id", counters.max_deleted_id);
  name_value(call, "entries-added", counters.entries_added);
  name_value(call, "recorded-first-entry-id", counters.first_id);
}

void end_entry(Call& call, const Stream& stream, StreamReader::Direction direction) {
  StreamReader reader(stream, StreamId::least(), StreamId::greatest(), direction);
  if (reader.next()) {
    reply_stream_entry(call, reader);
  } else {
    call.reply().null();
  }
}

void stream_summary(Call& call, const Stream& stream) {
  call.reply().map(10);
  stream_counters(call, stream);
  name_value(call, "groups", stream.groups().size());
  call.reply().bulk("first-entry");
  end_entry(call, stream, StreamReader::Direction::kForward);
  call.reply().bulk("last-entry");
  end_entry(call, stream, StreamReader::Direction::kBackward);
}

// `most` is how many elements of each kind are told at most.
void full_consumer(Call& call, const ConsumerGroup& group, const Consumer& consumer, uint64_t most) {
  resp::Writer& reply = call.reply();
  reply.map(5);
  name_text(call, "name", consumer.name());
  name_value(call, "seen-time", static_cast<uint64_t>(consumer.seen_ms));
  name_value(call, "active-time", static_cast<uint64_t>(consumer.active_ms));
  name_value(call, "pel-count", consumer.pending().size());
  reply.bulk("pending");
  uint64_t left = std::min(most, consumer.pending().size());
  reply.array(left);
  for (auto at = consumer.pending().first(); at && left > 0; at.next(), --left) {
    const PendingEntry* entry = group.pending().find(at->id);
    reply.array(3);
    reply_stream_id(call, entry->id);
    reply.integer(entry->delivered_ms);
    reply.integer(static_cast<int64_t>(entry->deliveries));
  }
}

void full_group(Call& call, const Stream& stream, const ConsumerGroup& group, uint64_t most) {
  resp::Writer& reply = call.reply();
  reply.map(7);
  name_text(call, "name", group.name());
  name_value(call, "last-delivered-id", group.last_id);
  name_lag(call, stream, group);
  name_value(call, "pel-count", group.pending().size());
  reply.bulk("pending");
  uint64_t left = std::min(most, group.pending().size());
  reply.array(left);
  for (auto at = group.pending().first(); at && left > 0; at.next(), --left) {
    reply.array(4);
    reply_stream_id(call, at->id);
    reply.bulk(at->consumer->name());
    reply.integer(at->delivered_ms);
    reply.integer(static_cast<int64_t>(at->deliveries));
  }
  reply.bulk("consumers");
  reply.array(group.consumers().size());
  for (auto at = group.consumers().first(); at; at.next()) full_consumer(call, group, **at, most);
}

void stream_full(Call& call, const Stream& stream, uint64_t most) {
  resp::Writer& reply = call.reply();
  reply.map(9);
  stream_counters(call, stream);
  reply.bulk("entries");
  uint64_t left = std::min(most, stream.size());
  reply.array(left);
  StreamReader reader(stream, StreamId::least(), StreamId::greatest(), StreamReader::Direction::kForward);
  for (; left > 0 && reader.next(); --left) reply_stream_entry(call, reader);
  reply.bulk("groups");
  reply.array(stream.groups().size());
  for (auto at = stream.groups().first(); at; at.next()) full_group(call, stream, **at, most);
}

void info_stream(Call& call) {
  constexpr int64_t kDefaultCount = 10;
  const auto stream = find_stream(call);
  if (!stream) return;
  if (call.count() == 3) return stream_summary(call, *stream);
  Args args(call.words(), 3);
  const bool has_count = call.count() == 6;
  const bool is_right = (call.count() == 4 || has_count) && args.accept("FULL") && (!has_count || args.accept("COUNT"));
  if (!is_right) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  const int64_t count = has_count ? args.integer() : kDefaultCount;
  if (args.failed()) return call.fail(args.error());
  stream_full(call, *stream, count == 0 ? UINT64_MAX : static_cast<uint64_t>(count < 0 ? kDefaultCount : count));
}

// XINFO GROUPS and CONSUMERS.

void info_groups(Call& call) {
  const auto stream = find_stream(call);
  if (!stream) return;
  call.reply().array(stream->groups().size());
  for (auto at = stream->groups().first(); at; at.next()) {
    const ConsumerGroup& group = **at;
    call.reply().map(6);
    name_text(call, "name", group.name());
    name_value(call, "consumers", group.consumers().size());
    name_value(call, "pending", group.pending().size());
    name_value(call, "last-delivered-id", group.last_id);
    name_lag(call, *stream, group);
  }
}

void info_consumers(Call& call) {
  const auto stream = find_stream(call);
  if (!stream) return;
  const ConsumerGroup* group = stream->group(call.word(3));
  if (group == nullptr) return call.fail(no_such_group_of(call.word(2), call.word(3)));
  call.reply().array(group->consumers().size());
  const auto since = [&](int64_t time_ms) {
    return static_cast<uint64_t>(std::max<int64_t>(0, call.now_ms() - time_ms));
  };
  for (auto at = group->consumers().first(); at; at.next()) {
    const Consumer& consumer = **at;
    call.reply().map(4);
    name_text(call, "name", consumer.name());
    name_value(call, "pending", consumer.pending().size());
    name_value(call, "idle", since(consumer.seen_ms));
    call.reply().bulk("inactive");
    call.reply().integer(consumer.active_ms == Consumer::kNever ? -1 : static_cast<int64_t>(since(consumer.active_ms)));
  }
}

void info_help(Call& call) {
  constexpr std::array<std::string_view, 9> kLines{
      "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "CONSUMERS <key> <groupname>",
      "    The consumers of the group.",
      "GROUPS <key>",
      "    The groups of the stream.",
      "STREAM <key> [FULL [COUNT <count>]",
      "    What the stream is like, with FULL also its entries, groups and consumers.",
      "HELP",
      "    This text.",
  };
  call.reply().array(kLines.size());
  for (const std::string_view line : kLines) call.reply().simple(line);
}

constexpr command::KeySpecs kKey = {command::key_at(2, kRO | kAccess)};

constexpr Spec kInfo[] = {
    {.name = "xinfo",
     .arity = -2,
     .locks = LockClass::kNone,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Commands that tell about streams.",
     .complexity = "Depends on the subcommand."},
    {.name = "xinfo|consumers",
     .arity = 4,
     .flags = kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = info_consumers,
     .group = Group::kStream,
     .tips = command::kNondeterministicOutput,
     .since = "5.0.0",
     .summary = "Lists the consumers of a group.",
     .complexity = "O(1)",
     .history = "7.2.0 Tells `inactive`, and `idle` is since the last attempt.",
     .syntax = "key:k0 group"},
    {.name = "xinfo|groups",
     .arity = 3,
     .flags = kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = info_groups,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Lists the consumer groups of a stream.",
     .complexity = "O(1)",
     .history = "7.0.0 Tells `entries-read` and `lag`.",
     .syntax = "key:k0"},
    {.name = "xinfo|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .locks = LockClass::kNone,
     .handler = info_help,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Describes the subcommands of XINFO.",
     .complexity = "O(1)"},
    {.name = "xinfo|stream",
     .arity = -3,
     .flags = kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = info_stream,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Tells what a stream is like.",
     .complexity = "O(1)",
     .history = "6.0.0 Knows `FULL`.\n"
                "7.0.0 Tells `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and "
                "`lag`.\n"
                "7.2.0 Tells `active-time`, and `seen-time` is that of the last attempt.",
     .syntax = "key:k0 full-block[FULL COUNT=count:i?]?"},
};
static_assert(command::well_formed(kInfo));

}  // namespace

std::span<const Spec> stream_info_commands() { return kInfo; }

}  // namespace commands
