// Goal: CONFIG SET changes all or nothing and says what is wrong in the reference's words and order.
// Method: whole requests with the replies of valkey-server 9.1.2. Single values are in recorded_test.cc.
#include "config/change.h"

#include <gtest/gtest.h>

#include "config/table.h"
#include "config/value.h"

namespace config {
namespace {

std::string reply(std::vector<std::string_view> arguments, ChangeRequest request = {}) {
  request.arguments = arguments;
  const auto changed = change(Settings(), request);
  return changed ? "OK" : std::string(changed.error().text());
}

std::string refusal(const std::string& name, const std::string& why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + why;
}

TEST(Change, AnswersRequestsAsTheReference) {
  const std::string kNotAnInteger = "argument couldn't be parsed into an integer";
  const std::string kUnknown = "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'";
  EXPECT_EQ(reply({"maxmemory", "1", "maxmemory"}), "ERR syntax error");
  EXPECT_EQ(reply({"maxmemory", "1", "nosuch", "1"}), kUnknown);
  EXPECT_EQ(reply({"hz", "1", "HZ", "2"}), refusal("HZ", "duplicate parameter"));
  EXPECT_EQ(reply({"hz", "x", "hz", "2"}), refusal("hz", "duplicate parameter"));
  EXPECT_EQ(reply({"daemonize", "yes", "nosuch", "1"}), refusal("daemonize", "can't set immutable config"));
  EXPECT_EQ(reply({"nosuch", "1", "daemonize", "yes"}), kUnknown);
  EXPECT_EQ(reply({"hz", "x", "daemonize", "yes"}), refusal("daemonize", "can't set immutable config"));
  EXPECT_EQ(reply({"hz", "5", "timeout", "x"}), refusal("timeout", kNotAnInteger));
  EXPECT_EQ(reply({"Hz", "x"}), refusal("hz", kNotAnInteger));
  EXPECT_EQ(reply({"slowlog-max-len", "x"}), refusal("slowlog-max-len", kNotAnInteger));
  EXPECT_EQ(reply({"Slaveof", "x y"}), refusal("Slaveof", "can't set immutable config"));
  EXPECT_EQ(reply({"DIR", "/"}), refusal("DIR", "can't set protected config"));
}

TEST(Change, AnAliasAndItsNameAreTwoParametersAndTheLaterWins) {
  const std::vector<std::string_view> arguments{"slowlog-max-len", "1", "commandlog-slow-execution-max-len", "2"};
  const auto changed = change(Settings(), {arguments});
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(changed->settings.commandlog_slow_execution_max_len, 2);
  EXPECT_EQ(changed->touched, std::vector<const Row*>{find("slowlog-max-len")});
}

TEST(Change, SetsProtectedOnesOnlyWhereItMay) {
  const ChangeRequest allowed{{}, false, true};
  EXPECT_EQ(reply({"dir", "/"}, allowed), "OK");
  EXPECT_EQ(reply({"dir", "/nonexist"}, allowed), refusal("dir", "No such file or directory"));
  EXPECT_EQ(reply({"dir", "/etc/passwd"}, allowed), refusal("dir", "Not a directory"));
  EXPECT_EQ(reply({"dir", ""}, allowed), refusal("dir", "dir can't be empty"));
  EXPECT_EQ(reply({"dbfilename", "a/b"}, allowed),
            refusal("dbfilename", "dbfilename can't be a path, just a filename"));
  EXPECT_EQ(reply({"dbfilename", "x.rdb"}, allowed), "OK");
}

TEST(Change, RefusesAppendonlyWhileLoading) {
  const ChangeRequest loading{{}, true, false};
  EXPECT_EQ(reply({"appendonly", "yes"}, loading), "LOADING Valkey is loading the dataset in memory");
  EXPECT_EQ(reply({"hz", "20"}, loading), "OK");
}

TEST(Change, LeavesTheOldSettingsAlone) {
  const Settings old;
  const std::vector<std::string_view> arguments{"hz", "20", "save", "1 2", "requirepass", "secret"};
  const auto changed = change(old, {arguments});
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(old.hz, 10);
  EXPECT_EQ(changed->settings.hz, 20);
  EXPECT_EQ(changed->settings.save, (std::vector<SavePoint>{{1, 2}}));
  EXPECT_EQ(changed->settings.requirepass, "secret");
  EXPECT_EQ(changed->touched.size(), 3u);
}

TEST(Change, KnowsSigrunsOwnValues) {
  const auto after = [](std::string_view name, std::string_view value) {
    const std::vector<std::string_view> arguments{name, value};
    const auto changed = change(Settings(), {arguments});
    return changed ? get(changed->settings, *find(name)) : std::string(changed.error().text());
  };
  EXPECT_EQ(after("maxmemory", "auto"), "auto");
  EXPECT_EQ(after("maxmemory", "50%"), "50%");
  EXPECT_EQ(after("maxmemory", "0%"), "0");
  EXPECT_EQ(after("maxmemory", "101%"), refusal("maxmemory", "percentage argument must be less or equal to 100"));
  EXPECT_EQ(after("maxmemory", "x%"), refusal("maxmemory", "argument must be a memory value"));
  EXPECT_EQ(after("io-threads", "AUTO"), "auto");
  EXPECT_EQ(after("io-threads", "4"), "4");
  EXPECT_EQ(after("io-threads", "0"), refusal("io-threads", "argument must be between 1 and 256 inclusive"));
  EXPECT_EQ(after("io-threads", "x"), refusal("io-threads", "argument couldn't be parsed into an integer"));
  EXPECT_EQ(after("shards", "64"), refusal("shards", "can't set immutable config"));
}

TEST(Change, ResolvesMemoryLimitsAgainstTheWhole) {
  constexpr uint64_t kGigabyte = uint64_t{1} << 30;
  EXPECT_EQ((MemoryLimit{MemoryLimit::Kind::kBytes, 123}.bytes(kGigabyte)), 123u);
  EXPECT_EQ((MemoryLimit{MemoryLimit::Kind::kPercent, 50}.bytes(kGigabyte)), kGigabyte / 2);
  EXPECT_EQ((MemoryLimit{MemoryLimit::Kind::kPercent, 100}.bytes(~uint64_t{0})), ~uint64_t{0});
  EXPECT_EQ((MemoryLimit{MemoryLimit::Kind::kAuto, 0}.bytes(kGigabyte)), kGigabyte / 4 * 3);
  EXPECT_EQ((MemoryLimit{MemoryLimit::Kind::kAuto, 0}.bytes(0)), 0u);
}

TEST(Change, TellsWhichValuesLogsMustHide) {
  for (const char* name : {"requirepass", "masterauth", "PRIMARYAUTH", "masteruser", "tls-key-file-pass"}) {
    EXPECT_TRUE(is_sensitive(name)) << name;
  }
  EXPECT_FALSE(is_sensitive("maxmemory"));
  EXPECT_FALSE(is_sensitive("nosuch"));
}

}  // namespace
}  // namespace config
