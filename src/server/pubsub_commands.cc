// Pub/Sub commands: SUBSCRIBE and its family, PUBLISH, SPUBLISH and PUBSUB.
#include "command/call.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Spec;
using keyspace::LockClass;
using pubsub::Kind;

keyspace::Key name_of(Call& call, std::string_view text) { return call.db().unit().keyspace.key(text); }

// How the reply counts: shard channels apart from the others.
int64_t count_for(Call& call, Kind kind) {
  const session::Subscriptions& subscriptions = call.session().subscriptions;
  if (kind == Kind::kShardChannel) return subscriptions.shard_channels;
  return int64_t{subscriptions.channels} + subscriptions.patterns;
}

void begin_reply(Call& call, std::string_view what) {
  call.reply().push(3);
  call.reply().bulk(what);
}

void listen(Call& call, Kind kind, std::string_view what) {
  PubSub& pubsub = server_of(call).pubsub;
  for (const std::string_view name : call.words().subspan(1)) {
    pubsub.subscribe(worker_of(call), client_of(call), kind, name_of(call, name));
    begin_reply(call, what);
    call.reply().bulk(name);
    call.reply().integer(count_for(call, kind));
  }
}

void stop_listening(Call& call, Kind kind, std::string_view what) {
  PubSub& pubsub = server_of(call).pubsub;
  const auto leave = [&](std::string_view name) {
    pubsub.unsubscribe(worker_of(call), client_of(call), kind, name_of(call, name));
    begin_reply(call, what);
    call.reply().bulk(name);
    call.reply().integer(count_for(call, kind));
  };
  if (call.count() > 1) {
    for (const std::string_view name : call.words().subspan(1)) leave(name);
    return;
  }
  const std::vector<std::string> names = pubsub.names_of(worker_of(call), client_of(call), kind);
  for (const std::string& name : names) leave(name);
  if (!names.empty()) return;
  begin_reply(call, what);
  call.reply().null();
  call.reply().integer(count_for(call, kind));
}

void subscribe(Call& call) { listen(call, Kind::kChannel, "subscribe"); }
void psubscribe(Call& call) { listen(call, Kind::kPattern, "psubscribe"); }
void ssubscribe(Call& call) { listen(call, Kind::kShardChannel, "ssubscribe"); }
void unsubscribe(Call& call) { stop_listening(call, Kind::kChannel, "unsubscribe"); }
void punsubscribe(Call& call) { stop_listening(call, Kind::kPattern, "punsubscribe"); }
void sunsubscribe(Call& call) { stop_listening(call, Kind::kShardChannel, "sunsubscribe"); }

void publish_to(Call& call, Kind kind) {
  const keyspace::Key channel{call.word(1), call.key(0).hash};
  call.reply().integer(
      static_cast<int64_t>(server_of(call).pubsub.publish(worker_of(call), kind, channel, call.word(2))));
}

void publish(Call& call) { publish_to(call, Kind::kChannel); }
void spublish(Call& call) { publish_to(call, Kind::kShardChannel); }

// The channel's shard is locked, so that whoever holds all shards shuts publications out like writes.
uint64_t channel_hash(std::span<const std::string_view> words, const keyspace::KeyHash& hash) { return hash(words[1]); }

void tell_names(Call& call, Kind kind) {
  if (call.count() > 3) {
    const std::string shown(command::repeated(call.word(1)));
    return call.fail("ERR unknown subcommand or wrong number of arguments for '" + shown + "'. Try PUBSUB HELP.");
  }
  const auto names = server_of(call).pubsub.hub.names(kind, call.count() > 2 ? call.word(2) : "*");
  call.reply().array(names.size());
  for (const std::string& name : names) call.reply().bulk(name);
}

void tell_counts(Call& call, Kind kind) {
  const auto names = call.words().subspan(2);
  call.reply().array(2 * names.size());
  for (const std::string_view name : names) {
    call.reply().bulk(name);
    call.reply().integer(static_cast<int64_t>(server_of(call).pubsub.hub.receivers(kind, name_of(call, name))));
  }
}

void pubsub_channels(Call& call) { tell_names(call, Kind::kChannel); }
void pubsub_shardchannels(Call& call) { tell_names(call, Kind::kShardChannel); }
void pubsub_numsub(Call& call) { tell_counts(call, Kind::kChannel); }
void pubsub_shardnumsub(Call& call) { tell_counts(call, Kind::kShardChannel); }
void pubsub_numpat(Call& call) {
  call.reply().integer(static_cast<int64_t>(server_of(call).pubsub.hub.count(Kind::kPattern)));
}

