// Sorted sets made of several: ZUNION, ZINTER, ZDIFF, ZINTERCARD and what stores their results. Plain sets may take
// part: their members have the score 1.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "commands/families.h"
#include "commands/sorted_sets.h"
#include "values/set.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Key;
using keyspace::LockClass;
using values::Set;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

enum class Operation : uint8_t { kUnion, kInter, kDiff };
enum class Aggregate : uint8_t { kSum, kMin, kMax };

// One input: a sorted set, a set, or nothing.
struct Source {
  std::optional<SortedSet> sorted_set{};
  std::optional<Set> set{};
  double weight = 1;

  uint64_t size() const { return sorted_set ? sorted_set->size() : set ? set->size() : 0; }
  std::optional<double> score(std::string_view member) const {
    if (sorted_set) return sorted_set->score(member);
    return set && set->contains(member) ? std::optional(1.0) : std::nullopt;
  }
  // Calls visit(member, score) until it says false.
  template <typename Visit>
  void for_each(Visit visit) const {
    if (sorted_set) {
      for (SortedSet::Walk walk = sorted_set->first(); walk && visit(walk.text(), walk.score());) walk.next();
    } else if (set) {
      set->for_each_while([&](const Set::Member& member) {
        Set::Member::Buffer digits;
        return visit(member.text(digits), 1.0);
      });
    }
  }
};

struct Request {
  Operation operation;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  uint64_t limit = 0;  // of ZINTERCARD; 0 is none
  std::vector<Source> sources;
};

double number(double value) { return std::isnan(value) ? 0 : value; }

double combine(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::kSum: return number(a + b);
    case Aggregate::kMin: return b < a ? b : a;
    case Aggregate::kMax: return b > a ? b : a;
  }
  return a;
}

// The keys' values, behind `first` keys that are none of them. False after the reply said what is wrong.
bool read_sources(Call& call, size_t first, Request& request) {
  for (const Key& key : call.keys().subspan(first)) {
    Source& source = request.sources.emplace_back();
    keyspace::Entry* entry = call.db().read(key);
    if (entry == nullptr) continue;
    if (entry->type() == values::Type::kSortedSet) {
      source.sorted_set = keyspace::Database::collection<SortedSet>(*entry);
    } else if (entry->type() == values::Type::kSet) {
      source.set = keyspace::Database::collection<Set>(*entry);
    } else {
      call.fail(command::kWrongType);
      return false;
    }
  }
  return true;
}

void read_weights(Args& args, Request& request) {
  for (Source& source : request.sources) {
    const auto weight = base::parse_double(args.text());
    if (!weight) args.fail(base::Error("ERR weight value is not a float"));
    source.weight = weight.value_or(0);
  }
}

void read_aggregate(Args& args, Request& request) {
  if (args.accept("SUM")) {
    request.aggregate = Aggregate::kSum;
  } else if (args.accept("MIN")) {
    request.aggregate = Aggregate::kMin;
  } else if (args.accept("MAX")) {
    request.aggregate = Aggregate::kMax;
  } else {
    args.fail(command::kSyntaxError);
  }
}

struct Options {
  bool stores = false;
  bool only_counts = false;
};

void read_options(Args& args, const Options& options, Request& request) {
  const bool weighs = request.operation != Operation::kDiff && !options.only_counts;
  while (args.more()) {
    if (weighs && args.left() > request.sources.size() && args.accept("WEIGHTS")) {
      read_weights(args, request);
    } else if (weighs && args.left() >= 2 && args.accept("AGGREGATE")) {
      read_aggregate(args, request);
    } else if (!options.stores && !options.only_counts && args.accept("WITHSCORES")) {
      request.with_scores = true;
    } else if (options.only_counts && args.left() >= 2 && args.accept("LIMIT")) {
      const int64_t limit =
          args.integer(0, std::numeric_limits<int64_t>::max(), base::Error("ERR LIMIT can't be negative"));
      request.limit = static_cast<uint64_t>(limit);
    } else {
      args.fail(command::kSyntaxError);
    }
  }
}

