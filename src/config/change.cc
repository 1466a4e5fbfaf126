#include "config/change.h"

#include <algorithm>
#include <string>
#include <vector>

#include "config/parse.h"
#include "config/table.h"
#include "config/value.h"

namespace config {
namespace {

// A setting as the request names it: the name in the table's spelling, so an alias and its row's own name differ.
struct Wanted {
  const Row* row;
  std::string_view name;
  std::string_view value;
};

base::Failure unknown(std::string_view name) {
  return base::Failure("ERR Unknown option or number of arguments for CONFIG SET - '" +
                       std::string(name.substr(0, name.find('\0'))) + "'");
}

// The table's spelling of a name that may be in any case.
std::string_view spelling(const Row& row, std::string_view name) {
  return equal_ignoring_case(row.name, name) ? row.name : row.alias;
}

base::Result<std::vector<Wanted>, base::Failure> look_up(const ChangeRequest& request) {
  std::vector<Wanted> wanted;
  for (size_t i = 0; i < request.arguments.size(); i += 2) {
    const std::string_view name = request.arguments[i];
    const Row* row = find(name);
    if (row == nullptr) return unknown(name);
    if (row->has(kImmutable)) return refused(name, "can't set immutable config");
    if (row->has(kProtected) && !request.protected_is_allowed) return refused(name, "can't set protected config");
    if (row->has(kDenyLoading) && request.loading) {
      return base::Failure("LOADING Valkey is loading the dataset in memory");
    }
    const std::string_view spelled = spelling(*row, name);
    const auto is_same = [&](const Wanted& other) { return other.name == spelled; };
    if (std::any_of(wanted.begin(), wanted.end(), is_same)) return refused(name, "duplicate parameter");
    wanted.push_back({row, spelled, request.arguments[i + 1]});
  }
  return wanted;
}

}  // namespace

base::Failure refused(std::string_view name, std::string_view why) {
  return base::Failure("ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
                       std::string(why));
}

base::Result<Change, base::Failure> change(const Settings& settings, const ChangeRequest& request) {
  if (request.arguments.empty() || request.arguments.size() % 2 != 0) return wrong("ERR syntax error");
  const auto wanted = look_up(request);
  if (!wanted) return wanted.error();

  Change result{settings, {}};
  for (const Wanted& one : *wanted) {
    const std::vector<std::string_view> words =
        one.row->has(kMultiArg) ? split_at_spaces(one.value) : std::vector<std::string_view>{one.value};
    const Outcome outcome = set(result.settings, *one.row, words, Source::kRunning);
    if (!outcome) return refused(one.name, outcome.error().text());
    const auto& touched = result.touched;
    if (std::find(touched.begin(), touched.end(), one.row) == touched.end()) result.touched.push_back(one.row);
  }
  return result;
}

bool is_sensitive(std::string_view name) {
  const Row* row = find(name);
  return row != nullptr && row->has(kSensitive);
}

}  // namespace config
