// Goal: SORT takes the token U only where its words have patterns, which lead to keys that nobody knows before.
// Method: the lock class for words of every kind.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/families.h"

namespace commands {
namespace {

using keyspace::LockClass;

LockClass locks_for(std::vector<std::string_view> arguments) {
  const command::Spec& row = sort_commands()[0];
  EXPECT_EQ(row.name, "sort");
  arguments.insert(arguments.begin(), "sort");
  return row.locks_for(arguments);
}

TEST(SortLocks, AreThoseOfItsKeysWithoutPatterns) {
  EXPECT_EQ(locks_for({"by"}), LockClass::kKeys);
  EXPECT_EQ(locks_for({"k", "LIMIT", "0", "10", "ALPHA", "DESC"}), LockClass::kKeys);
  EXPECT_EQ(locks_for({"k", "STORE", "target"}), LockClass::kKeys);
}

TEST(SortLocks, AreStrayWithPatterns) {
  EXPECT_EQ(locks_for({"k", "BY", "weight_*"}), LockClass::kStray);
  EXPECT_EQ(locks_for({"k", "alpha", "gEt", "#"}), LockClass::kStray);
  EXPECT_EQ(locks_for({"k", "STORE", "get", "get", "x_*"}), LockClass::kStray);
}

TEST(SortLocks, OfTheReadOnlyFormAreTheSame) {
  const std::vector<std::string_view> plain = {"sort_ro", "k"}, pattern = {"sort_ro", "k", "by", "x"};
  const command::Spec& row = sort_commands()[1];
  EXPECT_EQ(row.locks_for(plain), LockClass::kKeys);
  EXPECT_EQ(row.locks_for(pattern), LockClass::kStray);
}

}  // namespace
}  // namespace commands
