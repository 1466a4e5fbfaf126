// Goal: the ACL file and `user` lines of the configuration file are read, written and refused as Valkey 9.1.2 does.
// Method: its error texts (2026-11-26); a file written and read again.
#include "acl/file.h"

#include <gtest/gtest.h>

#include "rows.h"

namespace acl {
namespace {

constexpr std::string_view kNoChange =
    "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

class File : public testing::Test {
 protected:
  base::Result<Users, base::Failure> read(std::string_view text) {
    return read_file({.registry = server_.registry, .before = *server_.registry.current()}, text, "f");
  }
  // What is wrong, without the sentence that ends it.
  std::string complaint(std::string_view text) {
    const auto users = read(text);
    if (users) return "";
    std::string_view told = users.error().text();
    EXPECT_TRUE(told.ends_with(kNoChange));
    told.remove_suffix(kNoChange.size());
    return std::string(told);
  }
  std::string wrong_line(std::vector<std::string> words) {
    const auto rules = check_directive(server_.commands(), words);
    return rules ? "" : std::string(rules.error().text());
  }

  TestServer server_;
};

TEST_F(File, HasAUserALine) {
  const auto users = read("user a on nopass +get ~x\n\n \t user b  on \r\nuser c (+get  ~x ) ( +set )");
  ASSERT_TRUE(users);
  EXPECT_EQ(file_text(*users),
            "user a on nopass ~x resetchannels -@all +get\n"
            "user b on resetchannels -@all\n"
            "user c off resetchannels -@all (~x resetchannels -@all +get) (resetchannels -@all +set)\n"
            "user default on nopass ~* &* +@all\n");
  const auto again = read(file_text(*users));
  ASSERT_TRUE(again);
  EXPECT_EQ(file_text(*again), file_text(*users));
}

TEST_F(File, GivesTheDefaultUserOnlyWhatItsLineSays) {
  const auto users = read("user default on >x +@all ~*\n");
  ASSERT_TRUE(users);
  EXPECT_TRUE(users->default_user()->text().ends_with(" ~* resetchannels +@all"));
  EXPECT_FALSE(users->is_open());
}

TEST_F(File, KeepsTheIdentityOfUsersThatStay) {
  const auto before = server_.registry.current();
  const auto first = read("user a on\n");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->default_user()->id, before->default_user()->id);
  server_.registry.publish(*first);
  const auto second = read("user a on +get\nuser b on\n");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->find("a")->id, first->find("a")->id);
  EXPECT_NE(second->find("b")->id, second->find("a")->id);
  EXPECT_EQ(second->find_again(*first->find("a")), second->find("a"));
}

TEST_F(File, TellsAllThatIsWrong) {
  EXPECT_EQ(complaint("user a on\nfoo\n"), "f:2 should start with user keyword followed by the username. ");
  EXPECT_EQ(complaint("user\n"), "f:1 should start with user keyword followed by the username. ");
  EXPECT_EQ(complaint("USER x on\n"), "f:1 should start with user keyword followed by the username. ");
  EXPECT_EQ(complaint("user d\n\n# c\n"), "f:3 should start with user keyword followed by the username. ");
  EXPECT_EQ(complaint("user a on\nuser b foo\nuser a on +foo\nx"),
            "f:2: Syntax error. WARNING: Duplicate user 'a' found on line 3. f:4 should start with user keyword "
            "followed by the username. ");
  EXPECT_EQ(complaint("user b foo bar +baz >x #y +zz\n"),
            "f:1: Syntax error. f:1: Error in applying operation '+baz': Unknown command or category name in ACL. f:1: "
            "Error in applying operation '+zz': Unknown command or category name in ACL. ");
  EXPECT_EQ(complaint("user d (+baz)\nuser e +client|x|y"),
            "f:1: Error in applying operation '(+baz)': Unknown command or category name in ACL. f:2: Error in "
            "applying operation '+client|x|y': Unknown command or category name in ACL. ");
  EXPECT_EQ(complaint("user f on\t+get\n"), "f:1: Syntax error. ");
  EXPECT_EQ(complaint("user d db=x\nuser e db=-1\n"),
            "f:1: Syntax error. f:2: The provided database ID is out of range. ");
  // The reference ends here.
  EXPECT_EQ(complaint("user a (+get ~x\n"), "f:1: Unmatched parenthesis in selector definition. ");
}

TEST_F(File, LinesOfTheConfigurationShowTheWordTwoBeforeTheWrongOne) {
  EXPECT_EQ(wrong_line({"user", "x", "foo"}), "Error in user declaration 'user': Syntax error");
  EXPECT_EQ(wrong_line({"user", "x", "on", "db=x"}), "Error in user declaration 'x': Syntax error");
  EXPECT_EQ(wrong_line({"user", "x", "on", "+get", "foo", "bar"}), "Error in user declaration 'on': Syntax error");
  EXPECT_EQ(wrong_line({"user", "x", "-foo", "+bar", "baz"}), "Error in user declaration '-foo': Syntax error");
  EXPECT_EQ(wrong_line({"user", "x", "on", "+client|id|x"}),
            "Error in user declaration 'x': Allowing first-arg of a subcommand is not supported");
  EXPECT_EQ(wrong_line({"user", "x", "(+get"}), "Error in user declaration 'user': Wrong format");
  EXPECT_EQ(wrong_line({"user", "x", "+foo"}), "");
}

TEST_F(File, LinesOfTheConfigurationMakeUsers) {
  const auto before = server_.registry.current();
  const Making making{.registry = server_.registry, .before = *before};
  const auto users = read_directives(
      making, {{{"user", "x", "on", "(+get", "~x)"}, 1, ""}, {{"user", "default", "on", "+@all"}, 2, ""}});
  ASSERT_TRUE(users);
  EXPECT_EQ(file_text(*users),
            "user default on resetchannels +@all\n"
            "user x on resetchannels -@all (~x resetchannels -@all +get)\n");
  EXPECT_EQ(read_directives(making, {{{"user", "x", "+foo"}, 1, ""}}).error().text(),
            "Error loading ACL rule '+foo' for the user named 'x': Unknown command or category name in ACL");
  EXPECT_EQ(read_directives(making, {{{"user", "a b"}, 1, ""}}).error().text(), "Spaces not allowed in ACL usernames");
}

}  // namespace
}  // namespace acl
