// Goal: log lines look as the reference's, whatever bytes a message has, and none is torn by threads.
// Method: expected lines were recorded from valkey-server 9.1.2 (DEBUG LOG under each --log-format and
// --log-timestamp-format); files are read back.
#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::string_literals;

constexpr int64_t kTime = 1795371495805;  // 22 Nov 2026 18:18:15.805 UTC

void set_time_zone(const char* name) {
  ::setenv("TZ", name, 1);
  ::tzset();
}

base::LogLine line_of(base::LogFormat format, std::string_view message) {
  base::LogLine line;
  line.level = base::LogLevel::kWarning;
  line.format = format;
  line.pid = 77;
  line.unix_time_ms = kTime;
  line.message = message;
  return line;
}

std::string render(const base::LogLine& line) {
  std::array<char, 8192> out;
  return {out.data(), base::render_log_line(line, out.data(), out.size())};
}

// A folder of its own that goes away with the test, and the log back on standard output.
class LogFile : public testing::Test {
 protected:
  void SetUp() override {
    std::array<char, 64> name = {"/tmp/log_test.XXXXXX"};
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/log";
    ASSERT_TRUE(base::set_log_file(path_));
  }
  void TearDown() override {
    EXPECT_TRUE(base::set_log_file(""));
    base::set_log_level(base::LogLevel::kNotice);
    base::set_log_format(base::LogFormat::kLegacy);
    for (const char* name : {"/log", "/moved"}) ::unlink((folder_ + name).c_str());
    ::rmdir(folder_.c_str());
  }
  static std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string folder_;
  std::string path_;
};

TEST(LogLine, LegacyHasPidRoleTimeAndMark) {
  set_time_zone("UTC");
  base::LogLine line = line_of(base::LogFormat::kLegacy, "Ready to accept connections tcp");
  EXPECT_EQ(render(line), "77:M 22 Nov 2026 18:18:15.805 # Ready to accept connections tcp\n");
  line.role = base::LogRole::kReplica;
  line.level = base::LogLevel::kDebug;
  EXPECT_EQ(render(line), "77:S 22 Nov 2026 18:18:15.805 . Ready to accept connections tcp\n");
  line.level = base::LogLevel::kVerbose;
  EXPECT_EQ(render(line), "77:S 22 Nov 2026 18:18:15.805 - Ready to accept connections tcp\n");
  line.level = base::LogLevel::kNotice;
  EXPECT_EQ(render(line), "77:S 22 Nov 2026 18:18:15.805 * Ready to accept connections tcp\n");
}

TEST(LogLine, TimesFollowTheZone) {
  set_time_zone("EST5");
  base::LogLine line = line_of(base::LogFormat::kLegacy, "x");
  line.timestamp = base::LogTimestamp::kIso8601;
  EXPECT_EQ(render(line), "77:M 2026-11-22T13:18:15.805-05:00 # x\n");
  set_time_zone("IST-5:30");
  EXPECT_EQ(render(line), "77:M 2026-11-22T23:48:15.805+05:30 # x\n");
  line.timestamp = base::LogTimestamp::kMilliseconds;
  EXPECT_EQ(render(line), "77:M 1795371495805 # x\n");
  set_time_zone("UTC");
}

TEST(LogLine, LogfmtKeepsOneLineAndItsQuotes) {
  const std::string message = "a\"b\nc\rd\te\x01/ \xc3\xa9 =";
  EXPECT_EQ(render(line_of(base::LogFormat::kLogfmt, message)),
            "pid=77 role=primary timestamp=\"22 Nov 2026 18:18:15.805\" level=warning "
            "message=\"a'b c d\te / \xc3\xa9 =\"\n");
}

TEST(LogLine, LogfmtBackslashCannotSwallowTheClosingQuote) {
  const std::string text = render(line_of(base::LogFormat::kLogfmt, "path\\"));
  EXPECT_TRUE(text.ends_with("message=\"path\\\\\"\n")) << text;
}

TEST(LogLine, JsonEscapesAsTheReferenceDoes) {
  const std::string message = "a\"b\\c\nd\te\rf\x01\x7f\xc3\xa9 / =g\b\f";
  EXPECT_EQ(render(line_of(base::LogFormat::kJson, message)),
            "{\"pid\":77,\"role\":\"primary\",\"timestamp\":\"22 Nov 2026 18:18:15.805\",\"level\":\"warning\","
            "\"message\":\"a\\\"b\\\\c\\nd\\te\\rf\\u0001\x7f\xc3\xa9 / =g\\b\\f\"}\n");
}

