// CONFIG REWRITE: the file's text again, with the settings in force.
//
// Comments, order and includes stay. A line of a setting is replaced in place, what was given twice is given once, and
// settings that differ from their default and had no line are appended under a mark.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/row.h"
#include "config/settings.h"

namespace config {

// Lines that the server keeps outside of the settings, as they are now.
struct RewriteExtras {
  std::vector<std::string> users;    // "user <name> <rule>..." of each ACL user; empty with an aclfile
  std::vector<std::string> modules;  // "loadmodule <path> <argument>..."
};

// Which settings get a line that had none.
enum class RewriteScope : uint8_t { kChanged, kAll };

// The new text of the file whose text is `old_text`.
std::string rewrite(std::string_view old_text, const Settings& settings, const RewriteExtras& extras,
                    RewriteScope scope = RewriteScope::kChanged);

// Rewrites the file at `path`; one that is gone is made anew.
Outcome rewrite_file(const std::string& path, const Settings& settings, const RewriteExtras& extras,
                     RewriteScope scope = RewriteScope::kChanged);

// Writes to a temporary file beside `path`, syncs it, renames it over `path`, syncs the directory. On failure the old
// file is whole and the temporary one is gone.
Outcome write_file_atomically(const std::string& path, std::string_view text);

}  // namespace config
