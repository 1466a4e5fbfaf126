// XCLAIM and XAUTOCLAIM: pending entries change their consumer.
#include <vector>

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

// What is done to every entry that is claimed.
struct Claim {
  Stream stream;
  ConsumerGroup& group;
  Consumer& consumer;
  int64_t delivered_ms = 0;
  int64_t deliveries = -1;  // -1: one more than before, unless only ids are answered
  bool only_ids = false;
};

// Gives the entry to the claim's consumer.
void claim_entry(Call& call, const Claim& claim, StreamId id) {
  PendingEntry* entry = claim.group.assign(id, claim.consumer);
  entry->delivered_ms = claim.delivered_ms;
  if (claim.deliveries >= 0) {
    entry->deliveries = static_cast<uint64_t>(claim.deliveries);
  } else if (!claim.only_ids) {
    ++entry->deliveries;
  }
  claim.consumer.active_ms = call.now_ms();
  call.db().count_changes(1);
}

// REQUIRES: the stream has the entry.
void reply_claimed(Call& call, const Claim& claim, StreamId id) {
  if (claim.only_ids) {
    reply_stream_id(call, id);
  } else {
    reply_stream_entry_at(call, claim.stream, id);
  }
}

bool is_idle_enough(const Call& call, const PendingEntry& entry, int64_t min_idle_ms) {
  return min_idle_ms == 0 || call.now_ms() - entry.delivered_ms >= min_idle_ms;
}

// XCLAIM.

struct ClaimOptions {
  int64_t min_idle_ms = 0;
  std::span<const std::string_view> ids;
  std::optional<int64_t> delivered_ms;
  int64_t deliveries = -1;
  bool force = false;
  bool only_ids = false;
  StreamId last_id;
};

// Behind the consumer. False: the reply has told what is wrong.
bool read_claim(Call& call, ClaimOptions& options) {
  Args args(call.words(), 4);
  const int64_t now_ms = call.now_ms();
  options.min_idle_ms =
      std::max<int64_t>(0, args.integer(base::Error{"ERR Invalid min-idle-time argument for XCLAIM"}));
  size_t ids = 0;
  while (args.more() && values::parse_stream_id(args.peek(), 0)) {
    args.skip();
    ++ids;
  }
  options.ids = call.words().subspan(5, ids);
  while (args.more()) {
    const bool has_value = args.left() > 1;
    if (args.accept("FORCE")) {
      options.force = true;
    } else if (args.accept("JUSTID")) {
      options.only_ids = true;
    } else if (has_value && args.accept("IDLE")) {
      const int64_t idle = args.integer(base::Error{"ERR Invalid IDLE option argument for XCLAIM"});
      options.delivered_ms = static_cast<int64_t>(static_cast<uint64_t>(now_ms) - static_cast<uint64_t>(idle));
    } else if (has_value && args.accept("TIME")) {
      options.delivered_ms = args.integer(base::Error{"ERR Invalid TIME option argument for XCLAIM"});
    } else if (has_value && args.accept("RETRYCOUNT")) {
      options.deliveries = args.integer(base::Error{"ERR Invalid RETRYCOUNT option argument for XCLAIM"});
    } else if (has_value && args.accept("LASTID")) {
      options.last_id = read_stream_id(args);
    } else {
      return call.fail("ERR Unrecognized XCLAIM option '" + std::string(command::repeated(args.text())) + "'"), false;
    }
  }
  if (args.failed()) call.fail(args.error());
  // A time that cannot be is now.
  if (options.delivered_ms && (*options.delivered_ms < 0 || *options.delivered_ms > now_ms)) {
    options.delivered_ms = now_ms;
  }
  return !args.failed();
}

// Answers the entry if it could be claimed.
bool claim_if_due(Call& call, const ClaimOptions& options, const Claim& claim, StreamId id) {
  const PendingEntry* pending = claim.group.pending().find(id);
  if (!claim.stream.contains(id)) {
    // What is gone from the stream is no longer pending.
    if (claim.group.acknowledge(id)) call.db().count_changes(1);
    return false;
  }
  if (pending == nullptr) {
    if (!options.force) return false;
    PendingEntry* made = claim.group.assign(id, claim.consumer);
    made->deliveries = 1;
  } else if (!is_idle_enough(call, *pending, options.min_idle_ms)) {
    return false;
  }
  claim_entry(call, claim, id);
  reply_claimed(call, claim, id);
  return true;
}

