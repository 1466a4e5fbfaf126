// Goal: the table is the reference's: its names, its defaults, its way of finding names by pattern.
// Method: every line of the recorded CONFIG GET * against the row of that name; patterns against recorded answers.
#include "config/table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "config/value.h"

namespace config {
namespace {

std::map<std::string, std::string> recorded_defaults() {
  std::ifstream file(RECORDS "valkey_9_1_defaults.tsv");
  std::map<std::string, std::string> defaults;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t tab = line.find('\t');
    defaults[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return defaults;
}

std::vector<std::string> names(std::vector<std::string_view> patterns) {
  std::vector<std::string> found;
  for (const Shown& shown : match(patterns)) found.push_back(shown.name);
  return found;
}

TEST(Table, HasTheReferencesDefaults) {
  // What differs: io-threads by design; hash-seed and dir are recorded as a note, since each start has its own.
  const std::map<std::string, std::string> ours{{"io-threads", "auto"}, {"hash-seed", ""}, {"dir", ""}};
  const Settings settings;
  const auto recorded = recorded_defaults();
  ASSERT_EQ(recorded.size(), 237u);
  for (const auto& [name, value] : recorded) {
    const Row* row = find(name);
    ASSERT_NE(row, nullptr) << name;
    const auto different = ours.find(name);
    EXPECT_EQ(get(settings, *row), different == ours.end() ? value : different->second) << name;
  }
}

TEST(Table, ShowsByStarWhatTheReferenceShowsAndSigrunsOwn) {
  std::vector<std::string> expected;
  for (const auto& [name, value] : recorded_defaults()) expected.push_back(name);
  for (const char* own : {"acl-auto-reload-interval", "db-maxmemory", "hotkeys-sampling-percentage", "hotkeys-top-k",
                          "hotkeys-window-seconds", "metrics-port", "requirepass-file", "requirepass-file-grace"}) {
    expected.push_back(own);
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names({"*"}), expected);
}

TEST(Table, FindsNamesAndAliasesInAnyCase) {
  ASSERT_NE(find("maxmemory"), nullptr);
  EXPECT_EQ(find("MAXMEMORY"), find("maxmemory"));
  EXPECT_EQ(find("SlaveOf"), find("replicaof"));
  EXPECT_EQ(find("aof_rewrite_cpulist"), find("aof-rewrite-cpulist"));
  EXPECT_EQ(find("maxmemor"), nullptr);
  EXPECT_EQ(find(""), nullptr);
  EXPECT_TRUE(is_ignored_name("Dynamic-HZ"));
  EXPECT_EQ(find("dynamic-hz"), nullptr);
}

TEST(Table, EveryDefaultIsAValueThatItsRowAccepts) {
  const Settings settings;
  for (const Row& row : rows()) {
    const std::string value = get(settings, row);
    // Their default is empty and cannot be given, or not while running.
    if (row.name == "dir" || row.name == "rdma-bind" || row.name == "replicaof") continue;
    Settings copy;
    const std::vector<std::string_view> words =
        row.has(kMultiArg) ? split_at_spaces(value) : std::vector<std::string_view>{value};
    EXPECT_TRUE(set(copy, row, words, Source::kRunning).has_value()) << row.name << ' ' << value;
    EXPECT_EQ(get(copy, row), value) << row.name;
  }
}

TEST(Table, MatchesAsConfigGetDoes) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({"MAXMEMORY"}), Names{"MAXMEMORY"});
  const Names maxmemory{"maxmemory", "maxmemory-clients", "maxmemory-eviction-tenacity", "maxmemory-policy",
                        "maxmemory-samples"};
  EXPECT_EQ(names({"MAXMEM*"}), maxmemory);
  EXPECT_EQ(names({"slaveof", "replicaof"}), (Names{"replicaof", "slaveof"}));
  EXPECT_EQ(names({"hz", "[h]z", "h?", "hz"}), Names{"hz"});
  EXPECT_EQ(names({"\\hz"}), Names{});
  EXPECT_EQ(names({"nosuch"}), Names{});
  EXPECT_EQ(names({"watchdog-period*"}), Names{});
  EXPECT_EQ(names({"WATCHDOG-period"}), Names{"WATCHDOG-period"});
  EXPECT_EQ(names({"shards", "shard*"}), Names{"shards"});
}

TEST(Table, MarksSecretsAndWhatTheReferenceProtects) {
  std::set<std::string_view> secret;
  std::set<std::string_view> is_protected;
  for (const Row& row : rows()) {
    if (row.has(kSensitive)) secret.insert(row.name);
    if (row.has(kProtected)) is_protected.insert(row.name);
  }
  EXPECT_EQ(secret, (std::set<std::string_view>{"primaryauth", "primaryuser", "requirepass", "tls-client-key-file-pass",
                                                "tls-key-file-pass"}));
  EXPECT_EQ(is_protected, (std::set<std::string_view>{"dbfilename", "dir", "lua-enable-insecure-api"}));
}

}  // namespace
}  // namespace config
