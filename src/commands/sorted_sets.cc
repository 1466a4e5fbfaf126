// Commands about single members of a sorted set, and about the whole: ZADD to ZSCAN.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/collection_scan.h"
#include "commands/cursor.h"
#include "commands/families.h"
#include "commands/sorted_sets.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using keyspace::Missing;
using values::Added;
using values::AddRule;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

void check_add_options(Args& args, const AddRule& rule) {
  if (args.left() == 0 || args.left() % 2 != 0) return args.fail(command::kSyntaxError);
  if (rule.only_new && rule.only_present) {
    return args.fail(base::Error("ERR XX and NX options at the same time are not compatible"));
  }
  const int conditions = (rule.only_greater ? 1 : 0) + (rule.only_less ? 1 : 0) + (rule.only_new ? 1 : 0);
  if (conditions > 1) {
    return args.fail(base::Error("ERR GT, LT, and/or NX options at the same time are not compatible"));
  }
  if (rule.increment && args.left() > 2) {
    args.fail(base::Error("ERR INCR option supports a single increment-element pair"));
  }
}

std::vector<ScoredMember> read_pairs(Args& args) {
  std::vector<ScoredMember> pairs;
  pairs.reserve(args.left() / 2);
  while (args.more()) {
    const auto score = base::parse_double(args.text());
    if (!score) args.fail(command::kNotAFloat);
    pairs.push_back({score.value_or(0), args.text()});
  }
  return pairs;
}

void reply_incremented(Call& call, const Added& added) {
  if (added.outcome == Added::Outcome::kNothing) return call.reply().null();
  call.reply().real(added.score);
}

}  // namespace

AddOptions read_add_options(Args& args, bool all) {
  AddOptions options;
  for (;;) {
    if (args.accept("NX")) {
      options.rule.only_new = true;
    } else if (args.accept("XX")) {
      options.rule.only_present = true;
    } else if (args.accept("CH")) {
      options.count_changed = true;
    } else if (all && args.accept("INCR")) {
      options.rule.increment = true;
    } else if (all && args.accept("GT")) {
      options.rule.only_greater = true;
    } else if (all && args.accept("LT")) {
      options.rule.only_less = true;
    } else {
      return options;
    }
  }
}

void add_members(Call& call, const AddOptions& options, std::span<const ScoredMember> members) {
  const AddRule& rule = options.rule;
  auto edit = call.edit<SortedSet>(call.key(0), rule.only_present ? Missing::kNone : Missing::kCreate);
  if (!edit) return call.fail(edit.error());
  if (!edit->exists()) return rule.increment ? call.reply().null() : call.reply().integer(0);
  const values::SortedSetLimits limits = sorted_set_limits(call);
  size_t longest = 0;
  for (const ScoredMember& pair : members) longest = std::max(longest, pair.member.size());
  edit->value().prepare_for(members.size(), longest, limits);
  int64_t count_added = 0, count_updated = 0;
  Added added;
  for (const ScoredMember& pair : members) {
    added = edit->value().add(pair.member, rule, pair.score, limits);
    if (added.outcome == Added::Outcome::kNotANumber) return call.fail(kScoreNotANumber);
    if (added.outcome == Added::Outcome::kAdded) ++count_added;
    if (added.outcome == Added::Outcome::kUpdated) ++count_updated;
  }
  const int64_t changes = count_added + count_updated;
  if (rule.increment) {
    reply_incremented(call, added);
  } else {
    call.reply().integer(options.count_changed ? changes : count_added);
  }
  if (changes == 0) return;
  edit->changed(static_cast<uint64_t>(changes), keyspace::kSortedSetEvent, rule.increment ? "zincr" : "zadd");
}

