// Goal: for every command, the keys whose rights are checked are the keys whose shards are locked.
// Method: random words, with options that name keys among them, for each row of the server's table; what
// acl::find_checked_keys finds beside what dispatch locks (Worker::prepare takes command::find_keys' words that are
// keys, or the row's only key).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../seed.h"
#include "acl/user.h"
#include "base/random.h"
#include "command/describe.h"
#include "command/table.h"
#include "server/command_table.h"

namespace server {
namespace {

using Words = std::vector<std::string_view>;

// As Worker::prepare finds them.
std::vector<uint32_t> locked_keys(const command::Command& command, const Words& words) {
  std::vector<uint32_t> found;
  if (command.only_key != 0) return {command.only_key};
  if (command.spec->lock_hash != nullptr || command.spec->keys[0].find == command::KeySpec::Find::kNone) return found;
  std::vector<command::KeyWord> keys;
  command::find_keys(*command.spec, words, keys);
  for (const command::KeyWord& key : keys) {
    if ((key.flags & command::kNotKey) == 0) found.push_back(key.index);
  }
  return found;
}

std::vector<uint32_t> checked_keys(const command::Command& command, const Words& words) {
  std::vector<command::KeyWord> keys;
  acl::find_checked_keys(*command.spec, words, keys);
  std::vector<uint32_t> found;
  for (const command::KeyWord& key : keys) found.push_back(key.index);
  return found;
}

constexpr std::string_view kWords[] = {
    "a", "b",       "1",       "2",     "3",       "0", "-1",   "keys", "store", "STORE", "get",       "by",  "*",
    "",  "streams", "STREAMS", "limit", "weights", "x", "COPY", "left", "count", "group", "storedist", "set", "u8"};

TEST(AclKeys, AreThoseThatAreLocked) {
  TRACE_SEED();
  const command::Table table(all_families());
  base::Random random(test_seed());
  size_t rows_with_keys = 0, rows_found = 0;
  for (const command::Command& command : table.all()) {
    if (command.spec->is_container()) continue;
    const bool has_keys = command::has_keys(*command.spec);
    rows_with_keys += has_keys ? 1 : 0;
    const auto least = static_cast<size_t>(std::abs(command.spec->arity));
    bool found_some = false;
    for (int round = 0; round < 400; ++round) {
      const size_t count = command.spec->arity > 0 ? least : least + random.next() % 8;
      Words words{command.spec->name};
      while (words.size() < count) words.push_back(kWords[random.next() % std::size(kWords)]);
      const std::vector<uint32_t> locked = locked_keys(command, words);
      ASSERT_EQ(checked_keys(command, words), locked) << command.spec->name;
      for (const uint32_t index : locked) ASSERT_LT(index, words.size()) << command.spec->name;
      found_some = found_some || !locked.empty();
    }
    rows_found += found_some ? 1 : 0;
    EXPECT_TRUE(has_keys || !found_some) << command.spec->name;
  }
  // The words are such that nearly every row with keys shows some.
  EXPECT_GE(rows_found + 2, rows_with_keys);
  EXPECT_GT(rows_with_keys, 150U);
}

// Rights are for what is done to a key: each says so, or asks for neither.
TEST(AclKeys, SayWhatIsDoneToThem) {
  const command::Table table(all_families());
  for (const command::Command& command : table.all()) {
    for (const command::KeySpec& keys : command.spec->keys) {
      if (keys.find == command::KeySpec::Find::kNone || (keys.flags & command::kNotKey) != 0) continue;
      EXPECT_NE(keys.flags & (command::kRO | command::kRW | command::kOW | command::kRM), 0) << command.spec->name;
      const bool is_written = (keys.flags & (command::kOW | command::kRM)) != 0;
      const bool says_so = (keys.flags & (command::kUpdate | command::kInsert | command::kDelete)) != 0;
      EXPECT_TRUE(!is_written || says_so) << command.spec->name;
    }
  }
}

}  // namespace
}  // namespace server
