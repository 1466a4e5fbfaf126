// Prefixes: which loops have clients that are told of all changes of keys with a prefix (CLIENT TRACKING ON BCAST).
//
// Who changes keys looks at a snapshot that never changes; the clients behind a loop are that loop's own affair.
//
// Cost     a change of a key is compared with every prefix, as in Valkey. The first one after the loops of a prefix
//          became others makes the snapshot anew.
// Threads  any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tracking {

// The loops with clients for a prefix.
struct Route {
  std::string prefix;
  std::vector<uint32_t> loops;  // sorted
};
using Routes = std::vector<std::shared_ptr<const Route>>;  // by prefix

class Prefixes {
 public:
  void join(uint32_t loop, std::string_view prefix);
  void leave(uint32_t loop, std::string_view prefix);

  std::shared_ptr<const Routes> routes() const;
  // How many different ones there are.
  size_t count() const { return routes()->size(); }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<uint32_t, uint64_t>, std::less<>> clients_;  // by prefix and loop
  mutable std::shared_ptr<const Routes> routes_;                              // null: to be made anew
};

// A prefix of a client and one that it asks for: keys may have both. `among_new`: it asks for both. Of all that it asks
// for, the first that has such another. O(N log N).
struct Overlap {
  std::string_view asked;
  std::string_view other;
  bool among_new = false;
};
std::optional<Overlap> find_overlap(std::span<const std::string> present, std::span<const std::string_view> asked);

}  // namespace tracking
