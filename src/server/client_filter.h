// ClientFilter: which clients CLIENT LIST and CLIENT KILL mean. All that is given must hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/call.h"
#include "dispatch/client.h"

namespace server {

class ClientFilter {
 public:
  explicit ClientFilter(bool skips_caller) : skips_caller_(skips_caller) {}

  // The filter of CLIENT LIST's or CLIENT KILL's words.
  static base::Result<ClientFilter, base::Failure> parse(command::Call& call, bool skips_caller);
  // The old form of CLIENT KILL: one address, the caller's own too.
  static ClientFilter of_address(std::string_view address);

  bool matches(const dispatch::Client& client, uint64_t caller, base::MonoTime now) const;
  // The ids in the order in which they were given; CLIENT LIST keeps it.
  std::vector<uint64_t> ids() const { return holds_.ids.value_or(std::vector<uint64_t>()); }

 private:
  enum class Type : uint8_t { kNormal, kReplica, kPubsub, kPrimary };

  // What one client may have; the same once as wanted, once as not wanted.
  struct Traits {
    std::optional<std::vector<uint64_t>> ids;
    std::optional<Type> type;
    std::optional<std::string> user, address, local_address, ip, name, library_name, library_version;
    std::optional<std::string> flags, capabilities;
    std::optional<uint32_t> database;
  };

  struct Parser;

  static bool has_all(const Traits& traits, const dispatch::Client& client);
  static bool has_any(const Traits& traits, const dispatch::Client& client);

  Traits holds_;
  Traits excludes_;
  std::optional<int64_t> least_age_s_;
  std::optional<int64_t> least_idle_s_;
  bool skips_caller_;
};

}  // namespace server