TEST(LogLine, JsonReplacesBytesThatAreNotUtf8) {
  const std::string mark = "\xef\xbf\xbd";
  const auto message_of = [](const std::string& message) {
    const std::string text = render(line_of(base::LogFormat::kJson, message));
    const size_t begin = text.find("\"message\":\"") + 11;
    return text.substr(begin, text.size() - begin - 3);
  };
  EXPECT_EQ(message_of("\xff"), mark);
  EXPECT_EQ(message_of("a\xc3"), "a" + mark);                            // cut short
  EXPECT_EQ(message_of("\xc0\x80"), mark + mark);                        // overlong
  EXPECT_EQ(message_of("\xed\xa0\x80"), mark + mark + mark);             // a surrogate
  EXPECT_EQ(message_of("\xf4\x90\x80\x80"), mark + mark + mark + mark);  // past U+10FFFF
  EXPECT_EQ(message_of("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(message_of("\0"s), "\\u0000");
}

TEST(LogLine, LongMessagesAreCutAtTheLimit) {
  const std::string message(5000, '\x01');
  const std::string text = render(line_of(base::LogFormat::kJson, message));
  EXPECT_TRUE(text.ends_with("\\u0001\"}\n"));
  EXPECT_EQ(text.size() - render(line_of(base::LogFormat::kJson, "")).size(), 6 * base::kLogMessageMax);
}

TEST(LogLine, NeverWritesPastItsBuffer) {
  const base::LogLine line = line_of(base::LogFormat::kJson, "a \"message\" of some\nlength");
  const std::string whole = render(line);
  for (size_t size = 0; size <= whole.size(); ++size) {
    std::string out(whole.size(), '~');
    ASSERT_EQ(base::render_log_line(line, out.data(), size), size);
    EXPECT_EQ(out, whole.substr(0, size) + std::string(whole.size() - size, '~'));
  }
}

TEST_F(LogFile, LevelsSuppress) {
  base::log_notice("seen {}", 1);
  base::log_verbose("hidden");
  base::set_log_level(base::LogLevel::kDebug);
  base::log_debug("seen {}", 2);
  base::set_log_level(base::LogLevel::kNothing);
  base::log_warning("hidden");
  base::log_text(base::LogLevel::kNothing, "hidden");
  const std::string text = read(path_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_NE(text.find(" * seen 1\n"), std::string::npos);
  EXPECT_NE(text.find(" . seen 2\n"), std::string::npos);
}

TEST_F(LogFile, AMovedFileIsMadeAnew) {
  base::log_notice("first");
  ASSERT_EQ(std::rename(path_.c_str(), (folder_ + "/moved").c_str()), 0);
  base::log_notice("second");
  EXPECT_NE(read(folder_ + "/moved").find("first\n"), std::string::npos);
  EXPECT_EQ(read(folder_ + "/moved").find("second"), std::string::npos);
  EXPECT_NE(read(path_).find("second\n"), std::string::npos);
}

TEST_F(LogFile, RawTextIsWrittenAsItIs) {
  base::log_raw(base::LogLevel::kNotice, "banner\n  two\n");
  EXPECT_EQ(read(path_), "banner\n  two\n");
}

TEST_F(LogFile, APathThatCannotBeOpenedChangesNothing) {
  const auto result = base::set_log_file(folder_ + "/none/log");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(), "Can't open the log file: No such file or directory");
  base::log_notice("still here");
  EXPECT_NE(read(path_).find("still here"), std::string::npos);
}

TEST_F(LogFile, ThreadsNeverTearLinesWhileSettingsChange) {
  constexpr int kThreads = 4, kLines = 300;
  base::set_log_format(base::LogFormat::kJson);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([thread] {
      for (int line = 0; line < kLines; ++line) base::log_notice("{}-{}-{}", thread, line, std::string(900, 'x'));
    });
  }
  for (int turn = 0; turn < 100; ++turn) {
    base::set_log_timestamp(turn % 2 ? base::LogTimestamp::kIso8601 : base::LogTimestamp::kLegacy);
    base::set_log_role(turn % 2 ? base::LogRole::kReplica : base::LogRole::kPrimary);
  }
  for (std::thread& thread : threads) thread.join();
  base::set_log_timestamp(base::LogTimestamp::kLegacy);
  base::set_log_role(base::LogRole::kPrimary);
  std::ifstream file(path_);
  std::string line;
  int whole = 0;
  while (std::getline(file, line)) whole += line.starts_with("{\"pid\":") && line.ends_with("xxx\"}");
  EXPECT_EQ(whole, kThreads * kLines);
}

}  // namespace
