#include "pubsub/patterns.h"

#include <algorithm>

#include "base/check.h"
#include "base/glob.h"
#include "pubsub/hub.h"

namespace pubsub {

std::string_view Patterns::prefix_of(std::string_view pattern) {
  return pattern.substr(0, std::min(pattern.find_first_of("*?[\\"), kLongestPrefix));
}

void Patterns::add(Topic& pattern) {
  const std::string_view prefix = prefix_of(pattern.name);
  Groups& groups = groups_.try_emplace(prefix.size(), 0, Hash{seed_}).first->second;
  std::vector<Topic*>& topics = groups[std::string(prefix)];
  pattern.place = topics.size();
  topics.push_back(&pattern);
}

void Patterns::remove(const Topic& pattern) {
  const std::string_view prefix = prefix_of(pattern.name);
  const auto groups = groups_.find(prefix.size());
  CHECK(groups != groups_.end());
  const auto group = groups->second.find(prefix);
  CHECK(group != groups->second.end());
  std::vector<Topic*>& topics = group->second;
  CHECK(topics[pattern.place] == &pattern);
  topics[pattern.place] = topics.back();
  topics[pattern.place]->place = pattern.place;
  topics.pop_back();
  if (!topics.empty()) return;
  groups->second.erase(group);
  if (groups->second.empty()) groups_.erase(groups);
}

void Patterns::find(std::string_view channel, std::vector<Topic*>& out) const {
  for (const auto& [length, groups] : groups_) {
    if (length > channel.size()) return;
    const auto group = groups.find(channel.substr(0, length));
    if (group == groups.end()) continue;
    for (Topic* topic : group->second) {
      if (base::glob_match(topic->name, channel)) out.push_back(topic);
    }
  }
}

}  // namespace pubsub
