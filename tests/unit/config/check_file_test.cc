// Goal: --check-config finds every bad line, numbers it, and guesses what an unknown name was meant to be.
// Method: files with known faults.
#include "config/check_file.h"

#include <gtest/gtest.h>

namespace config {
namespace {

std::string guess(const std::string& name) {
  const auto complaints = check_config(name + " 1");
  return complaints.empty() ? "no complaint" : complaints[0].did_you_mean;
}

TEST(CheckFile, ReportsEveryBadLine) {
  const auto complaints = check_config(
      "# fine\nmaxmemroy 100mb\nhz 10\n\nhz x\ntimeout 1 2\nrequirepass \"open\nuser a on\nuser a off\ndynamic-hz yes\n"
      "include /nonexist\ninclude /none/*.conf\n");
  ASSERT_EQ(complaints.size(), 6u);
  EXPECT_EQ(complaints[0].line, 2);
  EXPECT_EQ(complaints[0].message, "Bad directive or wrong number of arguments");
  EXPECT_EQ(complaints[0].did_you_mean, "maxmemory");
  EXPECT_EQ(complaints[1].line, 5);
  EXPECT_EQ(complaints[1].message, "argument couldn't be parsed into an integer");
  EXPECT_EQ(complaints[1].did_you_mean, "");
  EXPECT_EQ(complaints[2].line, 6);
  EXPECT_EQ(complaints[2].message, "wrong number of arguments");
  EXPECT_EQ(complaints[3].line, 7);
  EXPECT_EQ(complaints[3].message, "Unbalanced quotes in configuration line");
  EXPECT_EQ(complaints[4].line, 9);
  EXPECT_EQ(complaints[5].line, 11);
  EXPECT_EQ(complaints[5].message, "can't open config file '/nonexist'");
}

TEST(CheckFile, GuessesNamesThatAreNearEnough) {
  EXPECT_EQ(guess("maxmemory_policy"), "maxmemory-policy");
  EXPECT_EQ(guess("MaxMemori"), "maxmemory");
  EXPECT_EQ(guess("appendsync"), "appendfsync");
  EXPECT_EQ(guess("slaveoff"), "slaveof");
  EXPECT_EQ(guess("inclued"), "include");
  EXPECT_EQ(guess("completely-different-thing"), "");
  EXPECT_EQ(guess(std::string(100000, 'a')), "");
  EXPECT_EQ(guess("hz"), "no complaint");
}

TEST(CheckFile, FindsNothingInAGoodFile) {
  EXPECT_TRUE(check_config("").empty());
  EXPECT_TRUE(check_config("port 6379\r\nsave 60 1\nsave \"\"\nuser a on ~*\nrename-command GET \"\"\n").empty());
}

}  // namespace
}  // namespace config