void pubsub_help(Call& call) {
  constexpr std::string_view kLines[] = {
      "CHANNELS [<pattern>]",
      "    Return the currently active channels matching a <pattern> (default: '*').",
      "NUMPAT",
      "    Return number of subscriptions to patterns.",
      "NUMSUB [<channel> ...]",
      "    Return the number of subscribers for the specified channels, excluding",
      "    pattern subscriptions(default: no channels).",
      "SHARDCHANNELS [<pattern>]",
      "    Return the currently active shard level channels matching a <pattern> (default: '*').",
      "SHARDNUMSUB [<shardchannel> ...]",
      "    Return the number of subscribers for the specified shard level channel(s)",
  };
  write_help(call.reply(), "PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

constexpr uint32_t kListens = command::kPubsub | command::kNoScript | command::kLoading | command::kStale |
                              command::kWhileListening | command::kRepliesByPush;
constexpr uint32_t kPublishes =
    command::kPubsub | command::kLoading | command::kStale | command::kFast | command::kMayReplicate;
constexpr uint32_t kAsks = command::kPubsub | command::kLoading | command::kStale;
constexpr command::KeySpec kShardChannels = command::keys_from(1, -1, 1, command::kNotKey);

constexpr Spec kPubSub[] = {
    {.name = "psubscribe",
     .arity = -2,
     .flags = kListens,
     .locks = LockClass::kNone,
     .handler = psubscribe,
     .group = command::Group::kPubsub,
     .since = "2.0.0",
     .summary = "Listens to all channels whose names match patterns.",
     .complexity = "O(N) where N is the number of patterns to subscribe to.",
     .syntax = "pattern:p*",
     .channels = command::Channels::kPatterns},
    {.name = "publish",
     .arity = 3,
     .flags = kPublishes,
     .locks = LockClass::kKeys,
     .lock_hash = channel_hash,
     .handler = publish,
     .group = command::Group::kPubsub,
     .since = "2.0.0",
     .summary = "Sends a message to all who listen to a channel.",
     .complexity =
         "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the number of patterns "
         "that begin as the channel does.",
     .syntax = "channel message",
     .channels = command::Channels::kFirst},
    {.name = "pubsub",
     .arity = -2,
     .group = command::Group::kPubsub,
     .since = "2.8.0",
     .summary = "Commands about channels and who listens.",
     .complexity = "Depends on subcommand."},
    {.name = "pubsub|channels",
     .arity = -2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = pubsub_channels,
     .group = command::Group::kPubsub,
     .since = "2.8.0",
     .summary = "Names the channels to which somebody listens.",
     .complexity = "O(N) where N is the number of active channels, and assuming constant time "
                   "pattern matching (relatively short channels and patterns)",
     .syntax = "pattern:p?"},
    {.name = "pubsub|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = LockClass::kNone,
     .handler = pubsub_help,
     .group = command::Group::kPubsub,
     .since = "6.2.0",
     .summary = "Explains the subcommands.",
     .complexity = "O(1)"},
    {.name = "pubsub|numpat",
     .arity = 2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = pubsub_numpat,
     .group = command::Group::kPubsub,
     .since = "2.8.0",
     .summary = "Counts the patterns that somebody listens to.",
     .complexity = "O(1)"},
    {.name = "pubsub|numsub",
     .arity = -2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = pubsub_numsub,
     .group = command::Group::kPubsub,
     .since = "2.8.0",
     .summary = "Counts who listens to channels.",
     .complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
     .syntax = "channel?*"},
    {.name = "pubsub|shardchannels",
     .arity = -2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = pubsub_shardchannels,
     .group = command::Group::kPubsub,
     .since = "7.0.0",
     .summary = "Names the shard channels to which somebody listens.",
     .complexity = "O(N) where N is the number of active shard channels, and assuming constant time "
                   "pattern matching (relatively short shard channels).",
     .syntax = "pattern:p?"},
    {.name = "pubsub|shardnumsub",
     .arity = -2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = pubsub_shardnumsub,
     .group = command::Group::kPubsub,
     .since = "7.0.0",
     .summary = "Counts who listens to shard channels.",
     .complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
     .syntax = "shardchannel?*"},
    {.name = "punsubscribe",
     .arity = -1,
     .flags = kListens,
     .locks = LockClass::kNone,
     .handler = punsubscribe,
     .group = command::Group::kPubsub,
     .since = "2.0.0",
     .summary = "Listens no more to patterns: these, or all.",
     .complexity = "O(N) where N is the number of patterns to unsubscribe.",
     .syntax = "pattern:p?*"},
    {.name = "spublish",
     .arity = 3,
     .flags = kPublishes,
     .keys = {command::key_at(1, command::kNotKey)},
     .locks = LockClass::kKeys,
     .lock_hash = channel_hash,
     .handler = spublish,
     .group = command::Group::kPubsub,
     .since = "7.0.0",
     .summary = "Sends a message to all who listen to a shard channel.",
     .complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
     .syntax = "shardchannel message",
     .channels = command::Channels::kFirst},
    {.name = "ssubscribe",
     .arity = -2,
     .flags = kListens,
     .keys = {kShardChannels},
     .locks = LockClass::kNone,
     .handler = ssubscribe,
     .group = command::Group::kPubsub,
     .since = "7.0.0",
     .summary = "Listens to shard channels.",
     .complexity = "O(N) where N is the number of shard channels to subscribe to.",
     .syntax = "shardchannel*",
     .channels = command::Channels::kAll},
    {.name = "subscribe",
     .arity = -2,
     .flags = kListens,
     .locks = LockClass::kNone,
     .handler = subscribe,
     .group = command::Group::kPubsub,
     .since = "2.0.0",
     .summary = "Listens to channels.",
     .complexity = "O(N) where N is the number of channels to subscribe to.",
     .syntax = "channel*",
     .channels = command::Channels::kAll},
    {.name = "sunsubscribe",
     .arity = -1,
     .flags = kListens,
     .keys = {kShardChannels},
     .locks = LockClass::kNone,
     .handler = sunsubscribe,
     .group = command::Group::kPubsub,
     .since = "7.0.0",
     .summary = "Listens no more to shard channels: these, or all.",
     .complexity = "O(N) where N is the number of shard channels to unsubscribe.",
     .syntax = "shardchannel?*"},
    {.name = "unsubscribe",
     .arity = -1,
     .flags = kListens,
     .locks = LockClass::kNone,
     .handler = unsubscribe,
     .group = command::Group::kPubsub,
     .since = "2.0.0",
     .summary = "Listens no more to channels: these, or all.",
     .complexity = "O(N) where N is the number of channels to unsubscribe.",
     .syntax = "channel?*"},
};
static_assert(command::well_formed(kPubSub));

}  // namespace

std::span<const Spec> pubsub_commands() { return kPubSub; }

}  // namespace server
