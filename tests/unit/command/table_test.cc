// The table of commands: rename-command.
#include "command/table.h"

#include <gtest/gtest.h>

#include <array>

namespace command {
namespace {

void nothing(Call&) {}

constexpr Spec kRows[] = {
    {.name = "get", .arity = 2, .handler = nothing, .since = "1.0.0"},
    {.name = "set", .arity = 3, .handler = nothing, .since = "1.0.0"},
    {.name = "client", .arity = -2, .since = "1.0.0"},
    {.name = "client|id", .arity = 2, .handler = nothing, .since = "1.0.0"},
};
constexpr std::array<std::span<const Spec>, 1> kFamilies{kRows};

TEST(Table, RenamedCommandIsFoundByItsNewName) {
  Table table(kFamilies);
  const Command* get = table.find("get");
  ASSERT_TRUE(table.rename("GET", "A name with more than 16 letters"));
  EXPECT_EQ(table.find("get"), nullptr);
  EXPECT_EQ(table.find("a NAME with more than 16 letters"), get);
  EXPECT_EQ(get->spec->name, "get");
  ASSERT_TRUE(table.rename("a name with more than 16 letters", "g"));
  EXPECT_EQ(table.find("G"), get);
  EXPECT_EQ(table.find("a name with more than 16 letters"), nullptr);
}

TEST(Table, NameThatIsFreeAgainCanBeGiven) {
  Table table(kFamilies);
  const Command* get = table.find("get");
  const Command* set = table.find("set");
  ASSERT_TRUE(table.rename("get", "x"));
  ASSERT_TRUE(table.rename("set", "get"));
  ASSERT_TRUE(table.rename("get", "GET"));
  EXPECT_EQ(table.find("get"), set);
  EXPECT_EQ(table.find("x"), get);
}

TEST(Table, EmptyNameTakesTheCommandAndItsSubcommands) {
  Table table(kFamilies);
  const Command* id = table.find_full("client|id");
  ASSERT_TRUE(table.rename("client", "cli"));
  EXPECT_EQ(table.find_full("cli|id"), id);
  EXPECT_EQ(table.find_full("client|id"), nullptr);
  EXPECT_TRUE(id->is_known());
  ASSERT_TRUE(table.rename("cli", ""));
  EXPECT_EQ(table.find_full("cli|id"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_FALSE(id->is_known());
}

TEST(Table, WrongNamesAreRefused) {
  Table table(kFamilies);
  EXPECT_EQ(table.rename("nope", "x").error().text(), "No such command in rename-command");
  EXPECT_EQ(table.rename("client|id", "x").error().text(), "No such command in rename-command");
  EXPECT_EQ(table.rename("get", "SET").error().text(), "Target command name already exists");
  EXPECT_NE(table.find("get"), nullptr);
  ASSERT_TRUE(table.rename("get", ""));
  EXPECT_EQ(table.rename("get", "").error().text(), "No such command in rename-command");
}

}  // namespace
}  // namespace command
