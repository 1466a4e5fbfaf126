#include "config/check_file.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "base/letters.h"
#include "config/directives.h"
#include "config/table.h"

namespace config {
namespace {

// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool is_same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// The name nearest to `wrong`, if it is near enough to be meant: a third of its letters may differ.
std::string nearest_name(std::string wrong) {
  for (char& letter : wrong) letter = letter == '_' ? '-' : base::lower(letter);
  std::string_view best;
  size_t best_distance = std::max<size_t>(wrong.size() / 3, 1) + 1;
  const auto look_at = [&](std::string_view name) {
    if (name.size() > wrong.size() + best_distance || wrong.size() > name.size() + best_distance) return;
    const size_t distance = edit_distance(wrong, name);
    if (distance >= best_distance) return;
    best = name;
    best_distance = distance;
  };
  for (const Row& row : rows()) {
    look_at(row.name);
    if (!row.alias.empty()) look_at(row.alias);
  }
  for (const std::string_view name : {"include", "user", "loadmodule", "rename-command"}) look_at(name);
  return std::string(best);
}

bool is_known(const std::string& name) {
  return find(name) != nullptr || is_ignored_name(name) || name == "include" || name == "user" ||
         name == "loadmodule" || name == "rename-command";
}

}  // namespace

std::vector<Complaint> check_config(std::string_view text, const Rename& rename, const CheckUser& check_user) {
  constexpr size_t kNameMax = 128;  // beyond it no name can be meant, and the distance would cost much
  std::vector<Complaint> complaints;
  Settings settings;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto words = line_words(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!words) {
      complaints.push_back({number, std::string(words.error().text()), ""});
      continue;
    }
    if (words->empty()) continue;
    if (is_include(*words)) {
      const std::string& path = (*words)[1];
      const bool is_missing = path.find_first_of("*?[") == path.npos && access(path.c_str(), R_OK) != 0;
      if (is_missing) complaints.push_back({number, "can't open config file '" + path + "'", ""});
      continue;
    }
    const size_t users = settings.users.size();
    Outcome outcome = read_directive(settings, {*words, number, std::string(trim(line))});
    if (outcome && settings.users.size() > users && check_user) outcome = check_user(settings.users.back());
    if (outcome) {
      if (!rename || settings.renamed_commands.empty()) continue;
      const auto renamed = rename((*words)[1], (*words)[2]);
      settings.renamed_commands.clear();
      if (!renamed) complaints.push_back({number, std::string(renamed.error().text()), ""});
      continue;
    }
    const std::string& name = (*words)[0];
    const bool may_be_meant = !is_known(name) && name.size() <= kNameMax;
    complaints.push_back({number, std::string(outcome.error().text()), may_be_meant ? nearest_name(name) : ""});
  }
  return complaints;
}

}  // namespace config
