// Scripts and functions that call commands. See scripts.h.
#include "scripts.h"

#include <algorithm>

#include "compare.h"
#include "policy.h"
#include "script_values.h"

namespace differential {

namespace {

constexpr size_t kPlainForms = 4;  // The first ones, which are drawn as often as all others together.
constexpr ScriptForm kForms[] = {
    {"return redis.call(unpack(ARGV))", 1, -1, false},
    {"return redis.pcall(unpack(ARGV))", 1, -1, false},
    {"redis.setresp(3) return redis.call(unpack(ARGV))", 1, -1, true},
    {"redis.setresp(3) return redis.pcall(unpack(ARGV))", 1, -1, true},
    {"local n = tonumber(ARGV[1]) "
     "return {redis.pcall(unpack(ARGV, 2, n + 1)), redis.pcall(unpack(ARGV, n + 2))}",
     2, 0, false},
    {"local n = tonumber(ARGV[1]) local first = server.call(unpack(ARGV, 2, n + 1)) "
     "return {first, server.call(unpack(ARGV, n + 2))}",
     2, 0, false},
    {"redis.setresp(3) local n = tonumber(ARGV[1]) "
     "return {redis.pcall(unpack(ARGV, 2, n + 1)), redis.pcall(unpack(ARGV, n + 2))}",
     2, 0, true},
    // The version is the script's, for all that follows.
    {"local n = tonumber(ARGV[1]) local first = redis.pcall(unpack(ARGV, 2, n + 1)) redis.setresp(3) "
     "return {first, redis.pcall(unpack(ARGV, n + 2))}",
     2, 0, true},
    {"local reply = redis.pcall(unpack(ARGV)) return {type(reply), reply}", 1, 1, false},
    {"redis.setresp(3) local reply = redis.pcall(unpack(ARGV)) return {type(reply), reply}", 1, 1, true},
    {"local reply = redis.pcall(unpack(ARGV)) if type(reply) == 'table' and reply.err then "
     "return redis.error_reply(reply.err) end return reply",
     1, -1, false},
    {"local succeeded, reply = pcall(redis.call, unpack(ARGV)) return {tostring(succeeded), reply}", 1, 1, false},
    {"return coroutine.wrap(function() return redis.pcall(unpack(ARGV)) end)()", 1, -1, false},
    {"return loadstring('local reply = redis.call(...) return reply')(unpack(ARGV))", 1, -1, false},
    {"return cjson.decode(cjson.encode(redis.pcall(unpack(ARGV))))", 1, -1, false},
    {"return cmsgpack.unpack(cmsgpack.pack(redis.pcall(unpack(ARGV))))", 1, -1, false},
    {"redis.setresp(3) return cmsgpack.unpack(cmsgpack.pack(redis.pcall(unpack(ARGV))))", 1, -1, true},
};

// What they return is in the one argument, as JSON.
constexpr ScriptForm kValueForms[] = {
    {"return cjson.decode(ARGV[1])", 0, -1, false},
    {"redis.setresp(3) return cjson.decode(ARGV[1])", 0, -1, true},
    {"return {1, cjson.decode(ARGV[1]), redis.status_reply('end')}", 0, -1, false},
    {"local value = cjson.decode(ARGV[1]) error(value)", 0, -1, false},
};

constexpr const char* kShebangs[] = {"#!lua\n", "#!lua flags=allow-oom\n", "#!lua flags=no-writes\n",
                                     "#!lua flags=allow-stale,no-cluster,allow-cross-slot-keys\n"};

// What answers a map in RESP3, which a client of RESP2 gets from a script as a flat array.
constexpr std::string_view kMaps[] = {"hgetall",         "xread", "xreadgroup",          "xinfo|stream", "xinfo|groups",
                                      "xinfo|consumers", "lcs",   "client|trackinginfo", "memory|stats"};

std::string function_name(const ScriptForm& form, bool read_only) {
  return (read_only ? "reads" : "writes") + std::to_string(&form - kForms);
}

std::string library() {
  std::string text = "#!lua name=differential\n";
  for (const ScriptForm& form : kForms) {
    const std::string callback = std::string("function(KEYS, ARGV) ") + form.body + " end";
    text += "redis.register_function('" + function_name(form, false) + "', " + callback + ")\n";
    text += "redis.register_function{function_name='" + function_name(form, true) + "', callback=" + callback +
            ", flags={'no-writes'}}\n";
  }
  return text;
}

// Keys that are named beforehand are locked beforehand: mostly those that the commands use.
Words declared_keys(const std::vector<Item>& commands, Pools* pools) {
  Words keys;
  if (pools->chance(40)) return keys;
  for (const Item& command : commands) {
    if (command.words.size() > 1 && pools->chance(80)) keys.push_back(command.words[1]);
  }
  while (pools->chance(20)) keys.push_back(pools->key());
  return keys;
}

bool answers_map(std::string_view name) {
  return std::find(std::begin(kMaps), std::end(kMaps), name) != std::end(kMaps);
}

void sort_groups(std::vector<Value>* items, size_t group) {
  std::vector<std::vector<Value>> groups;
  for (size_t at = 0; at + group <= items->size(); at += group) {
    const auto begin = items->begin() + static_cast<ptrdiff_t>(at);
    groups.emplace_back(begin, begin + static_cast<ptrdiff_t>(group));
  }
  const auto text_of = [](const std::vector<Value>& one) { return render(one[0], static_cast<size_t>(-1)); };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const auto& left, const auto& right) { return text_of(left) < text_of(right); });
  items->clear();
  for (auto& one : groups) items->insert(items->end(), one.begin(), one.end());
}

