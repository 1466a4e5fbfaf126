// The log: one line an event, to standard output or a file, and to syslog beside it.
//
// Shape    legacy  <pid>:<M|S> 22 Nov 2026 18:00:00.123 <.-*#> message
//          logfmt  pid=1 role=primary timestamp="..." level=notice message="..."
//          json    {"pid":1,"role":"primary","timestamp":"...","level":"notice","message":"..."}
//          Every line is one write(2), so lines of several threads never mix.
// Cost     a suppressed line is one relaxed load; its arguments are evaluated but not formatted.
//          A log file is opened anew for each line, so that it may be moved away or deleted at any time.
// Limits   a message is cut at kLogMessageMax bytes.
// Threads  any thread, at any time, also while the settings change. Not from signal handlers: those write
//          to open_log_output() by themselves.
// Errors   what cannot be written is lost; nothing that logs can do better.
// Source   Valkey 9.1.2 started with each --log-format and --log-timestamp-format; tests/unit/base/log_test.cc.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace base {

enum class LogLevel : uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };
enum class LogFormat : uint8_t { kLegacy, kLogfmt, kJson };
enum class LogTimestamp : uint8_t { kLegacy, kIso8601, kMilliseconds };
enum class LogRole : uint8_t { kPrimary, kReplica };

constexpr size_t kLogMessageMax = 1023;

void set_log_level(LogLevel level);
void set_log_format(LogFormat format);
void set_log_timestamp(LogTimestamp timestamp);
void set_log_role(LogRole role);

// Lines go to this file from now on; "" is standard output. Fails, and changes nothing, if it cannot be opened.
Result<Done, Failure> set_log_file(std::string_view path);

// Every line goes to syslog too, its message alone. `facility` is one of <syslog.h>, say LOG_LOCAL0. Once, at start.
void enable_syslog(std::string_view ident, int facility);

// A descriptor to write log text to, or -1; the caller closes it by close_log_output. Safe in signal handlers.
int open_log_output();
void close_log_output(int descriptor);

bool log_enabled(LogLevel level);

// The line that is written for a message, with its line feed. Writes at most `size` bytes, returns how many.
struct LogLine {
  LogLevel level = LogLevel::kNotice;
  LogFormat format = LogFormat::kLegacy;
  LogTimestamp timestamp = LogTimestamp::kLegacy;
  LogRole role = LogRole::kPrimary;
  int pid = 0;
  int64_t unix_time_ms = 0;
  std::string_view message;
};
size_t render_log_line(const LogLine& line, char* out, size_t size);

// Logs a finished message.
void log_text(LogLevel level, std::string_view message);

// Writes the text as it is, without time, level or line feed: the banner at start.
void log_raw(LogLevel level, std::string_view text);

void log_formatted(LogLevel level, fmt::string_view format, fmt::format_args arguments);

template <typename... Arguments>
void log(LogLevel level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (log_enabled(level)) log_formatted(level, format, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void log_debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log<Arguments...>(LogLevel::kDebug, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void log_verbose(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log<Arguments...>(LogLevel::kVerbose, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void log_notice(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log<Arguments...>(LogLevel::kNotice, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void log_warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log<Arguments...>(LogLevel::kWarning, format, std::forward<Arguments>(arguments)...);
}

}  // namespace base
