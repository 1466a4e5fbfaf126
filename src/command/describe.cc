#include "command/describe.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace command {
namespace {

struct Name {
  uint32_t bit;
  std::string_view text;
};

// In the order in which they are told.
constexpr Name kFlagNames[] = {
    {kWrite, "write"},
    {kReadOnly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipCommandLog, "skip_commandlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr Name kTipNames[] = {
    {kNondeterministicOutput, "nondeterministic_output"},
    {kNondeterministicOutputOrder, "nondeterministic_output_order"},
    {kRequestAllNodes, "request_policy:all_nodes"},
    {kRequestAllShards, "request_policy:all_shards"},
    {kRequestMultiShard, "request_policy:multi_shard"},
    {kRequestSpecial, "request_policy:special"},
    {kResponseAllSucceeded, "response_policy:all_succeeded"},
    {kResponseOneSucceeded, "response_policy:one_succeeded"},
    {kResponseAggSum, "response_policy:agg_sum"},
    {kResponseAggMin, "response_policy:agg_min"},
    {kResponseAggLogicalAnd, "response_policy:agg_logical_and"},
    {kResponseSpecial, "response_policy:special"},
};

constexpr Name kKeyFlagNames[] = {
    {kRO, "RO"},
    {kRW, "RW"},
    {kOW, "OW"},
    {kRM, "RM"},
    {kAccess, "access"},
    {kUpdate, "update"},
    {kInsert, "insert"},
    {kDelete, "delete"},
    {kNotKey, "not_key"},
    {kIncomplete, "incomplete"},
    {kVariableFlags, "variable_flags"},
};

struct GroupName {
  Group group;
  std::string_view text;
  std::string_view category;  // that all its commands are in
};

constexpr GroupName kGroupNames[] = {
    {Group::kGeneric, "generic", ""},
    {Group::kString, "string", "string"},
    {Group::kList, "list", "list"},
    {Group::kSet, "set", "set"},
    {Group::kSortedSet, "sorted-set", "sortedset"},
    {Group::kHash, "hash", "hash"},
    {Group::kPubsub, "pubsub", ""},
    {Group::kTransactions, "transactions", "transaction"},
    {Group::kConnection, "connection", ""},
    {Group::kServer, "server", ""},
    {Group::kScripting, "scripting", "scripting"},
    {Group::kHyperloglog, "hyperloglog", "hyperloglog"},
    {Group::kCluster, "cluster", ""},
    {Group::kSentinel, "sentinel", ""},
    {Group::kGeo, "geo", "geo"},
    {Group::kStream, "stream", "stream"},
    {Group::kBitmap, "bitmap", "bitmap"},
    {Group::kModule, "module", ""},
};

constexpr std::string_view kCategoryNames[kCategories] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};

Words names_of(uint32_t bits, std::span<const Name> names) {
  Words out;
  for (const Name& name : names) {
    if ((bits & name.bit) != 0) out.push_back(name.text);
  }
  return out;
}

const GroupName& row_of(Group group) {
  const auto is_it = [&](const GroupName& row) { return row.group == group; };
  return *std::find_if(std::begin(kGroupNames), std::end(kGroupNames), is_it);
}

bool is_in(const Spec& spec, std::string_view category) {
  const auto says = [&](uint32_t bit) { return (spec.categories & bit) != 0; };
  // A container is no command of its group, only its subcommands are.
  const bool is_bare = spec.is_container() && spec.flags == 0;
  if (!is_bare && row_of(spec.group).category == category) return true;
  // Generic commands are about the keyspace, unless their row says what else: SORT, WAIT.
  const bool is_about_keys = spec.group == Group::kGeneric && !is_bare && !says(kCategoryConnection | kCategorySet);
  if (category == "keyspace") return is_about_keys || says(kCategoryKeyspace);
  if (category == "read") return says(kCategoryRead) || (spec.has(kReadOnly) && spec.group != Group::kScripting);
  if (category == "write") return says(kCategoryWrite) || spec.has(kWrite);
  if (category == "set") return says(kCategorySet);
  if (category == "sortedset") return says(kCategorySortedSet);
  if (category == "list") return says(kCategoryList);
  if (category == "pubsub") return spec.has(kPubsub);
  if (category == "admin") return says(kCategoryAdmin) || spec.has(kAdmin);
  if (category == "fast") return spec.has(kFast);
  if (category == "slow") return !spec.has(kFast);
  if (category == "blocking") return spec.has(kBlocking);
  if (category == "dangerous") return says(kDangerous) || spec.has(kAdmin);
  if (category == "connection") return says(kCategoryConnection);
  return false;
}

// As an unsigned number what counts from the end is beyond what counts from the beginning.
int64_t later(int64_t a, int64_t b) { return static_cast<uint64_t>(a) > static_cast<uint64_t>(b) ? a : b; }

}  // namespace

Words flag_names(const Spec& spec) {
  return names_of(spec.flags | (key_range(spec).complete ? 0 : static_cast<uint32_t>(kMovableKeys)), kFlagNames);
}

Words category_names(const Spec& spec) {
  Words out;
  for (const std::string_view name : kCategoryNames) {
    if (is_in(spec, name)) out.push_back(name);
  }
  return out;
}

std::span<const std::string_view, kCategories> all_categories() { return kCategoryNames; }

Words tip_names(const Spec& spec) {
  constexpr uint32_t kNondeterminism = kNondeterministicOutput | kNondeterministicOutputOrder;
  if ((spec.tips & kNondeterminismLast) == 0) return names_of(spec.tips, kTipNames);
  Words tips = names_of(spec.tips & ~kNondeterminism, kTipNames);
  const Words last = names_of(spec.tips & kNondeterminism, kTipNames);
  tips.insert(tips.end(), last.begin(), last.end());
  return tips;
}

Words key_flag_names(uint16_t flags) { return names_of(flags, kKeyFlagNames); }

std::string_view group_name(Group group) { return row_of(group).text; }

KeyRange key_range(const Spec& spec) {
  const KeySpec& only = spec.keys[0];
  const auto is_plain = [](const KeySpec& keys) { return keys.find == KeySpec::Find::kRange && keys.keyword.empty(); };
  const bool is_complete = (only.flags & kIncomplete) == 0;
  if (only.find == KeySpec::Find::kNone) return {};
  if (spec.keys[1].find == KeySpec::Find::kNone && is_plain(only)) {
    return {only.index, only.last >= 0 ? only.index + only.last : only.last, only.step, is_complete};
  }
  // Neighbours are joined; whatever is elsewhere is not in the range.
  KeyRange range;
  for (const KeySpec& keys : spec.keys) {
    if (keys.find == KeySpec::Find::kNone) break;
    if (!is_plain(keys) || keys.step != 1 || (range.last != 0 && range.last != keys.index - 1)) {
      range.complete = false;
      continue;
    }
    if ((keys.flags & kIncomplete) != 0) range.complete = false;
    if (range.first == 0) range.first = keys.index;
    range.last = later(range.last, keys.last >= 0 ? keys.index + keys.last : keys.last);
    range.step = 1;
  }
  return range;
}

bool has_keys(const Spec& spec) {
  return std::any_of(spec.keys.begin(), spec.keys.end(), [](const KeySpec& keys) {
    return keys.find != KeySpec::Find::kNone && (keys.flags & kNotKey) == 0;
  });
}

}  // namespace command
