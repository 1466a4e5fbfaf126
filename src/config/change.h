// CONFIG SET: several settings at once, all or none.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/row.h"
#include "config/settings.h"

namespace config {

// What CONFIG SET was asked to do. Keys and values alternate, as in the command.
struct ChangeRequest {
  std::span<const std::string_view> arguments;
  bool loading = false;               // the data set is being loaded
  bool protected_is_allowed = false;  // enable-protected-configs lets this client set protected settings
};

struct Change {
  Settings settings;                // the new ones; publish them once they have been applied
  std::vector<const Row*> touched;  // in the order given, each once
};

// A copy of `settings` with the change made, or the error reply, without its leading '-' but with its "ERR ".
base::Result<Change, base::Failure> change(const Settings& settings, const ChangeRequest& request);

// The reply when a change was right but could not be put into effect (a port in use, say), for the setting `name`.
base::Failure refused(std::string_view name, std::string_view why);

// True for a setting whose value logs must show as (redacted).
bool is_sensitive(std::string_view name);

}  // namespace config
