// Patterns: those that somebody listens to, so that the ones that match a channel are found without trying them all.
//
// Shape    patterns lie in groups by the plain text before their first special byte, as far as that is looked at.
//          Only the groups whose text the channel begins with are tried, pattern by pattern.
// Cost     find: a look-up for each length of such a text that occurs, and a match for each pattern of those groups.
// Threads  one, or many readers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/siphash.h"

namespace pubsub {

struct Topic;

class Patterns {
 public:
  explicit Patterns(base::SipKey seed) : seed_(seed) {}

  void add(Topic& pattern);
  void remove(const Topic& pattern);
  bool empty() const { return groups_.empty(); }
  // Appends the patterns that match.
  void find(std::string_view channel, std::vector<Topic*>& out) const;

 private:
  static constexpr size_t kLongestPrefix = 64;
  struct Hash {
    using is_transparent = void;
    base::SipKey seed;
    size_t operator()(std::string_view text) const { return base::siphash_1_3(seed, text); }
  };
  // A group's patterns by the texts that they begin with, all as long as the map's key says.
  using Groups = std::unordered_map<std::string, std::vector<Topic*>, Hash, std::equal_to<>>;

  static std::string_view prefix_of(std::string_view pattern);

  base::SipKey seed_;
  std::map<size_t, Groups> groups_;
};

}  // namespace pubsub
