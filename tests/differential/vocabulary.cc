// Words of the types. See vocabulary.h.
#include "vocabulary.h"

#include <array>

namespace differential {

namespace {

struct GroupKeys {
  std::string_view group;
  std::array<const char*, 3> keys;
};

constexpr GroupKeys kGroupKeys[] = {
    {"string", {"a", "b", "counter"}}, {"bitmap", {"bits", "b", "a"}},          {"hash", {"h1", "h2", "{tag}h"}},
    {"list", {"l1", "l2", "{tag}l"}},  {"set", {"s1", "s2", "{tag}s"}},         {"sorted-set", {"z1", "z2", "{tag}z"}},
    {"stream", {"x1", "x2", "x1"}},    {"hyperloglog", {"p1", "p2", "{tag}p"}}, {"geo", {"g1", "g2", "z1"}},
};

// Commands that find all of a key's entries idle, or none: times between would hang on the servers' clocks.
constexpr const char* kIdleTimes[] = {"0", "0", "0", "500000", "1500000", "100000000000"};
constexpr const char* kIdleValues[] = {"0", "1000000", "2000000"};

constexpr const char* kSortableKeys[] = {"l1", "l2", "{tag}l", "s1", "s2", "z1", "z2", "g1"};

// Patterns that name keys of strings, fields of hashes, other types, the element and nothing.
constexpr const char* kSortPatterns[] = {"w_*",    "w_*",  "h*->f1",  "h*->f7", "*->f2",  "k*",   "*",     "#",
                                         "nosort", "w_**", "l*",      "w_*->",  "s*->f",  "->*",  "h*->*", "w_*->f1",
                                         "",       "h*->", "*nosuch", "#*",     "h1->f1", "h*>f1"};

// What RESTORE is given: payloads of each type, some of old versions, and some that are refused.
constexpr std::string_view kPayloads[] = {
    // An integer.
    {"\000\301\054\001\120\000\132\150\250\143\373\320\073\344", 14},
    // A text.
    {"\000\010\162\145\163\164\157\162\145\144\120\000\172\117\161\111\114\075\155\000", 20},
    // A list.
    {"\022\001\002\017\017\000\000\000\003\000\201\141\002\001\001\201\142\002\377\120\000\137\151\152\335\165"
     "\334\174\350",
     29},
    // A list as a ziplist, from an old version.
    {"\016\001\024\024\000\000\000\017\000\000\000\003\000\000\001\141\003\370\002\002\141\142\377\011\000\244"
     "\346\015\353\170\073\152\015",
     33},
    // An intset.
    {"\013\016\002\000\000\000\003\000\000\000\001\000\002\000\036\000\120\000\155\214\016\045\030\361\025\163", 26},
    // A set.
    {"\024\021\021\000\000\000\003\000\201\141\002\201\061\002\202\155\060\003\377\120\000\274\233\360\252\377"
     "\041\327\224",
     29},
    // A hash.
    {"\020\024\024\000\000\000\004\000\202\146\060\003\201\166\002\202\146\061\003\007\001\377\120\000\304\054"
     "\216\362\310\326\124\107",
     32},
    // A zipmap.
    {"\011\017\002\002\146\060\001\000\166\002\146\062\001\001\167\165\377\006\000\143\260\032\317\071\112\077"
     "\263",
     27},
    // A sorted set.
    {"\021\021\021\000\000\000\004\000\201\141\002\001\001\201\142\002\002\001\377\120\000\165\055\073\265\067"
     "\200\350\241",
     29},
    // A sorted set with scores as texts.
    {"\003\002\001\141\003\061\056\065\001\142\377\004\000\224\025\303\236\221\310\254\265", 21},
    // An empty stream.
    {"\025\000\000\005\005\000\000\000\000\000\000\120\000\053\276\007\321\104\176\263\246", 21},
    // A hash with a field twice.
    {"\004\002\001\141\001\142\001\141\001\143\120\000\065\311\334\073\271\104\305\331", 20},
    // A list of nothing.
    {"\022\000\120\000\246\334\115\312\364\111\330\243", 12},
    // A wrong checksum.
    {"\000\001\141\120\000\160\324\046\012\021\144\032\170", 13},
};

bool takes_text_range(std::string_view command) { return command.find("lex") != std::string_view::npos; }

}  // namespace

std::string Vocabulary::key(const CommandSyntax& command) {
  if (command.name == "zremrangebylex") return std::string(kTextKey);
  if (takes_text_range(command.name) && pools_.chance(60)) return std::string(kTextKey);
  if (command.name == "zadd" && pools_.chance(15)) return std::string(kTextKey);
  if (!pools_.chance(90)) return pools_.key();
  if (command.group == "string" && pools_.chance(15)) return weight_key();
  if (command.name.starts_with("sort") && pools_.chance(85)) {
    return kSortableKeys[pools_.below(std::size(kSortableKeys))];
  }
  for (const GroupKeys& row : kGroupKeys) {
    if (row.group == command.group) return row.keys[pools_.below(row.keys.size())];
  }
  const GroupKeys& any = kGroupKeys[pools_.below(std::size(kGroupKeys))];
  return any.keys[pools_.below(any.keys.size())];
}

std::optional<std::string> Vocabulary::word(const std::string& name, const CommandSyntax& command) {
  if (command.name == "restore") return restore_word(name);
  if (command.group == "hash") return hash_word(name, command);
  if (command.group == "list") return list_word(name);
  if (command.group == "set") return set_word(name);
  if (command.group == "sorted-set") return sorted_set_word(name, command);
  if (command.group == "geo") return geo_word(name);
  if (command.group == "stream") return stream_word(name, command);
  if (command.name.starts_with("sort")) return sort_word(name);
  if (command.group == "string" && name == "value" && pools_.chance(45)) return small_integer();
  const bool change = name == "increment" || name == "decrement";
  if (command.group == "string" && change && pools_.chance(60)) return small_integer();
  if (command.name == "pfdebug" && name == "subcommand" && pools_.chance(90)) {
    constexpr const char* kSubcommands[] = {"ENCODING", "DECODE", "TODENSE", "encoding", "GETREG"};
    return kSubcommands[pools_.below(std::size(kSubcommands))];
  }
  if (command.group == "hyperloglog" && name == "element" && pools_.chance(70)) return numbered("e", 5000);
  return std::nullopt;
}

std::optional<std::string> Vocabulary::hash_word(const std::string& name, const CommandSyntax& command) {
  if (name == "field" && pools_.chance(80)) return numbered("f", 24);
  if (name == "value" && pools_.chance(50)) return small_integer();
  if (name == "increment" && pools_.chance(70)) {
    return command.name == "hincrby" ? small_integer() : small_integer() + ".5";
  }
  return std::nullopt;
}

std::optional<std::string> Vocabulary::list_word(const std::string& name) {
  if ((name == "element" || name == "pivot") && pools_.chance(75)) return numbered("e", 8);
  const bool position = name == "index" || name == "rank" || name == "count" || name == "num-matches" || name == "len";
  if (position && pools_.chance(80)) {
    const bool negative = (name == "index" || name == "rank") && pools_.chance(40);
    return (negative ? "-" : "") + std::to_string(1 + pools_.below(6));
  }
  return std::nullopt;
}

std::optional<std::string> Vocabulary::set_word(const std::string& name) {
  if (name != "member" || !pools_.chance(90)) return std::nullopt;
  return pools_.chance(60) ? small_integer() : numbered("m", 30);
}

std::optional<std::string> Vocabulary::sorted_set_word(const std::string& name, const CommandSyntax& command) {
  if (name == "member" && pools_.chance(80)) return numbered("m", 30);
  if (name == "score") {
    if (pools_.chance(80)) return std::to_string(static_cast<int64_t>(pools_.below(12)) - 4);
    if (pools_.chance(70)) return std::to_string(pools_.below(50)) + ".25";
    return pools_.chance(50) ? (pools_.chance(50) ? "inf" : "-inf") : pools_.floating();
  }
  if (name == "weight") return pools_.chance(75) ? small_integer() : pools_.floating();
  if (name == "increment" && pools_.chance(70)) return small_integer();
  if ((name == "offset" || name == "count" || name == "limit") && pools_.chance(80)) {
    return std::to_string(pools_.below(8));
  }
  const bool ends = name == "min" || name == "max" || name == "start" || name == "stop";
  if (!ends || command.name == "zremrangebyrank" || command.name == "zrevrange") return std::nullopt;
  if (command.name == "zrange" || command.name == "zrangestore") return pools_.integer();
  return takes_text_range(command.name) ? text_bound() : score_bound();
}

// Of a string by which SORT may order the elements that lists, sets and sorted sets mostly hold.
std::string Vocabulary::weight_key() {
  const uint64_t kind = pools_.below(3);
  return "w_" + (kind == 0 ? numbered("e", 8) : kind == 1 ? numbered("m", 30) : small_integer());
}

std::optional<std::string> Vocabulary::sort_word(const std::string& name) {
  if (name.ends_with("pattern")) return kSortPatterns[pools_.below(std::size(kSortPatterns))];
  if ((name == "offset" || name == "count") && pools_.chance(90)) {
    return std::to_string(static_cast<int64_t>(pools_.below(12)) - 2);
  }
  return std::nullopt;
}

std::optional<std::string> Vocabulary::geo_word(const std::string& name) {
  if (name == "longitude") return pools_.coordinate(180);
  if (name == "latitude") return pools_.coordinate(85.05112878);
  if (name == "radius" || name == "width" || name == "height") return pools_.extent();
  if (name.find("member") != std::string::npos && pools_.chance(92)) return numbered("m", 30);
  if (name == "count" && pools_.chance(90)) return std::to_string(1 + pools_.below(12));
  return std::nullopt;
}

std::optional<std::string> Vocabulary::restore_word(const std::string& name) {
  if (name == "serialized-value") return std::string(kPayloads[pools_.below(std::size(kPayloads))]);
  if (name == "ttl") return pools_.chance(70) ? "0" : pools_.relative_time(true);
  if (name == "seconds") return std::to_string(pools_.below(100'000));
  return std::to_string(pools_.below(260));
}

std::optional<std::string> Vocabulary::stream_word(const std::string& name, const CommandSyntax& command) {
  if (name == "group" && pools_.chance(95)) return numbered("g", 2);
  if (name == "consumer" && pools_.chance(95)) return numbered("c", 3);
  if (name == "field" && pools_.chance(90)) return numbered("f", 4);
  if (name == "min-idle-time") return pools_.chance(95) ? kIdleTimes[pools_.below(std::size(kIdleTimes))] : "abc";
  if (name == "ms") return pools_.chance(95) ? kIdleValues[pools_.below(std::size(kIdleValues))] : "-1";
  if (name == "threshold" && pools_.chance(90)) {
    return pools_.chance(50) ? std::to_string(pools_.below(40)) : entry_id();
  }
  if (command.name == "xadd" && name == "id" && pools_.chance(92)) return next_entry_id();
  if (command.name == "xreadgroup" && name == "id" && pools_.chance(60)) return ">";
  if (command.name == "xread" && name == "id" && pools_.chance(10)) return pools_.chance(50) ? "$" : "+";
  if (name == "id" || name == "last-id" || name == "lastid" || name == "max-deleted-id") return entry_id();
  if (name == "start" || name == "end") return entry_bound();
  if (name.starts_with("entries") || name == "count") {
    return pools_.chance(90) ? std::to_string(pools_.below(30)) : pools_.integer();
  }
  return std::nullopt;
}

std::string Vocabulary::score_bound() {
  if (pools_.chance(20)) return pools_.chance(50) ? "-inf" : "+inf";
  return (pools_.chance(30) ? "(" : "") +
         (pools_.chance(85) ? std::to_string(static_cast<int64_t>(pools_.below(14)) - 5) : pools_.floating());
}

std::string Vocabulary::text_bound() {
  if (pools_.chance(25)) return pools_.chance(50) ? "-" : "+";
  return (pools_.chance(95) ? (pools_.chance(50) ? "[" : "(") : "") +
         (pools_.chance(70) ? numbered("m", 30) : pools_.text());
}

std::string Vocabulary::next_entry_id() {
  ++entries_;
  const std::string time = std::to_string(1 + entries_ / 4);
  if (entries_ % 4 == 0) return time + (pools_.chance(50) ? "-*" : "");
  return time + "-" + std::to_string(entries_ % 4);
}

// Mostly one of the newest.
std::string Vocabulary::entry_id() {
  if (pools_.chance(4)) return pools_.chance(50) ? pools_.boundary() : pools_.boundary() + "-" + pools_.boundary();
  if (pools_.chance(12)) return pools_.chance(50) ? "0" : "0-0";
  const uint64_t back = pools_.below(pools_.chance(70) ? 24 : 400);
  const uint64_t number = entries_ > back ? entries_ - back : 1;
  const std::string time = std::to_string(1 + number / 4);
  return pools_.chance(15) ? time : time + "-" + std::to_string(number % 4);
}

std::string Vocabulary::entry_bound() {
  if (pools_.chance(35)) return pools_.chance(50) ? "-" : "+";
  return (pools_.chance(15) ? "(" : "") + entry_id();
}

}  // namespace differential
