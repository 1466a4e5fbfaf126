// Goal: a user may run just what its rules say.
// Method: cases that Valkey 9.1.2 answered (ACL DRYRUN, 2026-11-26); and random users, whose rules a slower model reads
// from the last to the first for every question, over all commands, keys, channels and databases of a small world.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../seed.h"
#include "base/glob.h"
#include "base/random.h"
#include "command/args.h"
#include "command/describe.h"
#include "rows.h"

namespace acl {
namespace {

using Words = std::vector<std::string_view>;

Verdict verdict(const std::vector<std::string>& rules, const Words& words, uint32_t database = 0) {
  const TestServer server;
  return server.check(server.user(rules), words, database);
}

void expect(const Verdict& found, Denied denied, uint32_t word) {
  EXPECT_EQ(found.denied, denied);
  EXPECT_EQ(found.word, word);
}

TEST(Check, NamesTheWordThatIsDenied) {
  expect(verdict({"+@all", "~a"}, {"exists", "a", "b"}), Denied::kKey, 2);
  expect(verdict({"+@all", "&a"}, {"subscribe", "a", "b"}), Denied::kChannel, 2);
  expect(verdict({"+@all", "db=1"}, {"select", "2"}), Denied::kDatabase, 1);
  expect(verdict({"+@all", "~*", "db=1"}, {"get", "k"}), Denied::kDatabase, 0);
  expect(verdict({"-@all"}, {"get", "k"}), Denied::kCommand, 0);
}

TEST(Check, TellsOneOfWhatSeveralSelectorsDeny) {
  expect(verdict({"+@all", "~b", "db=3", "(+set ~a)"}, {"get", "b"}), Denied::kCommand, 0);
  expect(verdict({"+set", "~a", "(+@all ~b db=3)"}, {"get", "b"}), Denied::kCommand, 0);
  expect(verdict({"+@all", "db=3", "(+@all db=2)"}, {"get", "b"}), Denied::kDatabase, 0);
  expect(verdict({"+@all", "~a", "db=3"}, {"get", "b"}), Denied::kDatabase, 0);
  expect(verdict({"+@all", "~a", "(+@all ~* db=3)"}, {"get", "b"}), Denied::kKey, 1);
  expect(verdict({"+@all", "~*", "db=3", "(+@all ~a)"}, {"get", "b"}), Denied::kKey, 1);
  expect(verdict({"+@all", "~a", "~b", "(+@all ~a ~b ~c)", "(+@all ~c)"}, {"exists", "a", "b", "c", "d"}), Denied::kKey,
         4);
  expect(verdict({"+@all", "&a", "(+@all &b)"}, {"subscribe", "b", "a", "c"}), Denied::kChannel, 2);
  expect(verdict({"+@all", "&a", "(-@all &b)"}, {"subscribe", "b", "a", "c"}), Denied::kChannel, 1);
}

TEST(Check, WantsAccessToKeysByWhatIsDoneToThem) {
  EXPECT_TRUE(verdict({"+@all", "%R~*"}, {"get", "k"}).allows());
  EXPECT_FALSE(verdict({"+@all", "%W~*"}, {"get", "k"}).allows());
  EXPECT_TRUE(verdict({"+@all", "%W~*"}, {"set", "k", "v"}).allows());
  EXPECT_FALSE(verdict({"+@all", "%R~*"}, {"set", "k", "v"}).allows());
  EXPECT_TRUE(verdict({"+@all", "%R~*"}, {"exists", "k"}).allows());
  EXPECT_TRUE(verdict({"+@all", "%W~*"}, {"exists", "k"}).allows());
  // Both rights must come from one pattern.
  EXPECT_FALSE(verdict({"+@all", "%R~k", "%W~k*"}, {"rename", "k", "k2"}).allows());
  EXPECT_TRUE(verdict({"+@all", "~k", "%W~k*"}, {"rename", "k", "k2"}).allows());
}

TEST(Check, WantsPatternsToBeAmongTheUsersOwn) {
  EXPECT_TRUE(verdict({"+@all", "&c*"}, {"psubscribe", "c*"}).allows());
  EXPECT_FALSE(verdict({"+@all", "&c*"}, {"psubscribe", "c?"}).allows());
  EXPECT_TRUE(verdict({"+@all", "&c*"}, {"subscribe", "c?"}).allows());
  EXPECT_TRUE(verdict({"+@all", "&*"}, {"psubscribe", "c?"}).allows());
}

TEST(Check, LeavesWhatNamesNoDatabaseToTheCommand) {
  for (const std::string_view word : {"x", "-1", "16", "99999999999999999999", " 1"}) {
    EXPECT_TRUE(verdict({"+@all", "db=3"}, {"select", word}).allows());
  }
  expect(verdict({"+@all", "db=3"}, {"dbsize"}, 0), Denied::kDatabase, 0);
  EXPECT_TRUE(verdict({"+@all", "db=3"}, {"dbsize"}, 3).allows());
  expect(verdict({"+@all", "db=3"}, {"flushall"}, 3), Denied::kDatabase, 0);
  EXPECT_TRUE(verdict({"+@all", "&*", "resetdbs"}, {"publish", "c", "m"}).allows());
}

TEST(Check, LetsEverybodyAuthenticate) { EXPECT_TRUE(verdict({"-@all"}, {"auth", "x"}).allows()); }

TEST(Check, OfAFormIsThatOfItsCommand) {
  EXPECT_TRUE(verdict({"+debug"}, {"debug", "sleep", "0"}).allows());
  EXPECT_FALSE(verdict({"+@all", "-debug"}, {"debug", "sleep", "0"}).allows());
  EXPECT_TRUE(verdict({"+@admin"}, {"debug", "sleep", "0"}).allows());
}

TEST(Check, AllowsACommandWithAFirstWordOnly) {
  EXPECT_TRUE(verdict({"+select|7"}, {"select", "7"}).allows());
  EXPECT_FALSE(verdict({"+select|7"}, {"select", "8"}).allows());
  EXPECT_TRUE(verdict({"+get|Key", "~*"}, {"get", "kEY"}).allows());
}

TEST(Check, MayAllNeedsEverything) {
  const TestServer server;
  EXPECT_TRUE(server.user({"+@all", "~*", "&*"}).may_all);
  EXPECT_TRUE(server.user({"(+@all ~* &*)"}).may_all);
  EXPECT_TRUE(server.user({"+@all", "-get", "~*", "&*", "+get"}).may_all);
  EXPECT_FALSE(server.user({"+@all", "~*"}).may_all);
  EXPECT_FALSE(server.user({"+@all", "&*"}).may_all);
  EXPECT_FALSE(server.user({"~*", "&*"}).may_all);
  EXPECT_FALSE(server.user({"+@all", "~*", "&*", "db=0"}).may_all);
  EXPECT_FALSE(server.user({"+@all", "~*", "&*", "-client|id"}).may_all);
  EXPECT_FALSE(server.user({"+@all", "%RW~*", "&*"}).may_all);
}

TEST(Check, OfEveryKeyForReading) {
  const TestServer server;
  const Words words{"get", "a"};
  const auto reads = [&](const std::vector<std::string>& rules) {
    const Attempted attempted{.command = server.called(words), .words = words, .database_count = 16};
    return server.user(rules).may_read_every_key(server.commands(), attempted);
  };
  EXPECT_TRUE(reads({"+get", "~*"}));
  EXPECT_TRUE(reads({"+get", "%R~*"}));
  EXPECT_FALSE(reads({"+get", "%R~a*"}));
  EXPECT_FALSE(reads({"+get", "%W~*", "~a"}));
  EXPECT_FALSE(reads({"+get", "~a", "(-@all ~*)"}));
  EXPECT_TRUE(reads({"+get", "~a", "(+get %R~*)"}));
}

TEST(Check, TellsWhoLosesAChannel) {
  const TestServer server;
  const auto keeps = [&](const std::vector<std::string>& before, const std::vector<std::string>& after) {
    return server.user(before).has_no_channel_beyond(server.user(after));
  };
  EXPECT_TRUE(keeps({"&*"}, {"(&*)"}));
  EXPECT_FALSE(keeps({"&*"}, {"&a"}));
  EXPECT_TRUE(keeps({"&a"}, {"&b", "&a"}));
  EXPECT_TRUE(keeps({"&a"}, {"(&a)"}));
  EXPECT_FALSE(keeps({"&a", "(&b)"}, {"&a"}));
  EXPECT_TRUE(keeps({}, {}));
}

// -- The model: one selector's rules, and questions that are answered from them alone.

class Model {
 public:
  Model(const TestServer& server, std::vector<std::string> rules) : server_(server), rules_(std::move(rules)) {}

