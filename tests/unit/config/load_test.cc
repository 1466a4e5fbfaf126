// Goal: the command line, files and standard input come together as the reference reads them.
// Method: small files in a directory of the test's own. Single lines and options are in recorded_test.cc.
#include "config/load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/table.h"
#include "config/value.h"

namespace config {
namespace {

class Load : public ::testing::Test {
 protected:
  Load() {
    char name[] = "/tmp/sigrun_load_test.XXXXXX";
    directory_ = std::filesystem::canonical(mkdtemp(name));
  }
  ~Load() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << text;
    return (directory_ / name).string();
  }

  static std::string error(const std::vector<std::string>& arguments, const std::string& input = "") {
    const auto settings = load(arguments, [&] { return input; });
    return settings ? "started" : std::string(settings.error().text());
  }

  static std::string shown(std::string_view name, const std::vector<std::string>& arguments,
                           const std::string& input = "") {
    const auto settings = load(arguments, [&] { return input; });
    return settings ? get(*settings, *find(name)) : std::string(settings.error().text());
  }

  static std::string fatal(int line, const std::string& text, const std::string& message) {
    return "\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nReading the configuration file, at line " +
           std::to_string(line) + "\n>>> '" + text + "'\n" + message + "\n";
  }

  static constexpr const char* kNotAnInteger = "argument couldn't be parsed into an integer";
  static constexpr const char* kBad = "Bad directive or wrong number of arguments";
  std::filesystem::path directory_;
};

TEST_F(Load, StartsWithTheDefaultsInTheCurrentDirectory) {
  EXPECT_EQ(shown("hz", {}), "10");
  EXPECT_EQ(shown("dir", {}), std::filesystem::current_path().string());
  const auto settings = load({}, [] { return std::string(); });
  EXPECT_EQ(settings->config_file, "");
}

TEST_F(Load, TheLaterWinsFromFileToInputToOptions) {
  const std::string file = write("a.conf", "hz 22\ntimeout 1\n");
  EXPECT_EQ(shown("hz", {file}), "22");
  EXPECT_EQ(shown("hz", {file, "-"}, "hz 33\n"), "33");
  EXPECT_EQ(shown("hz", {file, "--hz", "44", "-"}, "hz 33\n"), "44");
  EXPECT_EQ(shown("timeout", {file, "--hz", "44", "-"}, "hz 33\n"), "1");
  EXPECT_EQ(shown("hz", {"-"}, "hz 33\n"), "33");
  EXPECT_EQ(shown("hz", {"-", "--hz", "44"}, "hz 33\n"), "44");
  EXPECT_EQ(load({file}, [] { return std::string(); })->config_file, file);
}

TEST_F(Load, AFileWithoutALastLineEndDoesNotGlueToTheInput) {
  const std::string file = write("a.conf", "hz 22");
  EXPECT_EQ(shown("timeout", {file, "-"}, "timeout 7"), "7");
}

TEST_F(Load, NumbersLinesAsTheReference) {
  EXPECT_EQ(error({"-", "--hz", "x"}, "hz 44\nfoo 1\n"), fatal(2, "foo 1", kBad));
  EXPECT_EQ(error({"-", "--hz", "x"}, "hz 44\n"), fatal(3, "hz \"x\"", kNotAnInteger));
  EXPECT_EQ(error({write("f.conf", "hz 22\ntimeout x\n")}), fatal(2, "timeout x", kNotAnInteger));
  EXPECT_EQ(error({write("g.conf", "hz 22"), "--timeout", "x"}), fatal(2, "timeout \"x\"", kNotAnInteger));
  EXPECT_EQ(error({"--port", "abc"}), fatal(2, "port \"abc\"", kNotAnInteger));
  EXPECT_EQ(error({"--requirepass", "a\tb\x01", "--hz", "x"}), fatal(3, "hz \"x\"", kNotAnInteger));
}

TEST_F(Load, IncludesFilesByNameAndByPattern) {
  write("more/1.conf", "hz 31\n");
  write("more/2.conf", "hz 32\ntimeout 5\n");
  EXPECT_EQ(shown("hz", {write("a.conf", "include " + (directory_ / "more/1.conf").string())}), "31");
  const std::string by_pattern = write("b.conf", "hz 1\ninclude " + (directory_ / "more/*.conf").string() + "\n");
  EXPECT_EQ(shown("hz", {by_pattern}), "32");
  EXPECT_EQ(shown("timeout", {by_pattern}), "5");
  EXPECT_EQ(shown("hz", {write("c.conf", "include " + (directory_ / "none*.conf").string() + "\nhz 9")}), "9");
  // A relative name counts from the directory that `dir` has set.
  const std::string moved = write("d.conf", "dir " + (directory_ / "more").string() + "\ninclude 1.conf\n");
  EXPECT_EQ(shown("hz", {moved}), "31");
  // A bad line of an included file is numbered in that file.
  write("more/bad.conf", "hz 31\nbad 1\n");
  EXPECT_EQ(error({"--include", (directory_ / "more/bad.conf").string()}), fatal(2, "bad 1", kBad));
}

TEST_F(Load, AFileThatIncludesItselfIsRefused) {
  const std::string file = (directory_ / "self.conf").string();
  write("self.conf", "include " + file + "\n");
  EXPECT_EQ(error({file}), "Fatal error, can't open config file '" + file + "': Too many levels of includes\n");
}

TEST_F(Load, NamesAFileThatCannotBeRead) {
  EXPECT_EQ(error({"/nonexist.conf"}),
            "Fatal error, can't open config file '/nonexist.conf': No such file or directory\n");
  EXPECT_EQ(error({"--include", "/nonexist"}),
            "Fatal error, can't open config file '/nonexist': No such file or directory\n");
  EXPECT_EQ(error({directory_.string()}),
            "Fatal error, can't open config file '" + directory_.string() + "': Is a directory\n");
}

TEST_F(Load, KeepsDirectivesForTheServerWithTheirPlace) {
  const auto settings =
      load_text("hz 11\nuser alice on >a ~* +@all\n  rename-command CONFIG \"\"\nloadmodule /m.so a b\n");
  ASSERT_TRUE(settings.has_value());
  ASSERT_EQ(settings->users.size(), 1u);
  EXPECT_EQ(settings->users[0].words, (std::vector<std::string>{"user", "alice", "on", ">a", "~*", "+@all"}));
  EXPECT_EQ(settings->users[0].line, 2);
  ASSERT_EQ(settings->renamed_commands.size(), 1u);
  EXPECT_EQ(settings->renamed_commands[0].words[2], "");
  EXPECT_EQ(settings->renamed_commands[0].text, "rename-command CONFIG \"\"");
  EXPECT_EQ(settings->modules[0].words.size(), 4u);
}

TEST_F(Load, KnowsSigrunsOwnSettings) {
  EXPECT_EQ(shown("shards", {"--shards", "64"}), "64");
  EXPECT_EQ(error({"--shards", "65"}), fatal(2, "shards \"65\"", "argument must be a power of two, or 0"));
  EXPECT_EQ(error({"--shards", "2048"}), fatal(2, "shards \"2048\"", "argument must be between 0 and 1024 inclusive"));
  EXPECT_EQ(shown("metrics-port", {"--metrics-port", "9121"}), "9121");
  EXPECT_EQ(shown("maxmemory", {"--maxmemory", "75%"}), "75%");
  EXPECT_EQ(shown("io-threads", {"--io-threads", "auto"}), "auto");
}

TEST_F(Load, TakesTheArgumentsOfTheContainer) {
  const std::vector<std::string> arguments{"--replicaof", "valkey.env.example", "6379",     "--masterauth",
                                           "s3cret",      "--requirepass",      "--dashes", "--maxmemory",
                                           "2gb"};
  EXPECT_EQ(shown("replicaof", arguments), "valkey.env.example 6379");
  EXPECT_EQ(shown("primaryauth", arguments), "s3cret");
  EXPECT_EQ(shown("requirepass", arguments), "--dashes");
  EXPECT_EQ(shown("maxmemory", arguments), "2147483648");
}

}  // namespace
}  // namespace config
