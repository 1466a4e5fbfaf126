// Ranges of a sorted set by rank, score or member: ZRANGE and its elder forms, ZRANGESTORE, ZREMRANGEBY*.
#include <algorithm>

#include "commands/families.h"
#include "commands/sorted_sets.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Key;
using keyspace::LockClass;
using values::RankSlice;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

enum class By : uint8_t { kRank, kScore, kText };

// What a command fixes, where ZRANGE asks.
struct Form {
  By by = By::kRank;
  bool reverse = false;
  bool chooses = false;  // ZRANGE and ZRANGESTORE
  bool stores = false;
};

struct Query {
  By by = By::kRank;
  bool reverse = false;
  bool with_scores = false;
  bool limited = false;
  int64_t offset = 0;
  int64_t count = -1;
};

// An option of ZRANGE alone. False if the next word is none.
bool read_choice(Args& args, Query& query, bool& chose_by) {
  if (!query.reverse && args.accept("REV")) {
    query.reverse = true;
  } else if (!chose_by && args.accept("BYLEX")) {
    query.by = By::kText;
    chose_by = true;
  } else if (!chose_by && args.accept("BYSCORE")) {
    query.by = By::kScore;
    chose_by = true;
  } else {
    return false;
  }
  return true;
}

Query read_query(Args& args, const Form& form) {
  Query query{.by = form.by, .reverse = form.reverse};
  bool chose_by = false;
  while (args.more()) {
    if (!form.stores && args.accept("WITHSCORES")) {
      query.with_scores = true;
    } else if (args.left() >= 3 && args.accept("LIMIT")) {
      query.limited = true;
      query.offset = args.integer();
      query.count = args.integer();
    } else if (!form.chooses || !read_choice(args, query, chose_by)) {
      args.fail(command::kSyntaxError);
    }
  }
  if (query.limited && query.count != -1 && query.by == By::kRank) {
    args.fail(base::Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"));
  }
  if (query.by == By::kRank) query.offset = 0;  // LIMIT with a count of -1 passes, and nobody looks at it.
  if (query.with_scores && query.by == By::kText) {
    args.fail(base::Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
  }
  return query;
}

// The two words that say which elements, read as the query wants.
struct Bounds {
  int64_t start = 0;
  int64_t stop = 0;
  values::ScoreRange scores{};
  values::TextRange texts{};

  RankSlice slice(const SortedSet& set, const Query& query) const {
    if (query.by == By::kScore) return set.slice(scores);
    if (query.by == By::kText) return set.slice(texts, query.reverse);
    RankSlice slice = slice_of_ranks(start, stop, set.size());
    if (query.reverse) slice.begin = set.size() - slice.begin - slice.count;
    return slice;
  }
};

// None after the reply said what is wrong.
std::optional<Bounds> read_bounds(Call& call, const Query& query, size_t first) {
  std::string_view min = call.word(first), max = call.word(first + 1);
  Bounds bounds;
  if (query.by == By::kRank) {
    Args args(call.words(), first);
    bounds.start = args.integer();
    bounds.stop = args.integer();
    if (!args.failed()) return bounds;
    call.fail(args.error());
    return std::nullopt;
  }
  if (query.reverse) std::swap(min, max);
  if (query.by == By::kScore) {
    if (const auto range = parse_score_range(min, max)) {
      bounds.scores = *range;
      return bounds;
    }
    call.fail(kNoScoreRange);
  } else {
    if (const auto range = parse_text_range(min, max)) {
      bounds.texts = *range;
      return bounds;
    }
    call.fail(kNoTextRange);
  }
  return std::nullopt;
}

// What LIMIT leaves of a slice. As in the reference, a negative offset counts from the end in a large sorted set, and
// leaves nothing in a small one.
RankSlice limit(RankSlice slice, const Query& query, bool is_large) {
  const auto size = static_cast<int64_t>(slice.count);
  const int64_t from = query.offset < 0 && is_large ? size + std::max(query.offset, -size - 1) : query.offset;
  if (from < 0 || from >= size) return {};
  const auto offset = static_cast<uint64_t>(from);
  uint64_t count = slice.count - offset;
  if (query.count >= 0) count = std::min(count, static_cast<uint64_t>(query.count));
  return {query.reverse ? slice.begin + slice.count - offset - count : slice.begin + offset, count};
}

void reply_slice(Call& call, const SortedSet& set, const RankSlice& slice, const Query& query) {
  const bool reverse = query.reverse, scores = query.with_scores;
  MemberReply(call.reply(), slice.count, scores);
  if (slice.count == 0) return;
  SortedSet::Walk first = set.at(reverse ? slice.begin + slice.count - 1 : slice.begin);
  call.reply_in_slices(set, slice.count, [walk = first, left = slice.count, reverse, scores](resp::Writer& to) mutable {
    MemberReply reply(to, scores);
    for (uint64_t some = std::min(left, command::kSliceElements); some > 0; --some, --left, walk.step(reverse)) {
      reply.add(walk.text(), walk.score());
    }
    return left == 0;
  });
}

void store_slice(Call& call, const SortedSet& set, const RankSlice& slice) {
  const values::SortedSetLimits limits = sorted_set_limits(call);
  size_t longest = 0;
  SortedSet::Walk walk = set.at(slice.begin);
  for (uint64_t i = 0; i < slice.count; ++i, walk.next()) longest = std::max(longest, walk.text().size());
  SortedSet made = SortedSet::make_for(slice.count, longest, limits);
  walk = set.at(slice.begin);
  for (uint64_t i = 0; i < slice.count; ++i, walk.next()) made.append(walk.text(), walk.score());
  store_sorted_set(call, call.key(0), made, "zrangestore");
}

// `first` is the word before the bounds: the key.
void range(Call& call, const Form& form, size_t first = 1) {
  Args args(call.words(), first + 3);
  const Query query = read_query(args, form);
  if (args.failed()) return call.fail(args.error());
  const auto bounds = read_bounds(call, query, first + 1);
  if (!bounds) return;
  const auto found = call.read<SortedSet>(call.key(form.stores ? 1 : 0));
  if (!found) return call.fail(found.error());
  if (!*found) return form.stores ? store_sorted_set(call, call.key(0), SortedSet::make(), "") : call.reply().array(0);
  const SortedSet& set = **found;
  const RankSlice slice = limit(bounds->slice(set, query), query, !set.is_listpack());
  if (form.stores) return store_slice(call, set, slice);
  reply_slice(call, set, slice, query);
}

void zrange(Call& call) { range(call, {.chooses = true}); }
void zrangestore(Call& call) { range(call, {.chooses = true, .stores = true}, 2); }
void zrevrange(Call& call) { range(call, {.reverse = true}); }
void zrangebyscore(Call& call) { range(call, {.by = By::kScore}); }
void zrevrangebyscore(Call& call) { range(call, {.by = By::kScore, .reverse = true}); }
void zrangebylex(Call& call) { range(call, {.by = By::kText}); }
void zrevrangebylex(Call& call) { range(call, {.by = By::kText, .reverse = true}); }

void erase_range(Call& call, By by, std::string_view event) {
  const Query query{.by = by};
  const auto bounds = read_bounds(call, query, 2);
  if (!bounds) return;
  auto edit = call.edit<SortedSet>(call.key(0), keyspace::Missing::kNone);
  if (!edit) return call.fail(edit.error());
  if (!edit->exists()) return call.reply().integer(0);
  const RankSlice slice = bounds->slice(edit->value(), query);
  call.reply().integer(static_cast<int64_t>(slice.count));
  if (slice.count == 0) return;
  edit->value().erase(slice);
  edit->changed(slice.count, keyspace::kSortedSetEvent, event);
}

void zremrangebyrank(Call& call) { erase_range(call, By::kRank, "zremrangebyrank"); }
void zremrangebyscore(Call& call) { erase_range(call, By::kScore, "zremrangebyscore"); }
void zremrangebylex(Call& call) { erase_range(call, By::kText, "zremrangebylex"); }

constexpr Spec kSortedSetRanges[] = {
    {.name = "zrange",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrange,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Returns the members in a range of ranks, scores or texts.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .history = "6.2.0 Knows `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.",
     .syntax = "key:k0 start stop sortby(BYSCORE|BYLEX)@6.2.0? REV@6.2.0? LIMIT=limit[offset:i count:i]@6.2.0? "
               "WITHSCORES?"},
    {.name = "zrangebylex",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrangebylex,
     .group = Group::kSortedSet,
     .since = "2.8.9",
     .summary = "Returns the members between two texts, where all scores are equal.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .syntax = "key:k0 min max LIMIT=limit[offset:i count:i]?"},
    {.name = "zrangebyscore",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrangebyscore,
     .group = Group::kSortedSet,
     .since = "1.0.5",
     .summary = "Returns the members whose scores are in a range.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .history = "2.0.0 Knows `WITHSCORES`.",
     .syntax = "key:k0 min:d max:d WITHSCORES@2.0.0? LIMIT=limit[offset:i count:i]?"},
    {.name = "zrangestore",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(1, kOW | kUpdate), command::key_at(2, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrangestore,
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .summary = "Stores the members in a range of another sorted set.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .syntax = "dst:k0 src:k1 min max sortby(BYSCORE|BYLEX)? REV? LIMIT=limit[offset:i count:i]?"},
    {.name = "zremrangebylex",
     .arity = 4,
     .flags = kWrite,
     .keys = {command::key_at(1, kRW | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zremrangebylex,
     .group = Group::kSortedSet,
     .since = "2.8.9",
     .summary = "Takes out the members between two texts, where all scores are equal.",
     .complexity = "O(log(N)+M) for N members of which M leave.",
     .syntax = "key:k0 min max"},
    {.name = "zremrangebyrank",
     .arity = 4,
     .flags = kWrite,
     .keys = {command::key_at(1, kRW | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zremrangebyrank,
     .group = Group::kSortedSet,
     .since = "2.0.0",
     .summary = "Takes out the members in a range of ranks.",
     .complexity = "O(log(N)+M) for N members of which M leave.",
     .syntax = "key:k0 start:i stop:i"},
    {.name = "zremrangebyscore",
     .arity = 4,
     .flags = kWrite,
     .keys = {command::key_at(1, kRW | kDelete)},
     .locks = LockClass::kKeys,
     .handler = zremrangebyscore,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Takes out the members whose scores are in a range.",
     .complexity = "O(log(N)+M) for N members of which M leave.",
     .syntax = "key:k0 min:d max:d"},
    {.name = "zrevrange",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrevrange,
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .summary = "Returns the members in a range of ranks, the highest score first.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .syntax = "key:k0 start:i stop:i WITHSCORES?"},
    {.name = "zrevrangebylex",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrevrangebylex,
     .group = Group::kSortedSet,
     .since = "2.8.9",
     .summary = "Returns the members between two texts, the last first, where all scores are equal.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .syntax = "key:k0 max min LIMIT=limit[offset:i count:i]?"},
    {.name = "zrevrangebyscore",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zrevrangebyscore,
     .group = Group::kSortedSet,
     .since = "2.2.0",
     .summary = "Returns the members whose scores are in a range, the highest first.",
     .complexity = "O(log(N)+M) for N members of which M are in the answer.",
     .history = "2.1.6 Either end may be exclusive.",
     .syntax = "key:k0 max:d min:d WITHSCORES? LIMIT=limit[offset:i count:i]?"},
};
static_assert(command::well_formed(kSortedSetRanges));

}  // namespace

std::span<const Spec> sorted_set_range_commands() { return kSortedSetRanges; }

}  // namespace commands
