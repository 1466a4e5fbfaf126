// SORT and SORT_RO: the elements of a list, set or sorted set in order of a number or a text, theirs or that of other
// keys which their patterns name.
#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/partial_sort.h"
#include "commands/families.h"
#include "commands/lists_parts.h"
#include "commands/sort_patterns.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;
using values::Set;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

constexpr base::Error kNotNumbers{"ERR One or more scores can't be converted into double"};

struct Options {
  bool sorts = true;  // false: BY a constant
  bool descending = false;
  bool alpha = false;
  int64_t offset = 0;
  int64_t count = -1;  // negative: all
  std::optional<std::string_view> by{};
  std::vector<std::string_view> gets{};
  bool stores = false;
};

// Where STORE's key stands, the last one's if there are several; 0: nowhere. Found like the reference finds keys, which
// is less strict than the options are read.
size_t find_target(std::span<const std::string_view> words) {
  size_t found = 0;
  for (size_t i = 2; i < words.size(); ++i) {
    if (command::same_word(words[i], "LIMIT")) {
      i += 2;
    } else if (command::same_word(words[i], "BY") || command::same_word(words[i], "GET")) {
      i += 1;
    } else if (command::same_word(words[i], "STORE") && i + 1 < words.size()) {
      found = ++i;
    }
  }
  return found;
}

// Only patterns lead to other keys. A word that says so where it means something else costs no more than a wait.
LockClass locks_of(std::span<const std::string_view> words) {
  const bool has_patterns = std::any_of(words.begin() + 2, words.end(), [](std::string_view word) {
    return command::same_word(word, "BY") || command::same_word(word, "GET");
  });
  return has_patterns ? LockClass::kStray : LockClass::kKeys;
}

constexpr base::Error kByDenied{"ERR BY option of SORT denied due to insufficient ACL permissions."};
constexpr base::Error kGetDenied{"ERR GET option of SORT denied due to insufficient ACL permissions."};

