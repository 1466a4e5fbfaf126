// Goal: rules make the users that Valkey 9.1.2 makes of them, shown in its words, and what is no rule is refused in its
// words.
// Method: what its ACL SETUSER, ACL LIST and ACL GETUSER answered (2026-11-26), by tables.
#include "acl/rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acl/password.h"
#include "rows.h"

namespace acl {
namespace {

using Rules = std::vector<std::string>;

// The text of a user that begins with nothing, or "<rule>: <error>".
std::string made_of(const Rules& rules, bool new_channels = false) {
  const TestServer server;
  const Editor editor(server.commands(), new_channels);
  User user = editor.make("u", 1);
  for (const std::string& rule : rules) {
    const auto applied = editor.apply(user, rule);
    if (!applied) return rule + ": " + std::string(applied.error().text());
  }
  return user.text();
}

struct Case {
  Rules rules;
  std::string text;
};

TEST(Rules, MakeUsers) {
  const Case cases[] = {
      {{}, "off resetchannels -@all"},
      {{"on", "nopass"}, "on nopass resetchannels -@all"},
      {{"ON", "ALLKEYS", "ALLCHANNELS", "ALLCOMMANDS"}, "on ~* &* +@all"},
      {{""}, "off resetchannels -@all"},
      {{"skip-sanitize-payload", "sanitize-payload"}, "off resetchannels -@all"},
      {{"~a", "%R~b", "%w~c", "%RW~d", "%wr~e"}, "off ~a %R~b %W~c ~d ~e resetchannels -@all"},
      {{"%R~x", "%W~x", "~y", "~y"}, "off ~x ~y resetchannels -@all"},
      {{"%R", "%W~"}, "off ~ resetchannels -@all"},
      {{"~a", "resetkeys", "~b"}, "off ~b resetchannels -@all"},
      {{"~a", "~*"}, "off ~* resetchannels -@all"},
      {{"&a", "&b", "&a"}, "off resetchannels &a &b -@all"},
      {{"&a", "&*"}, "off &* -@all"},
      {{"db=3,1,3"}, "off resetchannels db=1,3 -@all"},
      {{"db=3,1", "DB=007"}, "off resetchannels db=7 -@all"},
      {{"db=2147483647"}, "off resetchannels db=2147483647 -@all"},
      {{"resetdbs"}, "off resetchannels resetdbs -@all"},
      {{"db=1", "alldbs"}, "off resetchannels -@all"},
      {{"+GET", "+Client|KILL"}, "off resetchannels -@all +get +client|kill"},
      {{"+client|kill", "-client"}, "off resetchannels -@all -client"},
      {{"+@read", "+get", "-get"}, "off resetchannels -@all +@read -get"},
      {{"+@READ", "-@read", "+@write"}, "off resetchannels -@all -@read +@write"},
      {{"+get|x", "+get|Y", "+get|x"}, "off resetchannels -@all +get|y +get|x"},
      {{"+get|x", "+get"}, "off resetchannels -@all +get"},
      {{"+get", "+get|x"}, "off resetchannels -@all +get +get|x"},
      {{"+get", "+@all", "-@admin"}, "off resetchannels +@all -@admin"},
      {{"+@all", "-client", "+client|id"}, "off resetchannels +@all -client +client|id"},
      {{"+@all", "-client", "-client|id", "+client"}, "off resetchannels +@all +client"},
      {{"+@all", "nocommands", "+get"}, "off resetchannels -@all +get"},
      {{"(+get ~x)", "()", "( +@all  %W~y &c db=1 )"},
       "off resetchannels -@all (~x resetchannels -@all +get) (resetchannels -@all) (%W~y resetchannels &c db=1 "
       "+@all)"},
      {{"(+get)", "clearselectors"}, "off resetchannels -@all"},
      {{"on", ">pw", "~a", "&b", "+get", "(+set)", "db=1", "reset"}, "off resetchannels -@all"},
  };
  for (const Case& one : cases) EXPECT_EQ(made_of(one.rules), one.text);
}

TEST(Rules, GiveChannelsToNewUsersAndSelectorsIfSettingsSaySo) {
  EXPECT_EQ(made_of({}, true), "off &* -@all");
  EXPECT_EQ(made_of({"resetchannels", "(+get)"}, true), "off resetchannels -@all (&* -@all +get)");
  EXPECT_EQ(made_of({"resetchannels", "reset"}, true), "off &* -@all");
}

TEST(Rules, KeepPasswordsAsHashes) {
  const std::string a = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
  const std::string b = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";
  EXPECT_EQ(password_hash("a"), a);
  EXPECT_EQ(password_hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(made_of({">a", "#" + b, ">a"}), "off #" + a + " #" + b + " resetchannels -@all");
  EXPECT_EQ(made_of({">a", ">b", "<a"}), "off #" + b + " resetchannels -@all");
  EXPECT_EQ(made_of({">a", "!" + a}), "off resetchannels -@all");
  EXPECT_EQ(made_of({">a", "nopass"}), "off nopass resetchannels -@all");
  EXPECT_EQ(made_of({"nopass", ">a"}), "off #" + a + " resetchannels -@all");
  EXPECT_EQ(made_of({"nopass", "resetpass"}), "off resetchannels -@all");
}

TEST(Rules, ThatAreWrongAreRefused) {
  const std::string syntax = "Syntax error", unknown = "Unknown command or category name in ACL";
  const std::string hash =
      "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
  const Case cases[] = {
      {{"foo"}, syntax},
      {{")"}, syntax},
      {{"%"}, syntax},
      {{"%~x"}, syntax},
      {{"%X~x"}, syntax},
      {{"%RR~x"}, syntax},
      {{"~a b"}, syntax},
      {{std::string("~a\0b", 4)}, syntax},
      {{"&a b"}, syntax},
      {{"+foo"}, unknown},
      {{"-foo"}, unknown},
      {{"+"}, unknown},
      {{"+|"}, unknown},
      {{"+@foo"}, unknown},
      {{"-@"}, unknown},
      {{"+client|foo"}, unknown},
      {{"-client|foo"}, unknown},
      {{"-get|x"}, unknown},
      {{"+foo|x"}, unknown},
      {{"+get|x|y"}, unknown},
      {{"+debug|sleep|1"}, unknown},
      {{"+client|id|x"}, "Allowing first-arg of a subcommand is not supported"},
      {{"+client|id|"}, "Allowing first-arg of a subcommand is not supported"},
      {{"+get|"}, syntax},
      {{"+client|"}, syntax},
      {{"+get|a b"}, syntax},
      {{"<a"}, "The password you are trying to remove from the user does not exist"},
      {{"#abc"}, hash},
      {{"!abc"}, hash},
      {{"#" + std::string(64, 'A')}, hash},
      {{"db="}, syntax},
      {{"db=x"}, syntax},
      {{"db=1,"}, syntax},
      {{"db=,1"}, syntax},
      {{"db=1 "}, syntax},
      {{"db=-1"}, "The provided database ID is out of range"},
      {{"db=2147483648"}, "The provided database ID is out of range"},
      {{"db=99999999999999999999"}, "The provided database ID is out of range"},
      {{"(on)"}, syntax},
      {{"(>x)"}, syntax},
      {{"(reset)"}, syntax},
      {{"(clearselectors)"}, syntax},
      {{"(+get (~x))"}, syntax},
      {{"(+foo)"}, unknown},
      {{"(~\"x)"}, syntax},
  };
  for (const Case& one : cases) EXPECT_EQ(made_of(one.rules), one.rules[0] + ": " + one.text);
  const std::string no_effect = " is not valid and does not have any effect. Try ";
  EXPECT_EQ(made_of({"~*", "%R~x"}), "%R~x: Adding a pattern after the * pattern (or the 'allkeys' flag)" + no_effect +
                                         "'resetkeys' to start with an empty list of patterns");
  EXPECT_EQ(made_of({"&*", "&x"}), "&x: Adding a pattern after the * pattern (or the 'allchannels' flag)" + no_effect +
                                       "'resetchannels' to start with an empty list of channels");
}

TEST(Rules, OfASelectorMayComeAsSeveralWords) {
  const auto joined = [](std::vector<std::string_view> words) {
    const auto rules = join_selectors(words);
    return rules ? *rules : Rules{"?", std::string(rules.error().text())};
  };
  EXPECT_EQ(joined({}), Rules{});
  EXPECT_EQ(joined({"on", "(+get", "~x)", "off"}), (Rules{"on", "(+get ~x)", "off"}));
  EXPECT_EQ(joined({"(", "+get", ")", "()"}), (Rules{"( +get )", "()"}));
  EXPECT_EQ(joined({"(+get)", "x)"}), (Rules{"(+get)", "x)"}));
  EXPECT_EQ(joined({"("}), (Rules{"?", "("}));
  EXPECT_EQ(joined({"on", "(+get ~x", "on"}), (Rules{"?", "(+get ~x"}));
  EXPECT_EQ(joined({"(+get) x"}), (Rules{"?", "(+get) x"}));
}

// A user shown and made again is the same.
TEST(Rules, OfAUsersTextMakeThatUser) {
  const TestServer server;
  for (const Rules& rules : {Rules{"on", ">a", "~a*", "%R~b", "&c", "db=1,2", "+@read", "-get", "+select|0"},
                             Rules{"+@all", "-client", "+client|id", "(+get ~x db=3)", "(-@all)", "(~* &* +@all)"},
                             Rules{"resetdbs", "nopass", "%W~w"}}) {
    const std::string text = server.user(rules).text();
    std::vector<std::string_view> words;
    for (std::string_view left = text; !left.empty();) {
      const size_t end = left.find(' ');
      words.push_back(left.substr(0, end));
      left.remove_prefix(end == left.npos ? left.size() : end + 1);
    }
    EXPECT_EQ(server.user(*join_selectors(words)).text(), text);
  }
}

}  // namespace
}  // namespace acl
