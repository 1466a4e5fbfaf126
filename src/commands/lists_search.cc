// The commands on lists that look for an element by what it is.
#include <limits>
#include <vector>

#include "commands/families.h"
#include "commands/lists_parts.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Error;
using command::Group;
using command::Spec;
using keyspace::kListEvent;
using keyspace::LockClass;
using keyspace::Missing;
using enum command::Flags;
using enum command::KeyFlags;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
// The least integer has no positive counterpart.
constexpr Error kBeyondNegation{
    "ERR value is out of range, value must between -9223372036854775807 and "
    "9223372036854775807"};

void linsert(Call& call) {
  values::ListSide side = values::ListSide::kAfter;
  if (command::same_word(call.word(2), "before")) {
    side = values::ListSide::kBefore;
  } else if (!command::same_word(call.word(2), "after")) {
    return call.fail(command::kSyntaxError);
  }
  auto list = call.edit<List>(call.key(0), Missing::kNone);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.reply().integer(0);
  if (!list->value().insert(call.word(3), side, call.word(4), list_limits(call))) return call.reply().integer(-1);
  list->changed(1, kListEvent, "linsert");
  call.reply().integer(static_cast<int64_t>(list->value().size()));
}

void lrem(Call& call) {
  const std::optional<int64_t> count = base::parse_int64(call.word(2));
  if (!count) return call.fail(command::kNotAnInteger);
  if (*count < -kMost) return call.fail(kBeyondNegation);
  auto list = call.edit<List>(call.key(0), Missing::kNone);
  if (!list) return call.fail(list.error());
  if (!list->exists()) return call.reply().integer(0);
  const ListEnd from = *count < 0 ? ListEnd::kBack : ListEnd::kFront;
  const uint64_t most = *count == 0 ? UINT64_MAX : *count < 0 ? -static_cast<uint64_t>(*count) : *count;
  const uint64_t removed = list->value().remove(call.word(3), most, from, list_limits(call));
  if (removed > 0) list->changed(removed, kListEvent, "lrem");
  call.reply().integer(static_cast<int64_t>(removed));
}

// LPOS's options: which match is the first to count, how many are wanted, how many elements are looked at.
struct Search {
  int64_t rank = 1;
  std::optional<int64_t> count;
  int64_t most_looked_at = 0;
};

Search parse_search(Args& args) {
  Search out;
  while (args.more()) {
    if (args.left() < 2) {
      args.fail(command::kSyntaxError);
    } else if (args.accept("rank")) {
      out.rank = args.integer();
      if (!args.failed() && out.rank < -kMost) args.fail(kBeyondNegation);
      if (!args.failed() && out.rank == 0) {
        args.fail(
            Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
                  "negative to start from the end of the list"));
      }
    } else if (args.accept("count")) {
      out.count = args.integer(0, kMost, Error("ERR COUNT can't be negative"));
    } else if (args.accept("maxlen")) {
      out.most_looked_at = args.integer(0, kMost, Error("ERR MAXLEN can't be negative"));
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return out;
}

std::vector<int64_t> find_all(const List& list, std::string_view text, const Search& search) {
  const bool backward = search.rank < 0;
  const auto size = static_cast<int64_t>(list.size());
  const int64_t last = search.most_looked_at == 0 ? size : std::min(size, search.most_looked_at);
  const int64_t wanted = search.count.value_or(1);
  int64_t passed = backward ? -search.rank - 1 : search.rank - 1;
  structures::Needle needle(text);
  std::vector<int64_t> out;
  ListCursor cursor = list.at(backward ? -1 : 0);
  for (int64_t i = 0; i < last; ++i, cursor.step(backward ? ListEnd::kFront : ListEnd::kBack)) {
    if (!cursor.equals(needle) || passed-- > 0) continue;
    out.push_back(backward ? size - 1 - i : i);
    if (wanted != 0 && static_cast<int64_t>(out.size()) == wanted) break;
  }
  return out;
}

void lpos(Call& call) {
  Args args(call.words(), 3);
  const Search search = parse_search(args);
  if (args.failed()) return call.fail(args.error());
  const auto list = call.read<List>(call.key(0));
  if (!list) return call.fail(list.error());
  std::vector<int64_t> places;
  if (*list) places = find_all(**list, call.word(2), search);
  if (!search.count) return places.empty() ? call.reply().null() : call.reply().integer(places.front());
  call.reply().array(places.size());
  for (const int64_t place : places) call.reply().integer(place);
}

constexpr Spec kSearches[] = {
    {.name = "linsert",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = linsert,
     .group = Group::kList,
     .since = "2.2.0",
     .summary = "Adds an element to a list, before or after another.",
     .complexity = "O(N) where N is the number of elements up to the pivot",
     .syntax = "key:k0 where(BEFORE|AFTER) pivot element"},
    {.name = "lrem",
     .arity = 4,
     .flags = kWrite,
     .keys = one_key(kRW | kDelete),
     .locks = LockClass::kKeys,
     .handler = lrem,
     .group = Group::kList,
     .since = "1.0.0",
     .summary = "Takes the elements that equal one from a list, as many as are asked for, from either end.",
     .complexity = "O(N+M) where N is the number of elements of the list and M the number of those taken",
     .syntax = "key:k0 count:i element"},
    {.name = "lpos",
     .arity = -3,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = lpos,
     .group = Group::kList,
     .since = "6.0.6",
     .summary = "Finds the places of the elements of a list that equal one.",
     .complexity = "O(N) where N is the number of elements that are looked at",
     .syntax = "key:k0 element RANK=rank:i? COUNT=num-matches:i? MAXLEN=len:i?"},
};
static_assert(command::well_formed(kSearches));

}  // namespace

std::span<const Spec> list_search_commands() { return kSearches; }

}  // namespace commands
