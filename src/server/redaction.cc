#include "server/redaction.h"

#include "command/args.h"
#include "config/change.h"

namespace server {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kRedacted = "(redacted)";

// As far as options are understood: the words behind KEYS are keys.
void redact_migrate(Words words, std::vector<std::string_view>& shown) {
  for (size_t at = 6; at < words.size(); ++at) {
    const size_t left = words.size() - at - 1;
    if (command::same_word(words[at], "auth") && left >= 1) {
      shown[++at] = kRedacted;
    } else if (command::same_word(words[at], "auth2") && left >= 2) {
      shown[at + 1] = shown[at + 2] = kRedacted;
      at += 2;
    } else if (!command::same_word(words[at], "copy") && !command::same_word(words[at], "replace")) {
      return;
    }
  }
}

}  // namespace

std::vector<std::string_view> redacted(const command::Spec& spec, std::span<const std::string_view> words) {
  std::vector<std::string_view> shown(words.begin(), words.end());
  if (spec.name == "auth") {
    for (size_t at = 1; at < shown.size(); ++at) shown[at] = kRedacted;
  } else if (spec.name == "hello") {
    for (size_t at = 2; at + 2 < shown.size(); ++at) {
      if (!command::same_word(words[at], "auth")) continue;
      shown[at + 1] = shown[at + 2] = kRedacted;
      at += 2;
    }
  } else if (spec.name == "migrate") {
    redact_migrate(words, shown);
  } else if (spec.name == "acl|setuser" || spec.name == "acl|deluser" || spec.name == "acl|getuser") {
    for (size_t at = 2; at < shown.size(); ++at) shown[at] = kRedacted;
  } else if (spec.name == "config|set") {
    for (size_t at = 2; at + 1 < shown.size(); at += 2) {
      if (config::is_sensitive(words[at])) shown[at + 1] = kRedacted;
    }
  }
  return shown;
}

}  // namespace server
