#include "acl/file.h"

#include <fmt/format.h>

namespace acl {
namespace {

using base::Failure;

std::string_view trim(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = line.find_first_not_of(kBlanks);
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlanks) - begin + 1);
}

// Empty words too, where two blanks follow each other.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t blank = line.find(' ');
    words.push_back(line.substr(0, blank));
    if (blank == line.npos) return words;
    line.remove_prefix(blank + 1);
  }
}

// Reads line after line and notes all that is wrong.
class FileReader {
 public:
  FileReader(const Making& making, std::string_view path) : making_(making), path_(path) {}

  void read_line(std::string_view line) {
    ++number_;
    line = trim(line);
    if (line.empty()) return;
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() < 2 || words[0] != "user") {
      return complain(fmt::format("{}:{} should start with user keyword followed by the username", path_, number_));
    }
    if (has_blanks(words[1])) {
      return complain(fmt::format("{}:{}: username '{}' contains invalid characters", path_, number_, words[1]));
    }
    if (users_.find(words[1]) != nullptr) {
      return complain(fmt::format("WARNING: Duplicate user '{}' found on line {}", words[1], number_));
    }
    read_user(words);
  }

  base::Result<Users, Failure> finish() {
    if (!complaints_.empty()) {
      return Failure(complaints_ +
                     "WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
    }
    if (users_.find("default") == nullptr) users_.put(making_.editor().make_default(making_.id_of("default")));
    return std::move(users_);
  }

 private:
  // Of each line every rule about an unknown command is told, and the first of all others.
  void read_user(const std::vector<std::string_view>& words) {
    const auto rules = join_selectors(std::span(words).subspan(2));
    if (!rules) return complain(fmt::format("{}:{}: Unmatched parenthesis in selector definition", path_, number_));
    const Editor editor = making_.editor();
    User user = editor.make(words[1], making_.id_of(words[1]));  // the default user, too, begins without rights
    bool told = false;
    for (const std::string& rule : *rules) {
      const auto applied = editor.apply(user, trim(rule));
      if (applied) continue;
      const std::string_view why = applied.error().text();
      if (is_unknown_command(applied.error())) {
        complain(fmt::format("{}:{}: Error in applying operation '{}': {}", path_, number_, trim(rule), why));
      } else if (!told) {
        complain(fmt::format("{}:{}: {}", path_, number_, why));
        told = true;
      }
    }
    users_.put(std::move(user));
  }

  void complain(const std::string& text) { complaints_ += text + ". "; }

  const Making& making_;
  std::string_view path_;
  int number_ = 0;
  Users users_;
  std::string complaints_;
};

}  // namespace

uint64_t Making::id_of(std::string_view name) const {
  const UserPointer user = before.find(name);
  return user != nullptr ? user->id : registry.next_id();
}

base::Result<Users, Failure> read_file(const Making& making, std::string_view text, std::string_view path) {
  FileReader reader(making, path);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    reader.read_line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return reader.finish();
}

std::string file_text(const Users& users) {
  std::string text;
  for (const std::string& line : users.lines()) text += line + "\n";
  return text;
}

base::Result<std::vector<std::string>, Failure> check_directive(const Commands& commands,
                                                                const std::vector<std::string>& words) {
  const std::vector<std::string_view> given(words.begin() + 2, words.end());
  auto rules = join_selectors(given);
  if (!rules) return Failure("Error in user declaration 'user': Wrong format");
  const Editor editor(commands, false);
  User user = editor.make(words[1], 0);
  for (size_t at = 0; at < rules->size(); ++at) {
    const auto applied = editor.apply(user, (*rules)[at]);
    if (applied || is_unknown_command(applied.error())) continue;
    // Quirk kept for compatibility: the word that is shown is two before the wrong one.
    return Failure(fmt::format("Error in user declaration '{}': {}", words[at], applied.error().text()));
  }
  return rules;
}

base::Result<User, Failure> make_user(const Editor& editor, uint64_t id, const std::vector<std::string>& words) {
  const std::string& name = words[1];
  if (has_blanks(name)) return Failure("Spaces not allowed in ACL usernames");
  const std::vector<std::string_view> given(words.begin() + 2, words.end());
  const auto rules = join_selectors(given);
  if (!rules) return rules.error();
  User user = editor.make(name, id);
  for (const std::string& rule : *rules) {
    const auto applied = editor.apply(user, rule);
    if (applied) continue;
    return Failure(
        fmt::format("Error loading ACL rule '{}' for the user named '{}': {}", rule, name, applied.error().text()));
  }
  return user;
}

base::Result<Users, Failure> read_directives(const Making& making, const std::vector<config::Directive>& directives) {
  Users users = making.before;
  for (const config::Directive& directive : directives) {
    auto user = make_user(making.editor(), making.id_of(directive.words[1]), directive.words);
    if (!user) return user.error();
    users.put(std::move(*user));
  }
  return users;
}

}  // namespace acl