// False after the reply said what is wrong.
bool read_request(Call& call, const Options& options, Request& request) {
  const size_t before = options.stores ? 1 : 0;
  Args args(call.words(), before + 1);
  const int64_t keys = args.integer();
  if (args.failed()) {
    call.fail(args.error());
    return false;
  }
  if (keys < 1) {
    call.fail("ERR at least 1 input key is needed for '" + std::string(call.spec().name) + "' command");
    return false;
  }
  if (static_cast<uint64_t>(keys) > args.left()) {
    call.fail(command::kSyntaxError);
    return false;
  }
  if (!read_sources(call, before, request)) return false;
  args.skip(static_cast<size_t>(keys));
  read_options(args, options, request);
  if (args.failed()) call.fail(args.error());
  return !args.failed();
}

struct Member {
  std::string text;
  double score;
};

void unite(const Request& request, std::vector<Member>& out) {
  std::unordered_map<std::string, size_t> places;
  for (const Source& source : request.sources) {
    source.for_each([&](std::string_view member, double score) {
      const double weighted = number(source.weight * score);
      const auto [at, is_new] = places.try_emplace(std::string(member), out.size());
      if (is_new) {
        out.push_back({at->first, weighted});
      } else {
        out[at->second].score = combine(request.aggregate, out[at->second].score, weighted);
      }
      return true;
    });
  }
}

// Calls visit(member, score) for what is in all sources, until it says false. REQUIRES: the smallest source is first.
template <typename Visit>
void intersect(const Request& request, Visit visit) {
  const Source& smallest = request.sources[0];
  smallest.for_each([&](std::string_view member, double score) {
    double result = number(smallest.weight * score);
    for (size_t i = 1; i < request.sources.size(); ++i) {
      const std::optional<double> other = request.sources[i].score(member);
      if (!other) return true;
      result = combine(request.aggregate, result, request.sources[i].weight * *other);
    }
    return visit(member, result);
  });
}

void subtract(const Request& request, std::vector<Member>& out) {
  request.sources[0].for_each([&](std::string_view member, double score) {
    const auto has = [&](const Source& source) { return source.score(member).has_value(); };
    if (std::none_of(request.sources.begin() + 1, request.sources.end(), has)) {
      out.push_back({std::string(member), score});
    }
    return true;
  });
}

void sort_by_size(Request& request) {
  std::stable_sort(request.sources.begin(), request.sources.end(),
                   [](const Source& a, const Source& b) { return a.size() < b.size(); });
}

// The result in order. Scores are added from the smallest source to the largest, as the reference adds them.
std::vector<Member> members_of(Request& request) {
  if (request.operation != Operation::kDiff) sort_by_size(request);
  std::vector<Member> out;
  switch (request.operation) {
    case Operation::kUnion: unite(request, out); break;
    case Operation::kDiff: subtract(request, out); break;
    case Operation::kInter:
      intersect(request, [&](std::string_view member, double score) {
        out.push_back({std::string(member), score});
        return true;
      });
  }
  std::sort(out.begin(), out.end(),
            [](const Member& a, const Member& b) { return a.score != b.score ? a.score < b.score : a.text < b.text; });
  return out;
}

void reply_members(Call& call, Operation operation) {
  Request request{.operation = operation};
  if (!read_request(call, {}, request)) return;
  const std::vector<Member> members = members_of(request);
  MemberReply reply(call.reply(), members.size(), request.with_scores);
  for (const Member& member : members) reply.add(member.text, member.score);
}

void store_members(Call& call, Operation operation, std::string_view event) {
  Request request{.operation = operation};
  if (!read_request(call, {.stores = true}, request)) return;
  const std::vector<Member> members = members_of(request);
  size_t longest = 0;
  for (const Member& member : members) longest = std::max(longest, member.text.size());
  SortedSet made = SortedSet::make_for(members.size(), longest, sorted_set_limits(call));
  for (const Member& member : members) made.append(member.text, member.score);
  store_sorted_set(call, call.key(0), made, event);
}

