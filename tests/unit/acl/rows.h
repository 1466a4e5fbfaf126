// A small command table for the tests of users and rules.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "acl/users.h"

namespace acl {

inline void nothing(command::Call&) {}
inline void second_word(std::span<const std::string_view>, std::vector<uint32_t>& out) { out.push_back(1); }

inline constexpr command::Spec kTestRows[] = {
    {.name = "get",
     .arity = 2,
     .flags = command::kReadOnly | command::kFast,
     .keys = {command::key_at(1, command::kRO | command::kAccess)},
     .locks = keyspace::LockClass::kKeys,
     .handler = nothing,
     .group = command::Group::kString,
     .since = "1.0.0"},
    {.name = "set",
     .arity = -3,
     .flags = command::kWrite,
     .keys = {command::key_at(1, command::kOW | command::kUpdate)},
     .locks = keyspace::LockClass::kKeys,
     .handler = nothing,
     .group = command::Group::kString,
     .since = "1.0.0"},
    {.name = "exists",
     .arity = -2,
     .flags = command::kReadOnly | command::kFast,
     .keys = {command::keys_from(1, -1, 1, command::kRO)},
     .locks = keyspace::LockClass::kKeys,
     .handler = nothing,
     .group = command::Group::kGeneric,
     .since = "1.0.0"},
    {.name = "rename",
     .arity = 3,
     .flags = command::kWrite,
     .keys = {command::key_at(1, command::kRW | command::kAccess | command::kDelete),
              command::key_at(2, command::kOW | command::kUpdate)},
     .locks = keyspace::LockClass::kKeys,
     .handler = nothing,
     .group = command::Group::kGeneric,
     .since = "1.0.0"},
    {.name = "dbsize",
     .arity = 1,
     .flags = command::kReadOnly | command::kFast,
     .handler = nothing,
     .group = command::Group::kServer,
     .since = "1.0.0"},
    {.name = "flushall",
     .arity = -1,
     .flags = command::kWrite | command::kAllDatabases,
     .handler = nothing,
     .group = command::Group::kServer,
     .since = "1.0.0"},
    {.name = "select",
     .arity = 2,
     .flags = command::kFast,
     .categories = command::kCategoryConnection,
     .handler = nothing,
     .group = command::Group::kConnection,
     .since = "1.0.0",
     .database_words = second_word},
    {.name = "publish",
     .arity = 3,
     .flags = command::kPubsub | command::kFast,
     .handler = nothing,
     .group = command::Group::kPubsub,
     .since = "1.0.0",
     .channels = command::Channels::kFirst},
    {.name = "subscribe",
     .arity = -2,
     .flags = command::kPubsub,
     .handler = nothing,
     .group = command::Group::kPubsub,
     .since = "1.0.0",
     .channels = command::Channels::kAll},
    {.name = "psubscribe",
     .arity = -2,
     .flags = command::kPubsub,
     .handler = nothing,
     .group = command::Group::kPubsub,
     .since = "1.0.0",
     .channels = command::Channels::kPatterns},
    {.name = "auth",
     .arity = -2,
     .flags = command::kFast | command::kNoAuth,
     .categories = command::kCategoryConnection,
     .handler = nothing,
     .group = command::Group::kConnection,
     .since = "1.0.0"},
    {.name = "client", .arity = -2, .group = command::Group::kConnection, .since = "1.0.0"},
    {.name = "client|id",
     .arity = 2,
     .categories = command::kCategoryConnection,
     .handler = nothing,
     .group = command::Group::kConnection,
     .since = "1.0.0"},
    {.name = "client|kill",
     .arity = -3,
     .flags = command::kAdmin,
     .categories = command::kCategoryConnection,
     .handler = nothing,
     .group = command::Group::kConnection,
     .since = "1.0.0"},
    {.name = "debug",
     .arity = -2,
     .flags = command::kAdmin | command::kProtectedDebug,
     .handler = nothing,
     .group = command::Group::kServer,
     .since = "1.0.0"},
    {.name = "debug|sleep",
     .arity = 3,
     .flags = command::kAdmin | command::kProtectedDebug,
     .handler = nothing,
     .group = command::Group::kServer,
     .since = "1.0.0"},
};

// The table with a registry over it.
struct TestServer {
  std::array<std::span<const command::Spec>, 1> families{kTestRows};
  command::Table table{families};
  Registry registry{table};

  const Commands& commands() const { return registry.commands(); }
  Editor editor() const { return {registry.commands(), false}; }
  // A user of these rules, each right.
  User user(const std::vector<std::string>& rules) const {
    User made = editor().make("u", 1);
    for (const std::string& rule : rules) CHECK(editor().apply(made, rule));
    return made;
  }
  // The command that these words call.
  const command::Command& called(const std::vector<std::string_view>& words) const {
    const command::Command* command = command::Table::called(*table.find(words[0]), words);
    CHECK(command != nullptr && command->spec->takes(words.size()));
    return *command;
  }
  Verdict check(const User& user, const std::vector<std::string_view>& words, uint32_t database = 0) const {
    return user.check(commands(),
                      {.command = called(words), .words = words, .database = database, .database_count = 16});
  }
  bool allows(const User& user, const std::vector<std::string_view>& words, uint32_t database = 0) const {
    return check(user, words, database).allows();
  }
};

}  // namespace acl