void xclaim(Call& call) {
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  ConsumerGroup* group = stream->exists() ? stream->value().group(call.word(2)) : nullptr;
  if (group == nullptr) return call.fail(no_such_group(call.word(1), call.word(2)));
  ClaimOptions options;
  if (!read_claim(call, options)) return;
  if (options.last_id > group->last_id) {
    group->last_id = options.last_id;
    call.db().count_changes(1);
  }
  const Claim claim{.stream = stream->value(),
                    .group = *group,
                    .consumer = seen_consumer(call, call.key(0), *group, call.word(3)),
                    .delivered_ms = options.delivered_ms.value_or(call.now_ms()),
                    .deliveries = options.deliveries,
                    .only_ids = options.only_ids};
  const auto open = call.reply().open_array(options.ids.size());
  size_t claimed = 0;
  for (const std::string_view word : options.ids) {
    if (claim_if_due(call, options, claim, *values::parse_stream_id(word, 0))) ++claimed;
  }
  call.reply().close(open, claimed);
}

// XAUTOCLAIM.

struct AutoclaimOptions {
  int64_t min_idle_ms = 0;
  StreamId start;
  int64_t count = 100;
  bool only_ids = false;
};

AutoclaimOptions read_autoclaim(Args& args) {
  // As many entries are looked at for each that may be answered, which must not overflow.
  constexpr int64_t kMostCount = INT64_MAX / 16;
  AutoclaimOptions options;
  options.min_idle_ms =
      std::max<int64_t>(0, args.integer(base::Error{"ERR Invalid min-idle-time argument for XAUTOCLAIM"}));
  options.start = read_interval_start(args);
  while (args.more()) {
    if (args.left() > 1 && args.accept("COUNT")) {
      options.count = args.integer(1, kMostCount, base::Error{"ERR COUNT must be > 0"});
    } else if (args.accept("JUSTID")) {
      options.only_ids = true;
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return options;
}

void reply_ids(Call& call, const std::vector<StreamId>& ids) {
  call.reply().array(ids.size());
  for (const StreamId id : ids) reply_stream_id(call, id);
}

// Answers three values: where to go on, what was claimed, and what was pending but is gone from the stream.
void autoclaim(Call& call, const AutoclaimOptions& options, const Claim& claim) {
  constexpr int64_t kAttemptsOfCount = 10;
  std::vector<StreamId> claimed, gone;
  int64_t count = options.count;
  int64_t attempts = options.count * kAttemptsOfCount;
  auto at = claim.group.pending().lower_bound(options.start);
  while (at && count > 0 && attempts-- > 0) {
    const StreamId id = at->id;
    if (!claim.stream.contains(id)) {
      at = claim.group.acknowledge(at);
      gone.push_back(id);
      call.db().count_changes(1);
      --count;
      continue;
    }
    if (is_idle_enough(call, *at, options.min_idle_ms)) {
      claim_entry(call, claim, id);
      claimed.push_back(id);
      --count;
    }
    at.next();
  }
  call.reply().array(3);
  reply_stream_id(call, at ? at->id : StreamId());
  call.reply().array(claimed.size());
  for (const StreamId id : claimed) reply_claimed(call, claim, id);
  reply_ids(call, gone);
}

void xautoclaim(Call& call) {
  Args args(call.words(), 4);
  const AutoclaimOptions options = read_autoclaim(args);
  if (args.failed()) return call.fail(args.error());
  auto stream = call.edit<Stream>(call.key(0), Missing::kNone);
  if (!stream) return call.fail(stream.error());
  ConsumerGroup* group = stream->exists() ? stream->value().group(call.word(2)) : nullptr;
  if (group == nullptr) return call.fail(no_such_group(call.word(1), call.word(2)));
  const Claim claim{.stream = stream->value(),
                    .group = *group,
                    .consumer = seen_consumer(call, call.key(0), *group, call.word(3)),
                    .delivered_ms = call.now_ms(),
                    .only_ids = options.only_ids};
  autoclaim(call, options, claim);
}

constexpr Spec kClaims[] = {
    {.name = "xclaim",
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = xclaim,
     .group = Group::kStream,
     .tips = command::kNondeterministicOutput,
     .since = "5.0.0",
     .summary = "Gives pending entries of a consumer group to another consumer.",
     .complexity = "O(log N) for each id, N being the group's pending entries.",
     .syntax = "key:k0 group consumer min-idle-time id* IDLE=ms:i? TIME=unix-time-milliseconds:t? RETRYCOUNT=count:i? "
               "FORCE? JUSTID? LASTID=lastid?"},
    {.name = "xautoclaim",
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = xautoclaim,
     .group = Group::kStream,
     .tips = command::kNondeterministicOutput,
     .since = "6.2.0",
     .summary = "Gives to a consumer what is pending in its group for too long.",
     .complexity = "O(COUNT)",
     .history = "7.0.0 Answers also the ids of entries that are gone from the stream.",
     .syntax = "key:k0 group consumer min-idle-time start COUNT=count:i? JUSTID?"},
};
static_assert(command::well_formed(kClaims));

}  // namespace

std::span<const Spec> stream_claim_commands() { return kClaims; }

}  // namespace commands