  bool command(const command::Command& asked, std::string_view first_word) const {
    const std::string_view name = server_.commands().ruled(asked).spec->name;
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
      const std::string_view text = std::string_view(*rule).substr(std::min<size_t>(1, rule->size()));
      if ((*rule)[0] != '+' && (*rule)[0] != '-') continue;
      if (text == std::string(name) + "|" + std::string(first_word) && !is_subcommand(text)) return true;
      if (concerns(text, name)) return (*rule)[0] == '+';
    }
    return false;
  }

  bool key(std::string_view name, bool reads, bool writes) const {
    bool found = false, read = false, write = false;
    // Of a pattern that is given twice the rights come together.
    std::vector<std::string> seen;
    for (size_t at = after("resetkeys"); at < rules_.size(); ++at) {
      const std::string& rule = rules_[at];
      if (rule == "~*") return true;
      const size_t tilde = rule.find('~');
      if ((rule[0] != '~' && rule[0] != '%') || tilde == rule.npos) continue;
      const std::string pattern = rule.substr(tilde + 1);
      if (!base::glob_match(pattern, name) || std::find(seen.begin(), seen.end(), pattern) != seen.end()) continue;
      seen.push_back(pattern);
      read = write = false;
      for (size_t same = at; same < rules_.size(); ++same) {
        const std::string& other = rules_[same];
        if (other == "~" + pattern || other == "%RW~" + pattern) read = write = true;
        if (other == "%R~" + pattern) read = true;
        if (other == "%W~" + pattern) write = true;
      }
      found = found || ((read || !reads) && (write || !writes));
    }
    return found;
  }

