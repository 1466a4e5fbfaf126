// Commands that read entries of streams: ranges, what came since an id, and what a consumer group has not read yet.
#include <vector>

#include "command/timeout.h"
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
using values::Consumer;
using values::ConsumerGroup;
using values::PendingEntry;
using values::Stream;
using values::StreamId;
using values::StreamReader;
using Direction = values::StreamReader::Direction;
using enum command::Flags;
using enum command::KeyFlags;

// XRANGE and XREVRANGE.

void range(Call& call, Direction direction) {
  Args args(call.words(), 2);
  Args ends(call.words(), 2);
  StreamId first;
  StreamId last;
  if (direction == Direction::kBackward) {
    ends.skip();
    first = read_interval_start(ends);
    last = read_interval_end(args);
  } else {
    first = read_interval_start(args);
    last = read_interval_end(args);
  }
  if (ends.failed()) return call.fail(ends.error());
  if (direction == Direction::kBackward) args.skip();
  std::optional<int64_t> count;
  while (args.more()) {
    if (args.left() > 1 && args.accept("COUNT")) {
      count = std::max<int64_t>(args.integer(), 0);
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.failed()) return call.fail(args.error());
  const auto stream = call.read<Stream>(call.key(0));
  if (!stream) return call.fail(stream.error());
  if (!*stream) return call.reply().array(0);
  if (count == 0) return call.reply().null_array();
  StreamReader reader(**stream, first, last, direction);
  const auto open = call.reply().open_array();
  size_t written = 0;
  while ((!count || written < static_cast<uint64_t>(*count)) && reader.next()) {
    reply_stream_entry(call, reader);
    ++written;
  }
  call.reply().close(open, written);
}

void xrange(Call& call) { range(call, Direction::kForward); }

void xrevrange(Call& call) { range(call, Direction::kBackward); }

// XREAD and XREADGROUP.

constexpr base::Error kGroupOfXread{"ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."};
constexpr base::Error kNoackOfXread{"ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."};
constexpr base::Error kNewOfXread{
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."};
constexpr base::Error kDollarOfGroup{
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
    "specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."};
constexpr base::Error kPlusOfGroup{
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
    "specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set."};
struct ReadOptions {
  bool of_group = false;  // XREADGROUP
  bool has_group = false;
  std::string_view group;
  std::string_view consumer;
  bool no_acknowledge = false;
  uint64_t count = 0;  // zero: no limit
  std::optional<int64_t> timeout_ms;
  std::span<const std::string_view> ids;
};

// What a stream is asked for: entries behind an id.
struct ReadFrom {
  StreamId id;
  bool is_new = false;  // ">": what the group has not read yet
};

constexpr base::Error kUnbalanced{
    "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."};
constexpr base::Error kUnbalancedOfGroup{
    "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."};

// False: the reply has told what is wrong.
bool read_options(Call& call, ReadOptions& options) {
  Args args(call.words(), 1);
  while (args.more() && options.ids.empty()) {
    const size_t behind = args.left() - 1;
    if (behind >= 1 && args.accept("BLOCK")) {
      options.timeout_ms = command::timeout_ms(args, call.now_ms());
    } else if (behind >= 1 && args.accept("COUNT")) {
      options.count = static_cast<uint64_t>(std::max<int64_t>(args.integer(), 0));
    } else if (behind >= 1 && args.accept("STREAMS")) {
      if (behind % 2 != 0) return call.fail(options.of_group ? kUnbalancedOfGroup : kUnbalanced), false;
      options.ids = call.words().last(behind / 2);
    } else if (behind >= 2 && args.accept("GROUP")) {
      if (!options.of_group) args.fail(kGroupOfXread);
      options.has_group = true;
      options.group = args.text();
      options.consumer = args.text();
    } else if (args.accept("NOACK")) {
      if (!options.of_group) args.fail(kNoackOfXread);
      options.no_acknowledge = true;
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (options.ids.empty()) args.fail(command::kSyntaxError);
  if (options.of_group && !options.has_group) args.fail(base::Error{"ERR Missing GROUP option for XREADGROUP"});
  if (args.failed()) call.fail(args.error());
  return !args.failed();
}

// Looks at one stream before any is read. False: the reply has told what is wrong.
bool check_stream(Call& call, size_t at, const ReadOptions& options, ReadFrom& from) {
  const keyspace::Key& key = call.key(at);
  if (!call.holds(key)) return true;
  const auto found = call.read<Stream>(key);
  if (!found) return call.fail(found.error()), false;
  const std::optional<Stream>& stream = *found;
  if (options.of_group && (!stream || stream->group(options.group) == nullptr)) {
    return call.fail(no_such_group(key.text, options.group) + " in XREADGROUP with GROUP option"), false;
  }
  const std::string_view word = options.ids[at];
  if (word == "$") {
    if (options.of_group) return call.fail(kDollarOfGroup), false;
    from.id = stream ? stream->counters().last_id : StreamId();
  } else if (word == "+") {
    if (options.of_group) return call.fail(kPlusOfGroup), false;
    // The entry with the last id, which is not the last entry if that was deleted: a quirk of the reference.
    if (stream) from.id = stream->counters().last_id.previous().value_or(StreamId());
  } else if (word == ">") {
    if (!options.of_group) return call.fail(kNewOfXread), false;
    from.is_new = true;
  } else {
    const auto id = values::parse_stream_id(word, 0);
    if (!id) return call.fail(kInvalidStreamId), false;
    from.id = *id;
    // A quirk of the reference: the greatest id in figures is ">".
    from.is_new = options.of_group && *id == StreamId::greatest();
  }
  return true;
}

// Nothing was found: the client waits if it asked to, "$" standing for what is the last id now.
void wait_or_reply_nothing(Call& call, const ReadOptions& options, const std::vector<ReadFrom>& from) {
  if (!options.timeout_ms) return call.reply().null_array();
  command::Wait wait{.keys = call.keys(),
                     .type = keyspace::Type::kStream,
                     .when_missing = options.of_group,
                     .timeout_ms = *options.timeout_ms};
  if (std::find(options.ids.begin(), options.ids.end(), "$") != options.ids.end()) {
    wait.words.assign(call.words().begin(), call.words().end());
    for (size_t i = 0; i < from.size(); ++i) {
      if (options.ids[i] != "$") continue;
      values::StreamIdBuffer buffer;
      wait.words[call.count() - from.size() + i] = values::format_stream_id(from[i].id, buffer);
    }
  }
  call.wait(std::move(wait));
}

// The reply of both: a map from keys to entries, of the streams that have any; RESP2 gets an array of pairs.
class StreamsReply {
 public:
  explicit StreamsReply(Call& call) : call_(call) {}
  // The caller writes the array of entries.
  void begin_stream(size_t at, size_t of) {
    resp::Writer& reply = call_.reply();
    const bool is_map = reply.version() >= 3;
    if (!open_) open_ = is_map ? reply.open_map(of) : reply.open_array(of);
    if (!is_map) reply.array(2);
    reply.bulk(call_.key(at).text);
    ++streams_;
  }
  // False: no stream had any, and nothing was written.
  bool end() {
    if (open_) call_.reply().close(*open_, streams_);
    return open_.has_value();
  }

 private:
  Call& call_;
  std::optional<resp::Writer::Open> open_;
  size_t streams_ = 0;
};

// Where to begin; none if the stream has no entry there.
std::optional<StreamReader> reader_behind(const Stream& stream, StreamId id) {
  if (stream.counters().last_id <= id) return std::nullopt;  // as it mostly is for who waits
  return StreamReader(stream, *id.next(), StreamId::greatest(), Direction::kForward);
}

void xread(Call& call) {
  ReadOptions options;
  if (!read_options(call, options)) return;
  std::vector<ReadFrom> from(options.ids.size());
  for (size_t i = 0; i < from.size(); ++i) {
    if (!check_stream(call, i, options, from[i])) return;
  }
  StreamsReply reply(call);
  for (size_t i = 0; i < from.size(); ++i) {
    if (!call.holds(call.key(i))) continue;
    const auto found = call.read<Stream>(call.key(i));
    if (!found || !*found) continue;
    auto reader = reader_behind(**found, from[i].id);
    if (!reader || !reader->next()) continue;
    reply.begin_stream(i, from.size());
    const auto open = call.reply().open_array(options.count);
    size_t written = 0;
    do {
      reply_stream_entry(call, *reader);
      ++written;
    } while (written != options.count && reader->next());
    call.reply().close(open, written);
  }
  if (!reply.end()) wait_or_reply_nothing(call, options, from);
}

// One stream of XREADGROUP.
struct GroupRead {
  Stream stream;
  ConsumerGroup& group;
  Consumer& consumer;
};

// What the consumer got and has not acknowledged, behind an id; an entry that was deleted has no fields.
void reply_history(Call& call, const GroupRead& read, StreamId behind, uint64_t count) {
  resp::Writer& reply = call.reply();
  const auto open = reply.open_array(count);
  size_t written = 0;
  for (auto at = read.consumer.pending().lower_bound(*behind.next()); at && (count == 0 || written < count);
       at.next()) {
    if (reply_stream_entry_at(call, read.stream, at->id)) {
      PendingEntry* entry = read.group.assign(at->id, read.consumer);
      entry->delivered_ms = call.now_ms();
      ++entry->deliveries;
    } else {
      reply.array(2);
      reply_stream_id(call, at->id);
      reply.null_array();
    }
    ++written;
  }
  reply.close(open, written);
}

// What the group has not read yet, which becomes pending. REQUIRES: the reader is at the first such entry.
void reply_new(Call& call, const GroupRead& read, const ReadOptions& options, StreamReader& reader) {
  const auto open = call.reply().open_array(options.count);
  size_t written = 0;
  do {
    const StreamId id = reader.entry().id();
    read.stream.delivered(read.group, id);
    reply_stream_entry(call, reader);
    if (!options.no_acknowledge) {
      PendingEntry* entry = read.group.assign(id, read.consumer);
      entry->delivered_ms = call.now_ms();
      entry->deliveries = 1;
      read.consumer.active_ms = call.now_ms();
    }
    ++written;
  } while (written != options.count && reader.next());
  call.reply().close(open, written);
}

void xreadgroup(Call& call) {
  ReadOptions options{.of_group = true};
  if (!read_options(call, options)) return;
  std::vector<ReadFrom> from(options.ids.size());
  for (size_t i = 0; i < from.size(); ++i) {
    if (!check_stream(call, i, options, from[i])) return;
  }
  StreamsReply reply(call);
  for (size_t i = 0; i < from.size(); ++i) {
    if (!call.holds(call.key(i))) continue;
    auto edit = call.edit<Stream>(call.key(i), keyspace::Missing::kNone);
    if (!edit || !edit->exists()) continue;
    ConsumerGroup& group = *edit->value().group(options.group);
    const GroupRead read{edit->value(), group, seen_consumer(call, call.key(i), group, options.consumer)};
    if (!from[i].is_new) {
      reply.begin_stream(i, from.size());
      reply_history(call, read, from[i].id, options.count);
      call.db().count_changes(1);
      continue;
    }
    auto reader = reader_behind(read.stream, group.last_id);
    if (!reader || !reader->next()) continue;
    reply.begin_stream(i, from.size());
    reply_new(call, read, options, *reader);
    call.db().count_changes(1);
  }
  if (!reply.end()) wait_or_reply_nothing(call, options, from);
}

// The keys are the first half of what stands behind STREAMS.
constexpr command::KeySpecs streams_from(int8_t index) {
  return {command::KeySpec{.flags = kRO | kAccess,
                           .find = command::KeySpec::Find::kRange,
                           .index = index,
                           .keyword = "STREAMS",
                           .last = -1,
                           .step = 1,
                           .limit = 2}};
}

constexpr Spec kReads[] = {
    {.name = "xrange",
     .arity = -4,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = xrange,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Reads the entries of a stream within a range of ids.",
     .complexity = "O(N), N being the entries that are answered.",
     .history = "6.2.0 Takes `(` before an id that is not to be included.",
     .syntax = "key:k0 start end COUNT=count:i?"},
    {.name = "xrevrange",
     .arity = -4,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = xrevrange,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Reads the entries of a stream within a range of ids, the last one first.",
     .complexity = "O(N), N being the entries that are answered.",
     .history = "6.2.0 Takes `(` before an id that is not to be included.",
     .syntax = "key:k0 end start COUNT=count:i?"},
    {.name = "xread",
     .arity = -4,
     .flags = kReadOnly | kBlocking | kMovableKeys,
     .keys = streams_from(1),
     .locks = LockClass::kKeys,
     .handler = xread,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Reads the entries of streams behind given ids, and waits for some if there are none.",
     .syntax = "COUNT=count:i? BLOCK=milliseconds:i? STREAMS=streams[key:k0* id*]"},
    {.name = "xreadgroup",
     .arity = -7,
     .flags = kWrite | kBlocking | kMovableKeys,
     .keys = streams_from(4),
     .locks = LockClass::kKeys,
     .handler = xreadgroup,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Reads entries of streams as a consumer of a group, and waits for some if there are none.",
     .complexity = "O(M) for each stream, M being the entries that are answered.",
     .syntax = "GROUP=group-block[group consumer] COUNT=count:i? BLOCK=milliseconds:i? NOACK? "
               "STREAMS=streams[key:k0* id*]"},
};
static_assert(command::well_formed(kReads));

}  // namespace

std::span<const Spec> stream_read_commands() { return kReads; }

}  // namespace commands
