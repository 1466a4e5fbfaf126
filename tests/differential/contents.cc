// Comparison of whole keyspaces. See contents.h.
#include "contents.h"

#include "compare.h"
#include "policy.h"

namespace differential {

namespace {

constexpr int kDatabases = 16;
constexpr size_t kSweepCallsMax = 1'000'000;

void differ(Outcome* outcome, size_t index, const std::string& name, const std::string& what, const std::string& ours,
            const std::string& reference) {
  outcome->difference = Difference{index, name, what, ours, reference};
}

Words value_command(const std::string& type, const std::string& key) {
  if (type == "string") return {"GET", key};
  if (type == "list") return {"LRANGE", key, "0", "-1"};
  if (type == "hash") return {"HGETALL", key};
  if (type == "set") return {"SMEMBERS", key};
  if (type == "zset") return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
  if (type == "stream") return {"XRANGE", key, "-", "+"};
  return {"TYPE", key};
}

bool compare_command(Link* ours, Link* reference, const std::string& name, const Words& words, const Contents& contents,
                     int database, Outcome* outcome) {
  Value a = ours->call(words), b = reference->call(words);
  outcome->compared++;
  if (same_reply(name, a, b) || (contents.of_scripts && is_integer_of_script(name, a, b))) return true;
  differ(outcome, contents.index, "contents:" + name,
         "final contents, database " + std::to_string(database) + ": " + shown(words), render(a), render(b));
  return false;
}

// When the fields of a hash expire.
bool compare_fields(Link* ours, Link* reference, const std::string& key, const Contents& contents, int database,
                    Outcome* outcome) {
  const Value fields = reference->call({"HKEYS", key});
  Words words = {"HPEXPIRETIME", key, "FIELDS", std::to_string(fields.items.size())};
  for (const Value& field : fields.items) words.push_back(field.text);
  return fields.items.empty() || compare_command(ours, reference, "hpexpiretime", words, contents, database, outcome);
}

std::string joined(const std::set<std::string>& keys) {
  std::string out;
  for (const std::string& key : keys) out += quoted(key) + " ";
  return out.substr(0, 600);
}

// Not by SCAN, which has its own comparison: a fault there would hide all others.
std::set<std::string> all_keys(Link* link) {
  std::set<std::string> keys;
  for (const Value& key : link->call({"KEYS", "*"}).items) keys.insert(key.text);
  return keys;
}

bool compare_database(Link* ours, Link* reference, int database, const Contents& contents, Outcome* outcome) {
  std::set<std::string> our_keys = all_keys(ours), keys = all_keys(reference);
  outcome->compared++;
  if (our_keys != keys) {
    differ(outcome, contents.index, "contents:keys",
           "final contents, database " + std::to_string(database) + ": its keys", joined(our_keys), joined(keys));
    return false;
  }
  for (const std::string& key : keys) {
    std::string type = reference->call({"TYPE", key}).text;
    if (!compare_command(ours, reference, "type", {"TYPE", key}, contents, database, outcome) ||
        !compare_command(ours, reference,
                         type == "set"    ? "smembers"
                         : type == "hash" ? "hgetall"
                                          : "get",
                         value_command(type, key), contents, database, outcome) ||
        (type == "stream" &&
         !compare_command(ours, reference, "xinfo|stream", {"XINFO", "STREAM", key, "FULL", "COUNT", "0"}, contents,
                          database, outcome)) ||
        (type == "hash" && !compare_fields(ours, reference, key, contents, database, outcome)) ||
        !compare_command(ours, reference, "pttl", {"PTTL", key}, contents, database, outcome) ||
        !compare_command(ours, reference, "object|encoding", {"OBJECT", "ENCODING", key}, contents, database,
                         outcome)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool sweep(Link* link, const Words& options, std::set<std::string>* keys, Value* problem) {
  std::string cursor = "0";
  for (size_t calls = 0; calls < kSweepCallsMax; calls++) {
    Words words = {"SCAN", cursor};
    words.insert(words.end(), options.begin(), options.end());
    Value reply = link->call(words);
    if (!reply.is_aggregate() || reply.items.size() != 2) {
      *problem = reply;
      return false;
    }
    for (const Value& key : reply.items[1].items) keys->insert(key.text);
    cursor = reply.items[0].text;
    if (cursor == "0") return true;
  }
  problem->kind = '-';
  problem->text = "the cursor never came back to 0";
  return false;
}

void compare_contents(Link* ours, Link* reference, const Contents& contents, Outcome* outcome) {
  for (int database = 0; database < kDatabases; database++) {
    Words select = {"SELECT", std::to_string(database)};
    // A server without SELECT, while one is built, is compared in its only database.
    if (ours->call(select).is_error() || reference->call(select).is_error()) continue;
    Value size = reference->call({"DBSIZE"}), our_size = ours->call({"DBSIZE"});
    outcome->compared++;
    if (!(size == our_size)) {
      differ(outcome, contents.index, "contents:dbsize",
             "final contents: DBSIZE of database " + std::to_string(database), render(our_size), render(size));
      return;
    }
    if (size.text == "0") continue;
    if (!compare_database(ours, reference, database, contents, outcome)) return;
  }
}

}  // namespace differential