  bool channel(std::string_view name, bool is_pattern) const {
    for (size_t at = after("resetchannels"); at < rules_.size(); ++at) {
      const std::string& rule = rules_[at];
      if (rule == "&*") return true;
      if (rule[0] != '&') continue;
      if (is_pattern ? rule.substr(1) == name : base::glob_match(rule.substr(1), name)) return true;
    }
    return false;
  }

  bool database(uint32_t index) const {
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
      if (*rule == "alldbs") return true;
      if (*rule == "resetdbs") return false;
      if (!rule->starts_with("db=")) continue;
      return ("," + rule->substr(3) + ",").find("," + std::to_string(index) + ",") != std::string::npos;
    }
    return true;
  }
  bool every_database() const {
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
      if (*rule == "resetdbs" || rule->starts_with("db=")) return false;
      if (*rule == "alldbs") return true;
    }
    return true;
  }

 private:
  size_t after(std::string_view reset) const {
    for (size_t at = rules_.size(); at > 0; --at) {
      if (rules_[at - 1] == reset) return at;
    }
    return 0;
  }
  bool is_subcommand(std::string_view text) const { return server_.commands().find(text) != nullptr; }
  bool concerns(std::string_view text, std::string_view name) const {
    if (text == "@all" || text == name) return true;
    const size_t bar = name.find('|');
    if (bar != name.npos && text == name.substr(0, bar)) return true;
    if (text[0] != '@') return false;
    const auto categories = command::category_names(*server_.commands().find(name)->spec);
    return std::find(categories.begin(), categories.end(), text.substr(1)) != categories.end();
  }

  const TestServer& server_;
  std::vector<std::string> rules_;
};

const std::vector<std::string> kRulesToDraw{
    "+@all",        "-@all",    "+@read",   "-@read",     "+@write", "-@write",    "+@connection", "-@connection",
    "+@pubsub",     "-@pubsub", "+@fast",   "-@fast",     "+get",    "-get",       "+set",         "-set",
    "+exists",      "-rename",  "+rename",  "+client",    "-client", "+client|id", "-client|id",   "-client|kill",
    "+client|kill", "+select",  "-select",  "+select|1",  "+get|ab", "+get|b",     "+dbsize",      "-dbsize",
    "+flushall",    "+publish", "-publish", "+subscribe", "+debug",  "-debug",     "~*",           "resetkeys",
    "~a*",          "%R~b*",    "%W~b*",    "%W~a",       "%R~?b",   "~ab",        "&*",           "resetchannels",
    "&a*",          "&b",       "db=0",     "db=1,2",     "alldbs",  "resetdbs",   "+psubscribe",  "%RW~b",
};

