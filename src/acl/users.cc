#include "acl/users.h"

#include "base/check.h"

namespace acl {

UserPointer Users::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

UserPointer Users::find_again(const session::User& user) const {
  UserPointer found = find(user.name);
  return found != nullptr && found->id == user.id ? found : nullptr;
}

std::vector<std::string> Users::lines() const {
  std::vector<std::string> lines;
  lines.reserve(by_name_.size());
  for (const auto& [name, user] : by_name_) lines.push_back("user " + name + " " + user->text());
  return lines;
}

void Users::put(User user) {
  std::string name = user.name;
  UserPointer shared = std::make_shared<const User>(std::move(user));
  if (name == "default") default_ = shared;
  by_name_.insert_or_assign(std::move(name), std::move(shared));
}

bool Users::remove(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return false;
  CHECK(found->second != default_);
  by_name_.erase(found);
  return true;
}

Registry::Registry(const command::Table& table) : commands_(table) {
  Users users;
  users.put(Editor(commands_, false).make_default(next_id()));
  publish(std::move(users));
}

std::shared_ptr<const Users> Registry::current() const {
  const std::lock_guard hold(mutex_);
  return current_;
}

void Registry::publish(Users users) {
  auto next = std::make_shared<const Users>(std::move(users));
  {
    const std::lock_guard hold(mutex_);
    current_.swap(next);
    version_.fetch_add(1, std::memory_order_release);
  }  // the old snapshot may die here, outside the lock
}

UserPointer authenticate(const Users& users, std::string_view name, std::string_view password) {
  UserPointer user = users.find(name);
  if (user == nullptr || !user->enabled) return nullptr;
  if (!user->no_password && !user->has_password(password)) return nullptr;
  return user;
}

}  // namespace acl