void zunion(Call& call) { reply_members(call, Operation::kUnion); }
void zinter(Call& call) { reply_members(call, Operation::kInter); }
void zdiff(Call& call) { reply_members(call, Operation::kDiff); }
void zunionstore(Call& call) { store_members(call, Operation::kUnion, "zunionstore"); }
void zinterstore(Call& call) { store_members(call, Operation::kInter, "zinterstore"); }
void zdiffstore(Call& call) { store_members(call, Operation::kDiff, "zdiffstore"); }

void zintercard(Call& call) {
  Request request{.operation = Operation::kInter};
  if (!read_request(call, {.only_counts = true}, request)) return;
  sort_by_size(request);
  uint64_t count = 0;
  intersect(request, [&](std::string_view, double) { return ++count != request.limit; });
  call.reply().integer(static_cast<int64_t>(count));
}

constexpr Spec kSortedSetCombinations[] = {
    {.name = "zdiff",
     .arity = -3,
     .flags = kReadOnly | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zdiff,
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .summary = "Returns the members of the first sorted set that are in none of the others.",
     .complexity = "O(N)+O(M*log(M)) for N members in all, of which M are in the result.",
     .syntax = "numkeys:i key:k0* WITHSCORES?"},
    {.name = "zdiffstore",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = {command::key_at(1, kOW | kUpdate), command::counted_keys(2, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zdiffstore,
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .summary = "Stores the members of the first sorted set that are in none of the others.",
     .complexity = "O(N)+O(M*log(M)) for N members in all, of which M are in the result.",
     .syntax = "destination:k0 numkeys:i key:k1*"},
    {.name = "zinter",
     .arity = -3,
     .flags = kReadOnly | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zinter,
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .summary = "Returns the members that are in all of some sorted sets.",
     .complexity = "O(N*K)+O(M*log(M)) for K keys, the smallest with N members, and M in the result.",
     .syntax = "numkeys:i key:k0* WEIGHTS=weight:i?* AGGREGATE=aggregate(SUM|MIN|MAX)? WITHSCORES?"},
    {.name = "zintercard",
     .arity = -3,
     .flags = kReadOnly | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zintercard,
     .group = Group::kSortedSet,
     .since = "7.0.0",
     .summary = "Counts the members that are in all of some sorted sets.",
     .complexity = "O(N*K) for K keys, the smallest with N members.",
     .syntax = "numkeys:i key:k0* LIMIT=limit:i?"},
    {.name = "zinterstore",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = {command::key_at(1, kOW | kUpdate), command::counted_keys(2, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zinterstore,
     .group = Group::kSortedSet,
     .since = "2.0.0",
     .summary = "Stores the members that are in all of some sorted sets.",
     .complexity = "O(N*K)+O(M*log(M)) for K keys, the smallest with N members, and M in the result.",
     .syntax = "destination:k0 numkeys:i key:k1* WEIGHTS=weight:i?* AGGREGATE=aggregate(SUM|MIN|MAX)?"},
    {.name = "zunion",
     .arity = -3,
     .flags = kReadOnly | kMovableKeys,
     .keys = {command::counted_keys(1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zunion,
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .summary = "Returns the members that are in any of some sorted sets.",
     .complexity = "O(N)+O(M*log(M)) for N members in all, of which M are in the result.",
     .syntax = "numkeys:i key:k0* WEIGHTS=weight:i?* AGGREGATE=aggregate(SUM|MIN|MAX)? WITHSCORES?"},
    {.name = "zunionstore",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = {command::key_at(1, kOW | kUpdate), command::counted_keys(2, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = zunionstore,
     .group = Group::kSortedSet,
     .since = "2.0.0",
     .summary = "Stores the members that are in any of some sorted sets.",
     .complexity = "O(N)+O(M*log(M)) for N members in all, of which M are in the result.",
     .syntax = "destination:k0 numkeys:i key:k1* WEIGHTS=weight:i?* AGGREGATE=aggregate(SUM|MIN|MAX)?"},
};
static_assert(command::well_formed(kSortedSetCombinations));

}  // namespace

std::span<const Spec> sorted_set_combination_commands() { return kSortedSetCombinations; }

}  // namespace commands
