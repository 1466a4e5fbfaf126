// Commands that add entries to a stream and take them away.
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
using values::Stream;
using values::StreamId;
using values::StreamTrim;
using enum command::Flags;
using enum command::KeyFlags;

// What XADD and XTRIM read behind the key.
struct TrimOptions {
  StreamTrim trim;
  std::optional<int64_t> limit;
  bool no_make = false;
  values::NewStreamId id;
};

constexpr base::Error kTwoStrategies{"ERR syntax error, MAXLEN and MINID options at the same time are not compatible"};
constexpr base::Error kLimitWithoutStrategy{
    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"};
constexpr base::Error kNoStrategy{"ERR syntax error, XTRIM must be called with a trimming strategy"};
constexpr base::Error kLimitWhenExact{"ERR syntax error, LIMIT cannot be used without the special ~ option"};

// "MAXLEN [=|~] threshold" and the same with MINID, behind the first word.
void read_strategy(Args& args, StreamTrim::By by, StreamTrim& trim) {
  if (trim.by != StreamTrim::By::kNothing) return args.fail(kTwoStrategies);
  trim.by = by;
  if (args.left() >= 2 && (args.peek() == "~" || args.peek() == "=")) trim.approximate = args.text() == "~";
  if (by == StreamTrim::By::kId) {
    trim.min_id = read_stream_id(args);
    return;
  }
  const int64_t length = args.integer();
  if (!args.failed() && length < 0) args.fail(base::Error{"ERR The MAXLEN argument must be >= 0."});
  trim.max_length = static_cast<uint64_t>(length);
}

void read_limit(Args& args, TrimOptions& options) {
  options.limit = args.integer();
  if (!args.failed() && *options.limit < 0) args.fail(base::Error{"ERR The LIMIT argument must be >= 0."});
}

// How many entries approximate trimming may take: LIMIT, or a hundred nodes within bounds.
uint64_t most_trimmed(const TrimOptions& options, int64_t node_max_entries) {
  if (options.limit) return static_cast<uint64_t>(*options.limit);
  if (!options.trim.approximate) return 0;
  constexpr int64_t kMost = 1'000'000;
  if (node_max_entries > kMost) return kMost;
  return node_max_entries == 0 ? 10'000 : static_cast<uint64_t>(std::min(kMost, 100 * node_max_entries));
}

// Up to the id of XADD, which is read, or to the end.
TrimOptions read_options(Args& args, const config::Settings& settings, bool adds) {
  TrimOptions options;
  while (args.more()) {
    const bool has_value = args.left() > 1;
    if (has_value && args.accept("MAXLEN")) {
      read_strategy(args, StreamTrim::By::kLength, options.trim);
    } else if (has_value && args.accept("MINID")) {
      read_strategy(args, StreamTrim::By::kId, options.trim);
    } else if (has_value && args.accept("LIMIT")) {
      read_limit(args, options);
    } else if (adds && args.accept("NOMKSTREAM")) {
      options.no_make = true;
    } else if (adds) {
      const auto id = values::parse_new_stream_id(args.text());
      if (!id) args.fail(kInvalidStreamId);
      options.id = id.value_or(values::NewStreamId());
      break;
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  const bool trims = options.trim.by != StreamTrim::By::kNothing;
  if (options.limit.value_or(0) != 0 && !trims) args.fail(kLimitWithoutStrategy);
  if (!adds && !trims) args.fail(kNoStrategy);
  if (options.limit && !options.trim.approximate) args.fail(kLimitWhenExact);
  options.trim.most = most_trimmed(options, settings.stream_node_max_entries);
  return options;
}

uint64_t bytes_of(std::span<const std::string_view> texts) {
  uint64_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return bytes;
}

values::StreamLimits limits_of(const config::Settings& settings) {
  return {.node_max_bytes = static_cast<uint64_t>(settings.stream_node_max_bytes),
          .node_max_entries = static_cast<uint64_t>(settings.stream_node_max_entries)};
}

void xadd(Call& call) {
  Args args(call.words(), 2);
  const TrimOptions options = read_options(args, call.settings(), true);
  if (args.failed()) return call.fail(args.error());
  const auto pairs = call.words().last(args.left());
  if (pairs.size() < 2 || pairs.size() % 2 != 0) return call.fail(command::wrong_arity(call.spec().name));
  if (options.id.has_sequence && options.id.id.is_zero()) {
    return call.fail(base::Error{"ERR The ID specified in XADD must be greater than 0-0"});
  }
  auto stream = call.edit<Stream>(call.key(0), options.no_make ? Missing::kNone : Missing::kCreate);
  if (!stream) return call.fail(stream.error());
  if (!stream->exists()) return call.reply().null();
  Stream& value = stream->value();
  if (value.counters().last_id == StreamId::greatest()) {
    return call.fail(base::Error{"ERR The stream has exhausted the last possible ID, unable to add more items"});
  }
  const auto id = value.new_id(options.id, static_cast<uint64_t>(call.now_ms()));
  if (!id) {
    return call.fail(base::Error{"ERR The ID specified in XADD is equal or smaller than the target stream top item"});
  }
  if (bytes_of(pairs) > values::kMostNodeBytes)
    return call.fail(base::Error{"ERR Elements are too large to be stored"});
  value.append(*id, pairs, limits_of(call.settings()));
  stream->changed(1, keyspace::kStreamEvent, "xadd");
  if (options.trim.by != StreamTrim::By::kNothing && value.trim(options.trim) != 0) {
    stream->changed(0, keyspace::kStreamEvent, "xtrim");
  }
  reply_stream_id(call, *id);
}

void xtrim(Call& call) {
  Args args(call.words(), 2);
  const TrimOptions options = read_options(args, call.settings(), false);
  if (args.failed()) return call.fail(args.error());
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  if (!stream->exists()) return call.reply().integer(0);
  const uint64_t gone = stream->value().trim(options.trim);
  if (gone != 0) stream->shrunk(gone, keyspace::kStreamEvent, "xtrim");
  call.reply().integer(static_cast<int64_t>(gone));
}

void xlen(Call& call) {
  const auto stream = call.read<Stream>(call.key(0));
  if (!stream) return call.fail(stream.error());
  call.reply().integer(*stream ? static_cast<int64_t>((*stream)->size()) : 0);
}

void xdel(Call& call) {
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  if (!stream->exists()) return call.reply().integer(0);
  const auto ids = call.words().subspan(2);
  if (!are_stream_ids(ids)) return call.fail(kInvalidStreamId);
  uint64_t gone = 0;
  for (const std::string_view word : ids) {
    if (stream->value().erase(*values::parse_stream_id(word, 0))) ++gone;
  }
  if (gone != 0) stream->shrunk(gone, keyspace::kStreamEvent, "xdel");
  call.reply().integer(static_cast<int64_t>(gone));
}

struct SetIdOptions {
  StreamId id;
  std::optional<int64_t> entries_added;
  StreamId max_deleted_id;  // zero: not given
};

SetIdOptions read_set_id(Args& args) {
  SetIdOptions options;
  options.id = read_stream_id(args);
  while (args.more()) {
    const bool has_value = args.left() > 1;
    if (has_value && args.accept("ENTRIESADDED")) {
      options.entries_added = args.integer();
      if (!args.failed() && *options.entries_added < 0) args.fail(base::Error{"ERR entries_added must be positive"});
    } else if (has_value && args.accept("MAXDELETEDID")) {
      options.max_deleted_id = read_stream_id(args);
      if (options.id < options.max_deleted_id) {
        args.fail(base::Error{"ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"});
      }
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return options;
}

// Why the stream may not be set so; without a text: it may.
base::Error obstacle(const Stream& stream, const SetIdOptions& options) {
  if (options.id < stream.counters().max_deleted_id) {
    return base::Error{"ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"};
  }
  values::StreamReader last(stream, StreamId::least(), StreamId::greatest(),
                            values::StreamReader::Direction::kBackward);
  if (!last.next()) return base::Error{{}};
  if (options.id < last.entry().id()) {
    return base::Error{"ERR The ID specified in XSETID is smaller than the target stream top item"};
  }
  if (options.entries_added && static_cast<uint64_t>(*options.entries_added) < stream.size()) {
    return base::Error{"ERR The entries_added specified in XSETID is smaller than the target stream length"};
  }
  return base::Error{{}};
}

void xsetid(Call& call) {
  Args args(call.words(), 2);
  const SetIdOptions options = read_set_id(args);
  if (args.failed()) return call.fail(args.error());
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  if (!stream->exists()) return call.fail(command::kNoSuchKey);
  Stream& value = stream->value();
  if (const base::Error error = obstacle(value, options); !error.text().empty()) return call.fail(error);
  value.set_last_id(options.id);
  if (options.entries_added) value.set_entries_added(static_cast<uint64_t>(*options.entries_added));
  if (!options.max_deleted_id.is_zero()) value.set_max_deleted_id(options.max_deleted_id);
  group_changed(call, call.key(0), "xsetid");
  call.reply().ok();
}

constexpr Spec kStreams[] = {
    {.name = "xadd",
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {command::key_at(1, kRW | kUpdate, "The old entries are not read.")},
     .locks = LockClass::kKeys,
     .handler = xadd,
     .group = Group::kStream,
     .tips = command::kNondeterministicOutput,
     .since = "5.0.0",
     .summary = "Adds an entry to a stream, and creates the stream if it does not exist.",
     .complexity = "O(1) to add; O(N) to trim, N being the entries that go.",
     .history = "6.2.0 Knows `NOMKSTREAM`, `MINID` and `LIMIT`.\n"
                "7.0.0 Takes `<ms>-*` as an id.",
     .syntax = "key:k0 NOMKSTREAM@6.2.0? "
               "trim[strategy(MAXLEN|MINID@6.2.0) operator('='/equal|'~'/approximately)? threshold "
               "LIMIT=count:i@6.2.0?]? id-selector('*'/auto-id|id) data[field value]*"},
    {.name = "xtrim",
     .arity = -4,
     .flags = kWrite,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = xtrim,
     .group = Group::kStream,
     .tips = command::kNondeterministicOutput,
     .since = "5.0.0",
     .summary = "Takes entries away from the beginning of a stream.",
     .complexity = "O(N), N being the entries that go.",
     .history = "6.2.0 Knows `MINID` and `LIMIT`.",
     .syntax = "key:k0 trim[strategy(MAXLEN|MINID@6.2.0) operator('='/equal|'~'/approximately)? threshold "
               "LIMIT=count:i@6.2.0?]"},
    {.name = "xlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = xlen,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Counts the entries of a stream.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "xdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = xdel,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Deletes entries of a stream by their ids and counts those that were there.",
     .complexity = "O(1) for each entry, whatever the size of the stream.",
     .syntax = "key:k0 id*"},
    {.name = "xsetid",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = xsetid,
     .group = Group::kStream,
     .since = "5.0.0",
     .summary = "Sets the last id of a stream. For internal use.",
     .complexity = "O(1)",
     .history = "7.0.0 Knows `ENTRIESADDED` and `MAXDELETEDID`.",
     .syntax = "key:k0 last-id ENTRIESADDED=entries-added:i@7.0.0? MAXDELETEDID=max-deleted-id@7.0.0?"},
};
static_assert(command::well_formed(kStreams));

}  // namespace

std::span<const Spec> stream_commands() { return kStreams; }

}  // namespace commands
