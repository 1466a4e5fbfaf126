// Users: all users, as a snapshot that nobody changes; and the registry that publishes the one in force.
//
// Threads  Registry: any; who changes the users holds edits(). A loop keeps a Reader and asks it before each command:
//          one atomic load as long as nothing was published.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "acl/rules.h"

namespace acl {

using UserPointer = std::shared_ptr<const User>;  // shared with the sessions of its clients

class Users {
 public:
  using ByName = std::map<std::string, UserPointer, std::less<>>;

  // Null if there is none.
  UserPointer find(std::string_view name) const;
  // The newer rules of a user that was looked up before; null if it was deleted.
  UserPointer find_again(const session::User& user) const;
  const UserPointer& default_user() const { return default_; }
  // Whether whoever connects is logged in as the default user.
  bool is_open() const { return default_->enabled && default_->no_password; }
  const ByName& by_name() const { return by_name_; }

  // "user <name> <rule>..." of each.
  std::vector<std::string> lines() const;

  void put(User user);
  // False if there is none. REQUIRES: not the default user.
  bool remove(std::string_view name);

 private:
  ByName by_name_;
  UserPointer default_;
};

class Registry {
 public:
  explicit Registry(const command::Table& table);

  const Commands& commands() const { return commands_; }
  std::shared_ptr<const Users> current() const;
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Held from current() to publish(), by who makes new users of those in force: a change builds on the last one.
  std::mutex& edits() { return edits_; }
  void publish(Users users);
  // For a new user. Any thread.
  uint64_t next_id() { return next_id_.fetch_add(1, std::memory_order_relaxed); }

 private:
  Commands commands_;
  std::mutex edits_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Users> current_;  // shared, since each loop lets go of an old one in its own time
  std::atomic<uint64_t> version_{0};
  std::atomic<uint64_t> next_id_{1};
};

// One thread's view of a registry.
class Reader {
 public:
  explicit Reader(const Registry& registry) : registry_(registry) { users(); }

  // The users in force. The reference holds until the next call.
  const Users& users() {
    if (const uint64_t version = registry_.version(); version != version_) {
      users_ = registry_.current();
      version_ = version;
    }
    return *users_;
  }
  // Of what users() gave last.
  uint64_t version() const { return version_; }

 private:
  const Registry& registry_;
  std::shared_ptr<const Users> users_;
  uint64_t version_ = ~uint64_t{0};
};

// The user who has this name and password; null if there is none, or it is off.
UserPointer authenticate(const Users& users, std::string_view name, std::string_view password);

}  // namespace acl
