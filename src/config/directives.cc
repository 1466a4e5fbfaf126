#include "config/directives.h"

#include <algorithm>

#include "base/words.h"
#include "config/parse.h"
#include "config/table.h"
#include "config/value.h"

namespace config {
namespace {

constexpr std::string_view kBadDirective = "Bad directive or wrong number of arguments";

Outcome read_setting(Settings& settings, const Row& row, const std::vector<std::string>& words) {
  std::vector<std::string> parts(words.begin() + 1, words.end());
  // Several words may come as one, as in `--save "60 1 30 2"`.
  if (row.has(kMultiArg) && parts.size() == 1 && !parts[0].empty()) {
    if (auto split = base::split_words(parts[0])) parts = std::move(*split);
  }
  const std::vector<std::string_view> arguments(parts.begin(), parts.end());
  return set(settings, row, arguments, Source::kStart);
}

Outcome read_user(Settings& settings, const Directive& directive) {
  const std::string& name = directive.words[1];
  const auto is_same = [&](const Directive& user) { return user.words[1] == name; };
  if (std::any_of(settings.users.begin(), settings.users.end(), is_same)) {
    return base::Failure("Error in user declaration '" + name +
                         "': Duplicate user found. A user can only be defined once in config files");
  }
  settings.users.push_back(directive);
  return base::Done{};
}

}  // namespace

std::string_view trim(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = line.find_first_not_of(kBlanks);
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlanks) - begin + 1);
}

base::Result<std::vector<std::string>, base::Failure> line_words(std::string_view line) {
  const std::string_view text = trim(line);
  if (text.empty() || text[0] == '#') return std::vector<std::string>{};
  std::optional<std::vector<std::string>> words = base::split_words(text);
  if (!words) return wrong("Unbalanced quotes in configuration line");
  return std::move(*words);
}

bool is_include(const std::vector<std::string>& words) {
  return words.size() == 2 && equal_ignoring_case(words[0], "include");
}

Outcome read_directive(Settings& settings, const Directive& directive) {
  const std::vector<std::string>& words = directive.words;
  const std::string& name = words[0];
  if (const Row* row = find(name)) return read_setting(settings, *row, words);
  if (is_ignored_name(name) && words.size() == 2) return base::Done{};
  if (equal_ignoring_case(name, "user") && words.size() >= 2) return read_user(settings, directive);
  if (equal_ignoring_case(name, "loadmodule") && words.size() >= 2) {
    settings.modules.push_back(directive);
    return base::Done{};
  }
  if (equal_ignoring_case(name, "rename-command") && words.size() == 3) {
    settings.renamed_commands.push_back(directive);
    return base::Done{};
  }
  // A module's setting has its module's name before a dot. There are no modules here to take it.
  if (name.find('.') != name.npos) {
    return wrong(words.size() == 1 ? "Module config specified without value"
                                   : "Module Configuration detected without loadmodule directive or no ApplyConfig "
                                     "call: aborting");
  }
  return wrong(kBadDirective);
}

}  // namespace config