Options read_options(Call& call, Args& args, bool may_store) {
  Options options;
  const auto needs_every_key = [&](base::Error otherwise) {
    if (!call.host().may_read_every_key(call)) args.fail(otherwise);
  };
  while (args.more()) {
    const size_t values = args.left() - 1;
    if (args.accept("ASC")) {
      options.descending = false;
    } else if (args.accept("DESC")) {
      options.descending = true;
    } else if (args.accept("ALPHA")) {
      options.alpha = true;
    } else if (values >= 2 && args.accept("LIMIT")) {
      options.offset = args.integer();
      options.count = args.integer();
    } else if (values >= 1 && may_store && args.accept("STORE")) {
      options.stores = true;
      args.skip();
    } else if (values >= 1 && args.accept("BY")) {
      options.by = args.text();
      if (is_constant_pattern(*options.by)) {
        options.sorts = false;  // and another BY after it changes nothing
      } else {
        needs_every_key(kByDenied);
      }
    } else if (values >= 1 && args.accept("GET")) {
      options.gets.push_back(args.text());
      needs_every_key(kGetDenied);
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return options;
}

struct Item {
  std::string text;
  double score = 0;
  std::optional<std::string> by{};
};

// The part of the elements, in their order, that is asked for.
struct Part {
  uint64_t begin = 0;
  uint64_t count = 0;
};

Part part_of(const Options& options, uint64_t size) {
  const auto most = static_cast<int64_t>(size);
  const int64_t begin = std::clamp<int64_t>(options.offset, 0, most);
  const int64_t count = options.count < 0 ? most : std::min(options.count, most);
  return {static_cast<uint64_t>(begin), static_cast<uint64_t>(std::min(count, most - begin))};
}

std::string text_of(const structures::Element& element) {
  structures::Element::Buffer buffer;
  return std::string(element.text(buffer));
}

std::vector<Item> items_of(const List& list, Part part, bool backward) {
  std::vector<Item> items;
  if (part.count == 0) return items;
  const auto begin = static_cast<int64_t>(part.begin);
  auto at = list.at(backward ? -1 - begin : begin);
  for (uint64_t left = part.count; left > 0; --left) {
    items.push_back({.text = text_of(at.get())});
    at.step(backward ? ListEnd::kFront : ListEnd::kBack);
  }
  return items;
}

std::vector<Item> items_of(const Set& set) {
  std::vector<Item> items;
  items.reserve(set.size());
  set.for_each([&items](const Set::Member& member) { items.push_back({.text = text_of(member)}); });
  return items;
}

std::vector<Item> items_of(const SortedSet& set, Part part, bool backward) {
  std::vector<Item> items;
  if (part.count == 0) return items;
  auto at = set.at(backward ? set.size() - 1 - part.begin : part.begin);
  for (uint64_t left = part.count; left > 0; --left) {
    items.push_back({.text = std::string(at.text())});
    at.step(backward);
  }
  return items;
}

// Loads what there is to be sorted, and says which part of it is wanted in the end. What lies in an order that is to be
// kept is loaded only as far as it is wanted.
base::Result<std::vector<Item>> load(Call& call, Entry* entry, const Options& options, Part& part) {
  using keyspace::Database;
  if (entry == nullptr) return std::vector<Item>();
  const bool kept = !options.sorts;
  const auto all_or = [&](uint64_t size) {
    part = part_of(options, size);
    const Part loaded = kept ? part : Part{0, size};
    if (kept) part.begin = 0;
    return loaded;
  };
  switch (entry->type()) {
    case keyspace::Type::kList: {
      const List list = Database::collection<List>(*entry);
      return items_of(list, all_or(list.size()), kept && options.descending);
    }
    case keyspace::Type::kSortedSet: {
      SortedSet set = Database::collection<SortedSet>(*entry);
      // As in the reference, a sorted set that was sorted is a large one from then on, whatever its size.
      const keyspace::Size before = call.db().noted_size(call.key(0), *entry);
      set.prepare_for(1, 1, {.max_listpack_entries = 0, .max_listpack_value = 0});
      entry->set_word(set.word());
      call.db().size_changed(call.key(0), before, keyspace::size_of(*entry));
      return items_of(set, all_or(set.size()), kept && options.descending);
    }
    case keyspace::Type::kSet: {
      const Set set = Database::collection<Set>(*entry);
      part = part_of(options, set.size());
      return items_of(set);
    }
    default: return command::kWrongType;
  }
}

// Gives each item what it is compared by. False: one should be a number and is none.
bool weigh(Call& call, const Options& options, std::vector<Item>& items) {
  bool all_numbers = true;
  for (Item& item : items) {
    if (options.by) {
      item.by = find_by_pattern(call, *options.by, item.text);
      if (!item.by) continue;
    }
    if (options.alpha) continue;
    const std::string_view text = command::repeated(item.by ? *item.by : item.text);
    const std::optional<double> score = base::parse_double(text);
    if (!score) all_numbers = false;
    item.score = score.value_or(0);
  }
  return all_numbers;
}

// Stored results compare by all bytes, replied ones by those before a NUL, as strcoll does in the C locale.
int compare_texts(const std::string& a, const std::string& b, bool all_bytes) {
  return all_bytes ? a.compare(b) : std::strcmp(a.c_str(), b.c_str());
}

int compare(const Item& a, const Item& b, const Options& options) {
  if (!options.alpha) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return a.text.compare(b.text);
  }
  if (!options.by) return compare_texts(a.text, b.text, options.stores);
  if (!a.by || !b.by) return static_cast<int>(a.by.has_value()) - static_cast<int>(b.by.has_value());
  return compare_texts(*a.by, *b.by, options.stores);
}

// Ties of a part come in the order of partial_sort, all others in that of the key, as in the reference.
void sort_items(std::vector<Item>& items, const Options& options, const Part& part) {
  const auto order = [&options](const Item& a, const Item& b) {
    const int rising = compare(a, b, options);
    return options.descending ? -rising : rising;
  };
  if (options.by && part.count < items.size()) {
    if (part.count == 0) return;
    const base::Places places{.first = part.begin, .last = part.begin + part.count - 1};
    return base::partial_sort(std::span(items), places, order);
  }
  std::stable_sort(items.begin(), items.end(), [&order](const Item& a, const Item& b) { return order(a, b) < 0; });
}

void reply(Call& call, const Options& options, std::span<const Item> items) {
  call.reply().array(items.size() * std::max<size_t>(options.gets.size(), 1));
  for (const Item& item : items) {
    if (options.gets.empty()) call.reply().bulk(item.text);
    for (const std::string_view pattern : options.gets) {
      const std::optional<std::string> value = find_by_pattern(call, pattern, item.text);
      value ? call.reply().bulk(*value) : call.reply().null();
    }
  }
}

// A list in the place of whatever STORE's key holds; what GET does not find is an empty text in it.
void store(Call& call, const Options& options, std::span<const Item> items) {
  const Key& target = call.key(1);
  List list = List::make();
  uint64_t size = 0;
  const auto push = [&](std::string_view text) {
    list.push(ListEnd::kBack, {&text, 1}, list_limits(call));
    ++size;
  };
  for (const Item& item : items) {
    if (options.gets.empty()) push(item.text);
    for (const std::string_view pattern : options.gets) {
      push(find_by_pattern(call, pattern, item.text).value_or(std::string()));
    }
  }
  if (size > 0) {
    call.db().set_collection(target, {List::kType, list.word()}, Entry::kNoExpiry);
    call.db().count_changes(size - 1);
    call.db().notify(keyspace::kListEvent, "sortstore", target);
  } else {
    list.destroy();
    if (call.db().erase(target)) call.db().notify(keyspace::kGenericEvent, "del", target);
  }
  call.reply().integer(static_cast<int64_t>(size));
}

void run(Call& call, bool may_store) {
  Args args(call.words(), 2);
  Options options = read_options(call, args, may_store);
  if (args.failed()) return call.fail(args.error());
  Entry* entry = call.db().read(call.key(0));
  // A set has no order of its own that a stored result, or a script, could keep.
  const bool is_set = entry != nullptr && entry->type() == keyspace::Type::kSet;
  if (!options.sorts && is_set && (options.stores || call.by_script())) {
    options.sorts = true;
    options.alpha = true;
    options.by.reset();
  }
  Part part;
  auto items = load(call, entry, options, part);
  if (!items) return call.fail(items.error());
  if (options.sorts) {
    if (!weigh(call, options, *items)) return call.fail(kNotNumbers);
    sort_items(*items, options, part);
  }
  const std::span<const Item> wanted = std::span<const Item>(*items).subspan(part.begin, part.count);
  options.stores ? store(call, options, wanted) : reply(call, options, wanted);
}

void sort(Call& call) { run(call, true); }

void sort_ro(Call& call) { run(call, false); }

constexpr command::KeySpec unknown_key(uint16_t flags, std::string_view notes) {
  return {.flags = flags, .find = command::KeySpec::Find::kUnknown, .notes = notes};
}
constexpr std::string_view kPatternNotes = "The keys of `BY` and `GET` hang on the elements that are sorted.";
constexpr uint32_t kCategories =
    command::kDangerous | command::kCategoryList | command::kCategorySet | command::kCategorySortedSet;

constexpr Spec kSort[] = {
    {.name = "sort",
     .arity = -2,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = {command::key_at(1, kRO | kAccess), unknown_key(kRO | kAccess, kPatternNotes),
              unknown_key(kOW | kUpdate, "The key behind `STORE`, which may stand anywhere.")},
     .further_key = find_target,
     .categories = kCategories,
     .locks = LockClass::kStray,
     .handler = sort,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .summary = "Sorts the elements of a list, a set or a sorted set, and answers or stores them.",
     .complexity = "O(N*log(N)+M) for N elements of which M are answered; O(N) where nothing is sorted",
     .syntax = "key:k0 BY=by-pattern/pattern:p1? LIMIT=limit[offset:i count:i]? GET=get-pattern/pattern:p1?+ "
               "order(ASC|DESC)? ALPHA/sorting? STORE=destination:k2?",
     .locks_of = locks_of},
    {.name = "sort_ro",
     .arity = -2,
     .flags = kReadOnly | kMovableKeys,
     .keys = {command::key_at(1, kRO | kAccess), unknown_key(kRO | kAccess, kPatternNotes)},
     .categories = kCategories,
     .locks = LockClass::kStray,
     .handler = sort_ro,
     .group = Group::kGeneric,
     .since = "7.0.0",
     .summary = "Sorts the elements of a list, a set or a sorted set, and answers them.",
     .complexity = "O(N*log(N)+M) for N elements of which M are answered; O(N) where nothing is sorted",
     .syntax = "key:k0 BY=by-pattern/pattern:p1? LIMIT=limit[offset:i count:i]? GET=get-pattern/pattern:p1?+ "
               "order(ASC|DESC)? ALPHA/sorting?",
     .locks_of = locks_of},
};
static_assert(command::well_formed(kSort));

}  // namespace

std::span<const Spec> sort_commands() { return kSort; }

}  // namespace commands
