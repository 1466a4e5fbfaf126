#include "acl/user.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "acl/password.h"
#include "base/numbers.h"

namespace acl {
namespace {

// What a command's words are about, found once for all selectors.
struct Parts {
  std::vector<command::KeyWord> keys;
  std::vector<uint32_t> channels;
  bool channels_are_patterns = false;
  struct Named {
    uint32_t word = 0;
    int64_t database = 0;
  };
  std::vector<Named> databases;
  std::optional<uint32_t> selected;
  bool all_databases = false;
};

// A word that is no database's number is the handler's affair; then no word names one.
void find_databases(const Attempted& attempted, Parts& parts) {
  const command::Spec& spec = *attempted.command.spec;
  if (spec.database_words == nullptr) return;
  std::vector<uint32_t> words;
  spec.database_words(attempted.words, words);
  for (const uint32_t word : words) {
    const auto index = base::parse_int64(attempted.words[word]);
    if (!index || *index < 0 || *index >= attempted.database_count) return parts.databases.clear();
    parts.databases.push_back({word, *index});
  }
}

void find_channels(const Attempted& attempted, Parts& parts) {
  const command::Channels channels = attempted.command.spec->channels;
  if (channels == command::Channels::kNone) return;
  const auto count = static_cast<uint32_t>(channels == command::Channels::kFirst ? 2 : attempted.words.size());
  for (uint32_t word = 1; word < count; ++word) parts.channels.push_back(word);
  parts.channels_are_patterns = channels == command::Channels::kPatterns;
}

Parts parts_of(const Commands& commands, const Attempted& attempted) {
  Parts parts;
  find_checked_keys(*attempted.command.spec, attempted.words, parts.keys);
  find_channels(attempted, parts);
  find_databases(attempted, parts);
  if (commands.uses_selected_database(attempted.command)) parts.selected = attempted.database;
  parts.all_databases = attempted.command.spec->has(command::kAllDatabases);
  return parts;
}

bool allows_command(const Selector& selector, const Commands& commands, const Attempted& attempted) {
  const std::string_view first_word = attempted.words.size() > 1 ? attempted.words[1] : std::string_view();
  return attempted.command.spec->has(command::kNoAuth) ||
         selector.allows_command(commands.ruled(attempted.command), first_word);
}

Verdict check_databases(const Selector& selector, const Parts& parts) {
  if (selector.all_databases) return {};
  for (const Parts::Named& named : parts.databases) {
    if (!selector.allows_database(named.database)) return {Denied::kDatabase, named.word};
  }
  if (parts.all_databases || (parts.selected && !selector.allows_database(*parts.selected))) {
    return {Denied::kDatabase, 0};
  }
  return {};
}

Verdict check_with(const Selector& selector, const Commands& commands, const Attempted& attempted, const Parts& parts) {
  if (!allows_command(selector, commands, attempted)) return {Denied::kCommand, 0};
  if (const Verdict verdict = check_databases(selector, parts); !verdict.allows()) return verdict;
  for (const command::KeyWord& key : parts.keys) {
    if (!selector.allows_key(attempted.words[key.index], key.flags)) return {Denied::kKey, key.index};
  }
  for (const uint32_t word : parts.channels) {
    if (!selector.allows_channel(attempted.words[word], parts.channels_are_patterns)) return {Denied::kChannel, word};
  }
  return {};
}

}  // namespace

void find_checked_keys(const command::Spec& spec, std::span<const std::string_view> words,
                       std::vector<command::KeyWord>& out) {
  if (spec.keys[0].find == command::KeySpec::Find::kNone) return;
  command::find_keys(spec, words, out);
  std::erase_if(out, [](const command::KeyWord& key) { return (key.flags & command::kNotKey) != 0; });
  for (command::KeyWord& key : out) {
    if ((key.flags & command::kVariableFlags) != 0 && spec.key_flags != nullptr) key.flags = spec.key_flags(words);
  }
}

Verdict User::check(const Commands& commands, const Attempted& attempted) const {
  if (may_all) return {};
  const Parts parts = parts_of(commands, attempted);
  Verdict told;
  for (const Selector& selector : selectors) {
    const Verdict verdict = check_with(selector, commands, attempted, parts);
    if (verdict.allows()) return {};
    if (verdict.denied != told.denied ? verdict.denied > told.denied : verdict.word > told.word) told = verdict;
  }
  return told;
}

bool User::may_read_every_key(const Commands& commands, const Attempted& attempted) const {
  if (may_all) return true;
  const Parts parts = parts_of(commands, attempted);
  return std::any_of(selectors.begin(), selectors.end(), [&](const Selector& selector) {
    return selector.allows_every_key(kRead) && check_with(selector, commands, attempted, parts).allows();
  });
}

bool User::allows_channel(std::string_view channel, bool is_pattern) const {
  return std::any_of(selectors.begin(), selectors.end(),
                     [&](const Selector& selector) { return selector.allows_channel(channel, is_pattern); });
}

bool User::knows_key(std::string_view key) const {
  return std::any_of(selectors.begin(), selectors.end(),
                     [key](const Selector& selector) { return selector.knows_key(key); });
}

bool User::has_no_channel_beyond(const User& other) const {
  const auto has_all = [](const User& user) {
    return std::any_of(user.selectors.begin(), user.selectors.end(), [](const Selector& s) { return s.all_channels; });
  };
  if (has_all(other)) return true;
  if (has_all(*this)) return false;
  for (const Selector& selector : selectors) {
    for (const std::string& pattern : selector.channels) {
      if (!other.allows_channel(pattern, true)) return false;
    }
  }
  return true;
}

bool User::has_password(std::string_view password) const {
  const std::string hash = password_hash(password);
  bool found = false;
  for (const std::string& one : password_hashes) found |= same_hash(one, hash);  // all of them, in any case
  return found;
}

std::string User::text() const {
  std::string text = enabled ? "on" : "off";
  if (no_password) text += " nopass";
  for (const std::string& hash : password_hashes) text += " #" + hash;
  text += " " + selectors[0].text();
  for (size_t at = 1; at < selectors.size(); ++at) text += " (" + selectors[at].text() + ")";
  return text;
}

void User::settle() {
  may_all =
      std::any_of(selectors.begin(), selectors.end(), [](const Selector& selector) { return selector.may_all(); });
}

}  // namespace acl