namespace {

void add(Call& call, bool increments) {
  Args args(call.words(), 2);
  AddOptions options = read_add_options(args, true);
  options.rule.increment |= increments;
  check_add_options(args, options.rule);
  const std::vector<ScoredMember> pairs = read_pairs(args);
  if (args.failed()) return call.fail(args.error());
  add_members(call, options, pairs);
}

void zadd(Call& call) { add(call, false); }

// A quirk: ZADD's options are known here too, and then a word is missing.
void zincrby(Call& call) { add(call, true); }

void zrem(Call& call) {
  auto edit = call.edit<SortedSet>(call.key(0), Missing::kNone);
  if (!edit) return call.fail(edit.error());
  uint64_t erased = 0;
  for (size_t at = 2; at < call.count() && edit->exists() && !edit->value().empty(); ++at) {
    erased += edit->value().erase(call.word(at)) ? 1 : 0;
  }
  call.reply().integer(static_cast<int64_t>(erased));
  if (erased > 0) edit->changed(erased, keyspace::kSortedSetEvent, "zrem");
}

void zcard(Call& call) {
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().integer(*found ? static_cast<int64_t>((*found)->size()) : 0);
}

void reply_score(Call& call, std::optional<double> score) {
  if (score) {
    call.reply().real(*score);
  } else {
    call.reply().null();
  }
}

void zscore(Call& call) {
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  reply_score(call, *found ? (*found)->score(call.word(2)) : std::nullopt);
}

void zmscore(Call& call) {
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().array(call.count() - 2);
  for (size_t at = 2; at < call.count(); ++at) {
    reply_score(call, *found ? (*found)->score(call.word(at)) : std::nullopt);
  }
}

void reply_rank(Call& call, bool backward) {
  Args args(call.words(), 3);
  const bool with_score = args.more();
  if (call.count() > 4) return call.fail(command::wrong_arity(call.spec().name));
  if (with_score && !args.accept("WITHSCORE")) return call.fail(command::kSyntaxError);
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  const std::optional<uint64_t> rank = *found ? (*found)->rank(call.word(2)) : std::nullopt;
  if (!rank) return with_score ? call.reply().null_array() : call.reply().null();
  if (with_score) call.reply().array(2);
  call.reply().integer(static_cast<int64_t>(backward ? (*found)->size() - 1 - *rank : *rank));
  if (with_score) reply_score(call, (*found)->score(call.word(2)));
}

void zrank(Call& call) { reply_rank(call, false); }

void zrevrank(Call& call) { reply_rank(call, true); }

void zcount(Call& call) {
  const auto range = parse_score_range(call.word(2), call.word(3));
  if (!range) return call.fail(kNoScoreRange);
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().integer(*found ? static_cast<int64_t>((*found)->slice(*range).count) : 0);
}

void zlexcount(Call& call) {
  const auto range = parse_text_range(call.word(2), call.word(3));
  if (!range) return call.fail(kNoTextRange);
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().integer(*found ? static_cast<int64_t>((*found)->slice(*range).count) : 0);
}

void zscan(Call& call) {
  const auto cursor = parse_cursor(call.word(2));
  if (!cursor) return call.fail(command::kInvalidCursor);
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  if (!*found) return reply_scan_end(call);
  CollectionScan scan{.cursor = *cursor};
  if (!read_scan_options(call, ScanCommand::kZscan, scan)) return;
  std::vector<std::string> words;
  const uint64_t next = (*found)->scan(scan.cursor, scan.count, [&](std::string_view member, double score) {
    if (!scan.takes(member)) return;
    words.emplace_back(member);
    if (scan.only_members) return;
    char digits[base::kDoubleChars];
    words.emplace_back(base::format_double(score, digits));
  });
  reply_scan_header(call, next, words.size());
  for (const std::string& word : words) call.reply().bulk(word);
}

constexpr Spec kSortedSets[] = {
    {.name = "zadd",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {command::key_at(1, kRW | kUpdate)},
     .locks = LockClass::kKeys,
     .handler = zadd,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Adds members with scores to a sorted set, or changes their scores.",
     .complexity = "O(log(N)) a member, for N members.",
     .history = "2.4.0 Takes many members.\n"
                "3.0.2 Knows `NX`, `XX`, `CH` and `INCR`.\n"
                "6.2.0 Knows `GT` and `LT`.",
     .syntax = "key:k0 condition(NX|XX)@3.0.2? comparison(GT|LT)@6.2.0? CH/change@3.0.2? INCR/increment@3.0.2? "
               "data[score:d member]*",
     .element = 3},
    {.name = "zcard",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO)},
     .locks = LockClass::kKeys,
     .handler = zcard,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Counts the members of a sorted set.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "zcount",
     .arity = 4,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zcount,
     .group = Group::kSortedSet,
     .since = "2.0.0",
     .summary = "Counts the members whose scores are in a range.",
     .complexity = "O(log(N)) for N members.",
     .syntax = "key:k0 min:d max:d"},
    {.name = "zincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {command::key_at(1, kRW | kAccess | kUpdate)},
     .locks = LockClass::kKeys,
     .handler = zincrby,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Adds to the score of a member.",
     .complexity = "O(log(N)) for N members.",
     .syntax = "key:k0 increment:i member",
     .element = 3},
    {.name = "zlexcount",
     .arity = 4,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zlexcount,
     .group = Group::kSortedSet,
     .since = "2.8.9",
     .summary = "Counts the members between two texts, where all scores are equal.",
     .complexity = "O(log(N)) for N members.",
     .syntax = "key:k0 min max"},
    {.name = "zmscore",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zmscore,
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .summary = "Reads the scores of many members.",
     .complexity = "O(N) for N members asked for.",
     .syntax = "key:k0 member*",
     .element = 2},
    {.name = "zrank",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrank,
     .group = Group::kSortedSet,
     .since = "2.0.0",
     .summary = "Tells how many members are before one.",
     .complexity = "O(log(N)) for N members.",
     .history = "7.2.0 Knows `WITHSCORE`.",
     .syntax = "key:k0 member WITHSCORE?",
     .element = 2},
    {.name = "zrem",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {command::key_at(1, kRW | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zrem,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Takes members out of a sorted set.",
     .complexity = "O(M*log(N)) for M of N members.",
     .history = "2.4.0 Takes many members.",
     .syntax = "key:k0 member*",
     .element = 2},
    {.name = "zrevrank",
     .arity = -3,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrevrank,
     .group = Group::kSortedSet,
     .since = "2.0.0",
     .summary = "Tells how many members are behind one.",
     .complexity = "O(log(N)) for N members.",
     .history = "7.2.0 Knows `WITHSCORE`.",
     .syntax = "key:k0 member WITHSCORE?",
     .element = 2},
    {.name = "zscan",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zscan,
     .group = Group::kSortedSet,
     .tips = command::kNondeterministicOutput,
     .since = "2.8.0",
     .summary = "Walks the members and their scores, some at each call.",
     .complexity = "O(1) for a call, O(N) for a whole walk over N members.",
     .history = "8.0.0 Knows `NOSCORES`.",
     .syntax = "key:k0 cursor:i MATCH=pattern:p? COUNT=count:i? NOSCORES?"},
    {.name = "zscore",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zscore,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Reads the score of a member.",
     .complexity = "O(1)",
     .syntax = "key:k0 member",
     .element = 2},
};
static_assert(command::well_formed(kSortedSets));

}  // namespace

std::span<const Spec> sorted_set_commands() { return kSortedSets; }

}  // namespace commands
