// Cluster commands, as a server that is no part of a cluster answers them.
#include <array>

#include "command/call.h"
#include "server/command_table.h"

namespace server {
namespace {

using command::Call;
using command::Spec;
using keyspace::LockClass;

constexpr uint32_t kSlots = 16384;

// CRC-16 with the polynomial 0x1021, from 0 and from the highest bit on (XMODEM).
constexpr std::array<uint16_t, 256> make_crc_table() {
  std::array<uint16_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte << 8;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 0x8000) != 0 ? (rest << 1) ^ 0x1021 : rest << 1;
    table[byte] = static_cast<uint16_t>(rest);
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

constexpr uint32_t slot_of(std::string_view key) {
  // What stands in the first braces, if anything, is all that counts.
  if (const size_t open = key.find('{'); open != std::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  uint16_t crc = 0;
  for (const char letter : key) {
    crc = static_cast<uint16_t>((crc << 8) ^ kCrcTable[((crc >> 8) ^ static_cast<unsigned char>(letter)) & 0xff]);
  }
  return crc % kSlots;
}
static_assert(slot_of("123456789") == 0x31c3 % kSlots);
static_assert(slot_of("a{b}c") == slot_of("b") && slot_of("{}b") != slot_of("b"));

void refuse(Call& call) { call.fail("ERR This instance has cluster support disabled"); }

// Needs no cluster: it only computes.
void key_slot(Call& call) { call.reply().integer(slot_of(call.word(2))); }

void set_readonly(Call& call) {
  call.session().readonly = true;
  call.reply().ok();
}

void set_readwrite(Call& call) {
  call.session().readonly = false;
  call.reply().ok();
}

constexpr Spec kCluster[] = {
    {.name = "asking", .arity = 1, .flags = command::kFast, .categories = command::kCategoryConnection,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Announces that the next command follows a redirection.", .complexity = "O(1)"},
    {.name = "readonly", .arity = 1, .flags = command::kFast | command::kLoading | command::kStale,
     .categories = command::kCategoryConnection, .locks = LockClass::kNone, .handler = set_readonly,
     .group = command::Group::kCluster, .since = "3.0.0", .summary = "Lets the connection read from a replica.",
     .complexity = "O(1)"},
    {.name = "readwrite", .arity = 1, .flags = command::kFast | command::kLoading | command::kStale,
     .categories = command::kCategoryConnection, .locks = LockClass::kNone, .handler = set_readwrite,
     .group = command::Group::kCluster, .since = "3.0.0", .summary = "Ends what READONLY began.", .complexity = "O(1)"},
    {.name = "clusterscan", .arity = -2, .flags = command::kReadOnly, .keys = {command::key_at(1, command::kNotKey)},
     .categories = command::kCategoryKeyspace, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput | command::kRequestSpecial | command::kResponseSpecial, .since = "9.1.0",
     .summary = "Goes through the keys of a cluster.", .complexity = "O(1) for every call.",
     .syntax = "cursor MATCH=match-pattern:p? COUNT=count:i? TYPE=type? SLOT=slot:i?"},
    {.name = "cluster", .arity = -2, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Commands about the cluster.", .complexity = "Depends on subcommand."},
    {.name = "cluster|addslots", .arity = -3, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Gives slots to this node.",
     .syntax = "slot:i*"},
    {.name = "cluster|addslotsrange", .arity = -4,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "7.0.0",
     .summary = "Gives ranges of slots to this node.",
     .syntax = "range[start-slot:i end-slot:i]*"},
    {.name = "cluster|bumpepoch", .arity = 2, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput, .since = "3.0.0", .summary = "Raises the configuration epoch."},
    {.name = "cluster|cancelslotmigrations", .arity = 2,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "9.0.0",
     .summary = "Cancels the migrations of slots."},
    {.name = "cluster|count-failure-reports", .arity = 3, .flags = command::kAdmin | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput, .since = "3.0.0",
     .summary = "Counts the reports that a node failed.",
     .syntax = "node-id"},
    {.name = "cluster|countkeysinslot", .arity = 3, .flags = command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Counts the keys of a slot.",
     .syntax = "slot:i"},
    {.name = "cluster|delslots", .arity = -3, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Takes slots away.",
     .syntax = "slot:i*"},
    {.name = "cluster|delslotsrange", .arity = -4,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "7.0.0",
     .summary = "Takes ranges of slots away.",
     .syntax = "range[start-slot:i end-slot:i]*"},
    {.name = "cluster|failover", .arity = -2, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Makes a replica the primary.",
     .syntax = "options(FORCE|TAKEOVER)?"},
    {.name = "cluster|flushslot", .arity = -3, .flags = command::kAdmin | command::kNoAsyncLoading | command::kWrite,
     .categories = command::kCategoryKeyspace, .locks = LockClass::kNone, .handler = refuse,
     .group = command::Group::kCluster, .since = "9.0.0",
     .summary = "Deletes the keys of a slot.",
     .syntax = "slot:i flush-type(ASYNC|SYNC)?"},
    {.name = "cluster|flushslots", .arity = 2, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Takes all slots of this node away."},
    {.name = "cluster|forget", .arity = 3, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Removes a node from the table.",
     .syntax = "node-id"},
    {.name = "cluster|getkeysinslot", .arity = 4, .flags = command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .tips = command::kNondeterministicOutput,
     .since = "3.0.0", .summary = "Lists keys of a slot.",
     .syntax = "slot:i count:i"},
    {.name = "cluster|getslotmigrations", .arity = 2,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "9.0.0",
     .summary = "Shows the migrations of slots."},
    {.name = "cluster|help", .arity = 2, .flags = command::kStale | command::kLoading, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "5.0.0", .summary = "Explains CLUSTER."},
    {.name = "cluster|info", .arity = 2, .flags = command::kStale | command::kLoading, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .tips = command::kNondeterministicOutput,
     .since = "3.0.0", .summary = "Shows the state of the cluster."},
    {.name = "cluster|keyslot", .arity = 3, .flags = command::kStale, .locks = LockClass::kNone, .handler = key_slot,
     .group = command::Group::kCluster, .since = "3.0.0", .summary = "Tells the slot of a key.",
     .syntax = "key"},
    {.name = "cluster|links", .arity = 2, .flags = command::kStale, .locks = LockClass::kNone, .handler = refuse,
     .group = command::Group::kCluster, .tips = command::kNondeterministicOutput, .since = "7.0.0",
     .summary = "Shows the connections to other nodes."},
    {.name = "cluster|meet", .arity = -4, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Introduces another node.",
     .syntax = "ip port:i cluster-bus-port:i@4.0.0?"},
    {.name = "cluster|migrateslots", .arity = -4,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "9.0.0",
     .summary = "Moves slots to another node.",
     .syntax = "migration-group[SLOTSRANGE/slotsrange-token range[start-slot:i end-slot:i]* NODE/node-token node-id]*"},
    {.name = "cluster|myid", .arity = 2, .flags = command::kStale | command::kLoading, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Tells the id of this node."},
    {.name = "cluster|myshardid", .arity = 2, .flags = command::kStale | command::kLoading,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput, .since = "7.2.0", .summary = "Tells the id of this shard."},
    {.name = "cluster|nodes", .arity = 2, .flags = command::kStale | command::kLoading, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .tips = command::kNondeterministicOutput,
     .since = "3.0.0", .summary = "Shows all nodes, one a line."},
    {.name = "cluster|replicas", .arity = 3, .flags = command::kAdmin | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .tips = command::kNondeterministicOutput,
     .since = "5.0.0", .summary = "Lists the replicas of a primary.",
     .syntax = "node-id"},
    {.name = "cluster|replicate", .arity = -3, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Makes this node a replica of another.",
     .syntax = "args(node-id|no-one[NO ONE]@9.0.0)"},
    {.name = "cluster|reset", .arity = -2, .flags = command::kAdmin | command::kStale | command::kNoScript,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Resets this node.",
     .syntax = "reset-type(HARD|SOFT)?"},
    {.name = "cluster|saveconfig", .arity = 2, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Writes the configuration of the cluster to disk."},
    {.name = "cluster|set-config-epoch", .arity = 3,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Sets the configuration epoch of a new node.",
     .syntax = "config-epoch:i"},
    {.name = "cluster|setslot", .arity = -4, .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "3.0.0",
     .summary = "Sets the state of a slot.",
     .syntax = "slot:i subcommand(IMPORTING=importing/node-id|MIGRATING=migrating/node-id|NODE=node/node-id|STABLE) "
               "TIMEOUT=timeout:i@8.0.0?"},
    {.name = "cluster|shards", .arity = 2, .flags = command::kStale | command::kLoading, .locks = LockClass::kNone,
     .handler = refuse, .group = command::Group::kCluster, .tips = command::kNondeterministicOutput,
     .since = "7.0.0", .summary = "Shows the shards."},
    {.name = "cluster|slaves", .arity = 3, .flags = command::kAdmin | command::kStale | command::kDocDeprecated,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput, .since = "3.0.0", .summary = "Lists the replicas of a primary.",
     .syntax = "node-id", .deprecated_since = "5.0.0", .replaced_by = "`CLUSTER REPLICAS`"},
    {.name = "cluster|slot-stats", .arity = -4, .flags = command::kStale | command::kLoading,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput | command::kRequestAllShards, .since = "8.0.0",
     .summary = "Shows counters of slots.",
     .syntax = "filter(SLOTSRANGE=slotsrange[start-slot:i end-slot:i]|ORDERBY=orderby[metric LIMIT=limit:i? "
               "order(ASC|DESC)?])"},
    {.name = "cluster|slots", .arity = 2, .flags = command::kStale | command::kLoading,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster,
     .tips = command::kNondeterministicOutput, .since = "3.0.0", .summary = "Shows which nodes serve which slots."},
    {.name = "cluster|syncslots", .arity = -3,
     .flags = command::kAdmin | command::kNoAsyncLoading | command::kStale | command::kDocSyscmd,
     .locks = LockClass::kNone, .handler = refuse, .group = command::Group::kCluster, .since = "9.0.0",
     .summary = "Used between nodes while slots move."},
};
static_assert(command::well_formed(kCluster));

}  // namespace

std::span<const Spec> cluster_commands() { return kCluster; }

}  // namespace server