const std::vector<Words> kCalls{
    {"get", "ab"},
    {"get", "b"},
    {"get", "c"},
    {"set", "a", "v"},
    {"set", "b", "v"},
    {"exists", "a", "b"},
    {"exists", "cb"},
    {"rename", "ab", "b"},
    {"rename", "b", "bb"},
    {"dbsize"},
    {"flushall"},
    {"select", "0"},
    {"select", "1"},
    {"select", "x"},
    {"publish", "a", "m"},
    {"publish", "c", "m"},
    {"subscribe", "a", "b"},
    {"psubscribe", "a*"},
    {"psubscribe", "b*"},
    {"client", "id"},
    {"client", "kill", "x"},
    {"debug", "sleep", "0"},
    {"debug", "object"},
    {"auth", "x"},
};

bool model_allows(const TestServer& server, const Model& model, const Words& words, uint32_t database) {
  const command::Command& command = server.called(words);
  const command::Spec& spec = *command.spec;
  const std::string_view name = spec.name;
  if (!spec.has(command::kNoAuth) && !model.command(command, words.size() > 1 ? words[1] : "")) return false;
  const bool uses_keys = name == "get" || name == "set" || name == "exists" || name == "rename" || name == "dbsize";
  if (uses_keys && !model.database(database)) return false;
  if (name == "flushall" && !model.every_database()) return false;
  if (name == "select" && words[1] != "x" && !model.database(words[1] == "0" ? 0 : 1)) return false;
  if (name == "get" && !model.key(words[1], true, false)) return false;
  if (name == "set" && !model.key(words[1], false, true)) return false;
  if (name == "rename" && (!model.key(words[1], true, true) || !model.key(words[2], false, true))) return false;
  for (size_t at = 1; at < words.size(); ++at) {
    if (name == "exists" && !model.key(words[at], false, false)) return false;
    if (name == "subscribe" && !model.channel(words[at], false)) return false;
    if (name == "psubscribe" && !model.channel(words[at], true)) return false;
  }
  return name != "publish" || model.channel(words[1], false);
}

TEST(Check, AgreesWithTheModelForRandomUsers) {
  TRACE_SEED();
  const TestServer server;
  base::Random random(test_seed());
  int allowed = 0, asked = 0;
  for (int round = 0; round < 4000; ++round) {
    User user = server.editor().make("u", 1);
    std::vector<Model> models;
    for (size_t selector = 0, count = 1 + random.next() % 3; selector < count; ++selector) {
      std::vector<std::string> rules;
      std::string text;
      for (size_t left = random.next() % 10; left > 0; --left) {
        const std::string& rule = kRulesToDraw[random.next() % kRulesToDraw.size()];
        // A rule after "~*" or "&*" that has no effect is refused; the model need not know.
        User trial = user;
        if (selector == 0 && !server.editor().apply(trial, rule)) continue;
        if (selector != 0 && !server.editor().apply(trial, "(" + text + rule + ")")) continue;
        rules.push_back(rule);
        text += rule + " ";
        if (selector == 0) user = trial;
      }
      if (selector != 0) {
        ASSERT_TRUE(server.editor().apply(user, "(" + text + ")"));
      }
      models.emplace_back(server, rules);
    }
    for (const Words& words : kCalls) {
      const auto database = static_cast<uint32_t>(random.next() % 3);
      const bool expected = std::any_of(models.begin(), models.end(), [&](const Model& model) {
        return model_allows(server, model, words, database);
      });
      ++asked;
      allowed += expected ? 1 : 0;
      ASSERT_EQ(server.allows(user, words, database), expected)
          << user.text() << ": " << words[0] << " " << (words.size() > 1 ? words[1] : "") << " in " << database;
    }
  }
  // Neither answer is rare.
  EXPECT_GT(allowed, asked / 10);
  EXPECT_LT(allowed, asked * 9 / 10);
}

}  // namespace
}  // namespace acl