// Maps by their keys and sets by their elements, at every depth. `flat`: maps may be arrays.
Value in_order(Value value, bool flat) {
  for (Value& item : value.items) item = in_order(std::move(item), flat);
  bool is_map = value.kind == '%';
  if (flat && value.kind == '*' && value.items.size() % 2 == 0) {
    is_map = true;
    for (size_t at = 0; at < value.items.size(); at += 2) is_map = is_map && value.items[at].kind == '$';
  }
  if (is_map) sort_groups(&value.items, 2);
  if (value.kind == '~') sort_groups(&value.items, 1);
  return value;
}

Verdict judge_command(const Item& command, bool resp3, const Value& ours, const Value& reference) {
  if (same_reply(command.name, ours, reference)) return Verdict::kSame;
  const bool flat = answers_map(command.name);
  if (resp3 && same_reply(command.name, in_order(ours, flat), in_order(reference, flat))) return Verdict::kSame;
  const bool accepted = is_integer_of_script(command.name, ours, reference) ||
                        accepted_difference(command.name, command.words, ours, reference) != nullptr;
  return accepted ? Verdict::kAccepted : Verdict::kDifferent;
}

}  // namespace

const ScriptForm& draw_form(Pools* pools) {
  return kForms[pools->below(pools->chance(50) ? kPlainForms : std::size(kForms))];
}

const ScriptForm& plain_form() { return kForms[0]; }

Item wrapped(const ScriptForm& form, std::vector<Item> commands, Pools* pools) {
  Item item;
  item.kind = Item::Kind::kScript;
  item.name = "script:" + commands[0].name;
  item.form = &form;
  const bool read_only = pools->chance(20);
  if (pools->chance(33)) {
    const bool reads = read_only || pools->chance(15);
    item.words = {read_only ? "FCALL_RO" : "FCALL", function_name(form, reads)};
  } else {
    item.words = {read_only ? "EVAL_RO" : "EVAL", form.body};
    if (pools->chance(33)) {
      item.words[0] = read_only ? "EVALSHA_RO" : "EVALSHA";
    } else if (pools->chance(25)) {
      item.words[1].insert(0, kShebangs[pools->below(std::size(kShebangs))]);
    }
  }
  Words keys = declared_keys(commands, pools);
  item.words.push_back(std::to_string(keys.size()));
  item.words.insert(item.words.end(), keys.begin(), keys.end());
  item.then = std::move(commands);
  return item;
}

Item value_script(Pools* pools) {
  Item item;
  item.kind = Item::Kind::kScript;
  item.name = "script:value";
  item.form = &kValueForms[pools->below(std::size(kValueForms))];
  item.words = {"EVAL", item.form->body, "0", script_value(pools)};
  return item;
}

Digests load_scripts(Link* server) {
  Digests digests;
  if (server->call({"FUNCTION", "LOAD", "REPLACE", library()}).is_error()) return digests;
  for (const ScriptForm& form : kForms) {
    const Value digest = server->call({"SCRIPT", "LOAD", form.body});
    if (digest.is_error()) return {};
    digests[form.body] = digest.text;
  }
  return digests;
}

Words sent_words(const Item& item, const Digests& digests) {
  if (item.kind != Item::Kind::kScript) return item.words;
  Words words = item.words;
  if (words[0].starts_with("EVALSHA") && digests.contains(words[1])) words[1] = digests.at(words[1]);
  if (item.form->commands == 2) words.push_back(std::to_string(item.then[0].words.size()));
  for (const Item& command : item.then) words.insert(words.end(), command.words.begin(), command.words.end());
  return words;
}

Verdict judge_script(const Item& item, const Value& ours, const Value& reference) {
  if (ours == reference) return Verdict::kSame;
  const ScriptForm& form = *item.form;
  const bool is_array = ours.kind == '*' && reference.kind == '*' && ours.items.size() == reference.items.size();
  if (form.first_reply_at < 0 || !is_array) {
    // An error that was raised is of either command.
    Verdict best = Verdict::kDifferent;
    for (const Item& command : item.then) best = std::min(best, judge_command(command, form.resp3, ours, reference));
    return best;
  }
  const auto first = static_cast<size_t>(form.first_reply_at);
  Verdict worst = Verdict::kSame;
  for (size_t at = 0; at < ours.items.size(); at++) {
    if (at >= first && at - first < item.then.size()) {
      worst = std::max(worst, judge_command(item.then[at - first], form.resp3, ours.items[at], reference.items[at]));
    } else if (!(ours.items[at] == reference.items[at])) {
      worst = Verdict::kDifferent;
    }
  }
  return worst;
}

}  // namespace differential
