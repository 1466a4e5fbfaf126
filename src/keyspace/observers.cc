#include "keyspace/observers.h"

#include <algorithm>

#include "base/check.h"

namespace keyspace {

bool Observers::watch(uint32_t database, std::string_view key, std::shared_ptr<Watch> watch, bool expired_already) {
  std::vector<Watcher>& watchers = watched_[{database, std::string(key)}];
  const bool is_new =
      std::none_of(watchers.begin(), watchers.end(), [&](const Watcher& other) { return other.watch == watch; });
  if (is_new) watchers.push_back({std::move(watch), expired_already});
  return is_new;
}

bool Observers::expired_already(uint32_t database, std::string_view key, const Watch* watch) const {
  const auto found = watched_.find({database, std::string(key)});
  CHECK(found != watched_.end());
  for (const Watcher& watcher : found->second) {
    if (watcher.watch.get() == watch) return watcher.expired_already;
  }
  return false;
}

void Observers::unwatch(uint32_t database, std::string_view key, const Watch* watch) {
  const auto found = watched_.find({database, std::string(key)});
  if (found == watched_.end()) return;
  std::erase_if(found->second, [&](const Watcher& other) { return other.watch.get() == watch; });
  if (found->second.empty()) watched_.erase(found);
}

void Observers::changed(uint32_t database, std::string_view key) {
  const auto found = watched_.find({database, std::string(key)});
  if (found == watched_.end()) return;
  for (const Watcher& watcher : found->second) watcher.watch->tripped.store(true, std::memory_order_relaxed);
}

void Observers::changed_all(uint32_t database, const std::function<Succession(std::string_view key)>& succession) {
  for (auto& [name, watchers] : watched_) {
    if (name.database != database) continue;
    const Succession key = succession(name.key);
    if (!key.was_there && !key.is_there) continue;
    for (Watcher& watcher : watchers) {
      const bool was_absent = watcher.expired_already || !key.was_there;
      const bool is_absent = !key.is_there || key.is_expired;
      if (was_absent && is_absent) {
        watcher.expired_already = key.is_there;
      } else {
        watcher.watch->tripped.store(true, std::memory_order_relaxed);
      }
    }
  }
}

void Observers::removed_expired(uint32_t database, std::string_view key) {
  const auto found = watched_.find({database, std::string(key)});
  if (found == watched_.end()) return;
  for (Watcher& watcher : found->second) {
    if (!watcher.expired_already) watcher.watch->tripped.store(true, std::memory_order_relaxed);
    watcher.expired_already = false;
  }
}

}  // namespace keyspace
