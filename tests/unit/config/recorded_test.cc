// Goal: what valkey-server 9.1.2 makes of a setting, Sigrun makes of it: same reply, same value afterwards.
// Method: some 11000 CONFIG SETs and 140 starts, recorded by record_valkey.py, are replayed one by one.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/numbers.h"
#include "base/words.h"
#include "config/change.h"
#include "config/load.h"
#include "config/table.h"
#include "config/value.h"

namespace config {
namespace {

std::vector<std::vector<std::string>> records(const char* name) {
  std::ifstream file(std::string(RECORDS) + name);
  std::vector<std::vector<std::string>> all;
  for (std::string line; std::getline(file, line);) all.push_back(base::split_words(line).value());
  return all;
}

std::string shown(const Settings& settings, std::string_view name) {
  const Row* row = find(name);
  return row == nullptr ? "" : get(settings, *row);
}

// True where the answer differs from the reference's on purpose.
bool is_known_difference(const std::string& name, const std::string& value) {
  // These the server finds out when it applies them; the recorded build has no certificate and no such allocator.
  const bool is_applied_later = name == "activedefrag" || name == "tls-cluster" || name == "tls-replication";
  // The reference takes the highest numbers for negative ones here: -1 for no limit, one percent.
  const bool wraps_around = name == "cluster-link-sendbuf-limit" || name == "maxmemory-clients" ||
                            name == "slot-migration-max-failover-repl-bytes";
  const bool is_beyond_63_bits = value == "9223372036854775808" || value == "18446744073709551615";
  return (is_applied_later && value == "yes") || (wraps_around && is_beyond_63_bits);
}

TEST(Recorded, EveryConfigSetAnswersAsTheReference) {
  const auto all = records("valkey_9_1_set.txt");
  ASSERT_GT(all.size(), 8000u);
  size_t replayed = 0;
  for (const auto& record : all) {
    ASSERT_GE(record.size(), 3u);
    const std::string &name = record[0], &value = record[1];
    std::string reply = record[2];
    if (reply.substr(0, 2) == "- ") reply = std::string(refused(name, reply.substr(2)).text());
    if (is_known_difference(name, value)) continue;
    const std::vector<std::string_view> arguments{name, value};
    const auto changed = change(Settings(), {arguments});
    const std::string answer = changed ? "OK" : std::string(changed.error().text());
    EXPECT_EQ(answer, reply) << name << " '" << value << "'";
    if (changed && reply == "OK") {
      EXPECT_EQ(shown(changed->settings, name), record.at(3)) << name << " '" << value << "'";
    }
    ++replayed;
  }
  EXPECT_GT(replayed, 8000u);
}

TEST(Recorded, EveryStartEndsAsTheReference) {
  const auto all = records("valkey_9_1_start.txt");
  ASSERT_GT(all.size(), 100u);
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / "sigrun_recorded_test.conf";
  for (const auto& record : all) {
    const size_t count = static_cast<size_t>(base::parse_int64(record[1]).value());
    std::vector<std::string> arguments(record.begin() + 2, record.begin() + 2 + count);
    if (record[0] != "<none>") {
      std::ofstream(directory, std::ios::binary) << record[0];
      arguments.insert(arguments.begin(), directory.string());
    }
    const std::string label = ::testing::PrintToString(record[0]) + " " + ::testing::PrintToString(arguments);
    const std::string& error = record[2 + count];
    const auto settings = load(arguments, [] { return std::string(); });
    if (!error.empty()) {
      EXPECT_EQ(settings ? "started" : std::string(settings.error().text()), error) << label;
      continue;
    }
    if (!settings) {
      ADD_FAILURE() << label << " was refused: " << settings.error().text();
      continue;
    }
    for (size_t i = 3 + count; i + 1 < record.size(); i += 2) {
      EXPECT_EQ(shown(*settings, record[i]), record[i + 1]) << label << ' ' << record[i];
    }
  }
  std::filesystem::remove(directory);
}

}  // namespace
}  // namespace config
