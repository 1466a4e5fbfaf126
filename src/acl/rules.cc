#include "acl/rules.h"

#include <algorithm>
#include <limits>

#include "acl/password.h"
#include "base/letters.h"
#include "base/numbers.h"
#include "base/words.h"
#include "command/args.h"

namespace acl {
namespace {

using base::Done;
using base::Error;
using command::same_word;
using Outcome = base::Result<Done>;

constexpr Error kSyntax{"Syntax error"};
constexpr Error kAllKeysAlready{
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try "
    "'resetkeys' to start with an empty list of patterns"};
constexpr Error kAllChannelsAlready{
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try "
    "'resetchannels' to start with an empty list of channels"};
constexpr Error kNoSuchPassword{"The password you are trying to remove from the user does not exist"};
constexpr Error kBadHash{
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"};
constexpr Error kFirstWordOfSubcommand{"Allowing first-arg of a subcommand is not supported"};
constexpr Error kBadDatabase{"The provided database ID is out of range"};

template <typename T>
bool contains(const std::vector<T>& list, const T& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// A rule replaces those before it about the same, or about parts of it.
void note_command_rule(Selector& selector, char sign, const std::string& name) {
  std::erase_if(selector.command_rules, [&](std::string_view rule) {
    rule.remove_prefix(1);
    return rule.starts_with(name) && (rule.size() == name.size() || rule[name.size()] == '|');
  });
  selector.command_rules.push_back(sign + name);
}

Outcome add_keys(Selector& selector, std::string_view rule) {
  if (selector.all_keys) return kAllKeysAlready;
  uint8_t access = rule[0] == '~' ? kReadWrite : 0;
  size_t at = 1;
  for (; rule[0] == '%' && at < rule.size(); ++at) {
    const uint8_t more = rule[at] == 'R' || rule[at] == 'r' ? kRead : rule[at] == 'W' || rule[at] == 'w' ? kWrite : 0;
    if (rule[at] == '~' && access != 0) break;
    if (more == 0 || (access & more) != 0) return kSyntax;
    access |= more;
  }
  if (access == 0) return kSyntax;
  if (rule[0] == '%' && at < rule.size()) ++at;
  const std::string_view pattern = rule.substr(at);
  if (has_blanks(pattern)) return kSyntax;
  const auto same = std::find_if(selector.keys.begin(), selector.keys.end(),
                                 [&](const KeyPattern& one) { return one.text == pattern; });
  if (same != selector.keys.end()) {
    same->access |= access;
  } else {
    selector.keys.push_back({access, std::string(pattern)});
  }
  return Done{};
}

Outcome add_channel(Selector& selector, std::string_view pattern) {
  if (selector.all_channels) return kAllChannelsAlready;
  if (has_blanks(pattern)) return kSyntax;
  if (!contains(selector.channels, std::string(pattern))) selector.channels.emplace_back(pattern);
  return Done{};
}

// Decimal digits with a sign; zeros may lead. Nothing: no number. What is beyond 64 bits is the largest number.
std::optional<int64_t> database_number(std::string_view word) {
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  if (word.empty() || word.find_first_not_of("0123456789") != word.npos) return std::nullopt;
  word.remove_prefix(std::min(word.find_first_not_of('0'), word.size() - 1));
  const int64_t value = base::parse_int64(word).value_or(std::numeric_limits<int64_t>::max());
  return negative ? -value : value;
}

Outcome set_databases(Selector& selector, std::string_view list) {
  std::vector<int32_t> databases;
  while (true) {
    const size_t comma = list.find(',');
    const auto number = database_number(list.substr(0, comma));
    if (!number) return kSyntax;
    if (*number < 0 || *number > std::numeric_limits<int32_t>::max()) return kBadDatabase;
    databases.push_back(static_cast<int32_t>(*number));
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  std::sort(databases.begin(), databases.end());
  databases.erase(std::unique(databases.begin(), databases.end()), databases.end());
  selector.all_databases = false;
  selector.databases = std::move(databases);
  return Done{};
}

void set_all_keys(Selector& selector, bool allowed) {
  selector.all_keys = allowed;
  selector.keys.clear();
}

void set_all_channels(Selector& selector, bool allowed) {
  selector.all_channels = allowed;
  selector.channels.clear();
}

void set_all_databases(Selector& selector, bool allowed) {
  selector.all_databases = allowed;
  selector.databases.clear();
}

void forget_passwords(User& user, bool needs_none) {
  user.password_hashes.clear();
  user.no_password = needs_none;
}

Outcome add_password(User& user, const std::string& hash) {
  if (!is_password_hash(hash)) return kBadHash;
  if (!contains(user.password_hashes, hash)) user.password_hashes.push_back(hash);
  user.no_password = false;
  return Done{};
}

Outcome remove_password(User& user, const std::string& hash) {
  if (!is_password_hash(hash)) return kBadHash;
  if (std::erase(user.password_hashes, hash) == 0) return kNoSuchPassword;
  return Done{};
}

bool is_selector(std::string_view rule) { return rule.size() >= 2 && rule.front() == '(' && rule.back() == ')'; }

}  // namespace

bool has_blanks(std::string_view text) { return text.find_first_of(std::string_view(" \t\n\v\f\r\0", 7)) != text.npos; }

base::Result<std::vector<std::string>, base::Failure> join_selectors(std::span<const std::string_view> words) {
  std::vector<std::string> rules;
  std::optional<std::string_view> opened;
  for (const std::string_view word : words) {
    if (opened) {
      rules.back() += ' ';
      rules.back() += word;
      if (word.ends_with(')')) opened.reset();
      continue;
    }
    rules.emplace_back(word);
    if (word.starts_with('(') && !word.ends_with(')')) opened = word;
  }
  if (opened) return base::Failure(std::string(*opened));
  return rules;
}

User Editor::make(std::string_view name, uint64_t id) const {
  User user;
  user.name = name;
  user.id = id;
  user.selectors.push_back(new_selector());
  return user;
}

User Editor::make_default(uint64_t id) const {
  User user = make("default", id);
  user.enabled = true;
  user.no_password = true;
  Selector& root = user.selectors[0];
  set_all_commands(root, true);
  set_all_keys(root, true);
  set_all_channels(root, true);
  user.settle();
  return user;
}

Selector Editor::new_selector() const {
  Selector selector;
  set_all_commands(selector, false);
  selector.all_channels = new_channels_;
  return selector;
}

void Editor::reset(User& user) const {
  forget_passwords(user, false);
  user.enabled = false;
  user.selectors.assign(1, new_selector());
}

Outcome Editor::apply(User& user, std::string_view rule) const {
  if (rule.empty()) return Done{};
  const auto is = [&](std::string_view word) { return same_word(rule, word); };
  const std::string_view rest = rule.substr(1);
  Outcome outcome = Done{};
  if (is("on") || is("off")) {
    user.enabled = is("on");
  } else if (is("nopass") || is("resetpass")) {
    forget_passwords(user, is("nopass"));
  } else if (is("skip-sanitize-payload") || is("sanitize-payload")) {
    // They mean nothing any more; scripts for older servers say them.
  } else if (is("reset")) {
    reset(user);
  } else if (is("clearselectors")) {
    user.selectors.resize(1);
  } else if (rule[0] == '>' || rule[0] == '#') {
    outcome = add_password(user, rule[0] == '>' ? password_hash(rest) : std::string(rest));
  } else if (rule[0] == '<' || rule[0] == '!') {
    outcome = remove_password(user, rule[0] == '<' ? password_hash(rest) : std::string(rest));
  } else {
    outcome = is_selector(rule) ? add_selector(user, rule) : apply(user.selectors[0], rule);
  }
  user.settle();
  return outcome;
}

Outcome Editor::add_selector(User& user, std::string_view rule) const {
  const auto rules = base::split_words(rule.substr(1, rule.size() - 2));
  if (!rules) return kSyntax;
  Selector selector = new_selector();
  for (const std::string& one : *rules) {
    if (const Outcome outcome = apply(selector, one); !outcome) return outcome;
  }
  user.selectors.push_back(std::move(selector));
  return Done{};
}

Outcome Editor::apply(Selector& selector, std::string_view rule) const {
  if (rule.empty()) return Done{};
  const auto is = [&](std::string_view word) { return same_word(rule, word); };
  constexpr std::string_view kDatabases = "db=";
  if (is("allkeys") || is("~*") || is("resetkeys")) {
    set_all_keys(selector, !is("resetkeys"));
  } else if (is("allchannels") || is("&*") || is("resetchannels")) {
    set_all_channels(selector, !is("resetchannels"));
  } else if (is("allcommands") || is("+@all") || is("nocommands") || is("-@all")) {
    set_all_commands(selector, is("allcommands") || is("+@all"));
  } else if (is("alldbs") || is("resetdbs")) {
    set_all_databases(selector, is("alldbs"));
  } else if (same_word(rule.substr(0, kDatabases.size()), kDatabases)) {
    return set_databases(selector, rule.substr(kDatabases.size()));
  } else if (rule[0] == '~' || rule[0] == '%') {
    return add_keys(selector, rule);
  } else if (rule[0] == '&') {
    return add_channel(selector, rule.substr(1));
  } else if (rule.starts_with("+@") || rule.starts_with("-@")) {
    return change_category(selector, rule);
  } else if (rule[0] == '+' || rule[0] == '-') {
    return change_command(selector, rule);
  } else {
    return kSyntax;
  }
  return Done{};
}

Outcome Editor::change_category(Selector& selector, std::string_view rule) const {
  const bool allowed = rule[0] == '+';
  const uint32_t category = Commands::category(rule.substr(2));
  if (category == 0) return kUnknownCommand;
  for (const command::Command* command : commands_.all()) {
    if (!commands_.is_in(*command, category)) continue;
    selector.commands[command->index] = allowed;
    selector.first_words.erase(command->index);
  }
  note_command_rule(selector, rule[0], base::lower_case(rule.substr(1)));
  return Done{};
}

Outcome Editor::change_command(Selector& selector, std::string_view rule) const {
  const bool allowed = rule[0] == '+';
  const command::Command* command = commands_.find(rule.substr(1));
  if (command == nullptr) {
    const bool has_more = allowed && rule.find('|') != rule.npos;
    return has_more ? allow_first_word(selector, rule) : kUnknownCommand;
  }
  set_command(selector, *command, allowed);
  note_command_rule(selector, rule[0], std::string(command->spec->name));
  return Done{};
}

// "+select|0". The reference takes a blank in the word, and then ends when it shows the user; here it is refused.
Outcome Editor::allow_first_word(Selector& selector, std::string_view rule) const {
  const size_t bar = rule.rfind('|');
  const command::Command* command = commands_.find(rule.substr(1, bar - 1));
  if (command == nullptr) return kUnknownCommand;
  if (command->spec->is_subcommand()) return kFirstWordOfSubcommand;
  const std::string word = base::lower_case(rule.substr(bar + 1));
  if (word.empty() || has_blanks(word)) return kSyntax;
  if (!command->subcommands.empty()) return kUnknownCommand;
  std::vector<std::string>& words = selector.first_words[command->index];
  if (!contains(words, word)) words.push_back(word);
  note_command_rule(selector, '+', std::string(command->spec->name) + "|" + word);
  return Done{};
}

void Editor::set_all_commands(Selector& selector, bool allowed) const {
  selector.from_all = allowed;
  selector.commands.assign(commands_.index_end(), allowed);
  selector.first_words.clear();
  selector.command_rules.clear();
}

void Editor::set_command(Selector& selector, const command::Command& command, bool allowed) const {
  selector.commands[command.index] = allowed;
  selector.first_words.erase(command.index);
  for (const command::Command* part : command.subcommands) selector.commands[part->index] = allowed;
}

}  // namespace acl
