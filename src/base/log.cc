// The log's lines and where they go. base/log.h has the shapes.
#include "base/log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <forward_list>
#include <mutex>

namespace base {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "verbose", "notice", "warning"};
constexpr std::string_view kLevelMarks = ".-*#";
constexpr std::array<std::string_view, 2> kRoleNames = {"primary", "replica"};
constexpr std::string_view kRoleMarks = "MS";
constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD in UTF-8

// The longest escape is \u0001: six bytes for one.
constexpr size_t kLineMax = 6 * kLogMessageMax + 256;

std::atomic<LogLevel> current_level{LogLevel::kNotice};
std::atomic<LogFormat> current_format{LogFormat::kLegacy};
std::atomic<LogTimestamp> current_timestamp{LogTimestamp::kLegacy};
std::atomic<LogRole> current_role{LogRole::kPrimary};
std::atomic<bool> syslog_on{false};

// Null is standard output. The text is never freed, since another thread may be about to open it; a log file is
// set once or twice in a life.
std::atomic<const char*> current_path{nullptr};

// Appends to a block of fixed size and drops what does not fit.
class LineWriter {
 public:
  LineWriter(char* out, size_t size) : out_(out), size_(size) {}
  void text(std::string_view part) {
    const size_t count = std::min(part.size(), size_ - used_);
    std::memcpy(out_ + used_, part.data(), count);
    used_ += count;
  }
  void byte(char value) { text({&value, 1}); }
  template <typename... Arguments>
  void format(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    const size_t room = size_ - used_;
    used_ += std::min(room, fmt::format_to_n(out_ + used_, room, format, std::forward<Arguments>(arguments)...).size);
  }
  size_t used() const { return used_; }

 private:
  char* out_;
  size_t size_;
  size_t used_ = 0;
};

// Length of the well-formed UTF-8 sequence at the front of `text`, or 0. Follows RFC 3629: no surrogates, no
// overlong forms, nothing past U+10FFFF.
size_t utf8_sequence(std::string_view text) {
  const auto at = [&](size_t index) { return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u; };
  const auto continues = [&](size_t index) { return (at(index) & 0xC0u) == 0x80u; };
  const unsigned first = at(0), second = at(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void json_control(LineWriter& line, char value) {
  switch (value) {
    case '\n': return line.text("\\n");
    case '\r': return line.text("\\r");
    case '\t': return line.text("\\t");
    case '\b': return line.text("\\b");
    case '\f': return line.text("\\f");
    default: return line.format("\\u{:04x}", static_cast<unsigned>(value));
  }
}

// The reference passes bytes that are not UTF-8 through; its line is then no JSON. Here they become U+FFFD.
void json_string(LineWriter& line, std::string_view text) {
  while (!text.empty()) {
    const char first = text.front();
    const size_t length = utf8_sequence(text);
    if (length == 0) {
      line.text(kReplacementCharacter);
    } else if (first == '"' || first == '\\') {
      line.byte('\\');
      line.byte(first);
    } else if (length == 1 && first < ' ') {
      json_control(line, first);
    } else {
      line.text(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

// As the reference does, a double quote becomes a single one and a line end a space. Beyond it, a backslash is
// doubled, for a trailing one would swallow the closing quote, and other control bytes become spaces.
void logfmt_string(LineWriter& line, std::string_view text) {
  for (const char value : text) {
    if (value == '"') {
      line.byte('\'');
    } else if (value == '\\') {
      line.text("\\\\");
    } else {
      line.byte(static_cast<unsigned char>(value) < ' ' && value != '\t' ? ' ' : value);
    }
  }
}

void legacy_time(LineWriter& line, const tm& local, int milliseconds) {
  std::array<char, 64> date;
  const size_t length = std::strftime(date.data(), date.size(), "%d %b %Y %H:%M:%S", &local);
  line.text({date.data(), length});
  line.format(".{:03d}", milliseconds);
}

void iso8601_time(LineWriter& line, const tm& local, int milliseconds) {
  const long minutes = std::labs(local.tm_gmtoff) / 60;
  line.format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}.{:03d}{}{:02d}:{:02d}", local.tm_year + 1900, local.tm_mon + 1,
              local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, milliseconds, local.tm_gmtoff < 0 ? '-' : '+',
              minutes / 60, minutes % 60);
}

void time_text(LineWriter& line, LogTimestamp form, int64_t unix_time_ms) {
  if (form == LogTimestamp::kMilliseconds) return line.format("{}", unix_time_ms);
  const time_t seconds = unix_time_ms / 1000;
  const int milliseconds = static_cast<int>(unix_time_ms % 1000);
  tm local = {};
  localtime_r(&seconds, &local);
  if (form == LogTimestamp::kIso8601) return iso8601_time(line, local, milliseconds);
  legacy_time(line, local, milliseconds);
}

void write_out(std::string_view text) {
  const int descriptor = open_log_output();
  if (descriptor < 0) return;
  while (!text.empty()) {  // only a full pipe or disk takes less than the whole line
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) break;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  close_log_output(descriptor);
}

void write_syslog(LogLevel level, std::string_view message) {
  constexpr std::array<int, 4> kPriorities = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
  ::syslog(kPriorities[static_cast<size_t>(level)], "%.*s", static_cast<int>(message.size()), message.data());
}

// Keeps a text for the life of the process.
const char* keep_forever(std::string_view text) {
  static std::mutex mutex;
  static auto& kept = *new std::forward_list<std::string>;
  const std::lock_guard guard(mutex);
  return kept.emplace_front(text).c_str();
}

}  // namespace

void set_log_level(LogLevel level) { current_level.store(level, std::memory_order_relaxed); }
void set_log_format(LogFormat format) { current_format.store(format, std::memory_order_relaxed); }
void set_log_timestamp(LogTimestamp timestamp) { current_timestamp.store(timestamp, std::memory_order_relaxed); }
void set_log_role(LogRole role) { current_role.store(role, std::memory_order_relaxed); }

Result<Done, Failure> set_log_file(std::string_view path) {
  if (path.empty()) {
    current_path.store(nullptr, std::memory_order_release);
    return Done{};
  }
  const char* kept = keep_forever(path);
  const int descriptor = ::open(kept, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return Failure(fmt::format("Can't open the log file: {}", std::strerror(errno)));
  ::close(descriptor);
  current_path.store(kept, std::memory_order_release);
  return Done{};
}

void enable_syslog(std::string_view ident, int facility) {
  ::openlog(keep_forever(ident), LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);  // keeps the pointer
  syslog_on.store(true, std::memory_order_release);
}

int open_log_output() {
  const char* path = current_path.load(std::memory_order_acquire);
  if (path == nullptr) return STDOUT_FILENO;
  return ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

void close_log_output(int descriptor) {
  if (descriptor > STDERR_FILENO) ::close(descriptor);
}

bool log_enabled(LogLevel level) {
  return level >= current_level.load(std::memory_order_relaxed) && level != LogLevel::kNothing;
}

size_t render_log_line(const LogLine& line, char* out, size_t size) {
  const auto level = static_cast<size_t>(line.level);
  const auto role = static_cast<size_t>(line.role);
  const std::string_view message = line.message.substr(0, kLogMessageMax);
  LineWriter writer(out, size);
  switch (line.format) {
    case LogFormat::kLegacy:
      writer.format("{}:{} ", line.pid, kRoleMarks[role]);
      time_text(writer, line.timestamp, line.unix_time_ms);
      writer.format(" {} {}\n", kLevelMarks[level], message);
      break;
    case LogFormat::kLogfmt:
      writer.format("pid={} role={} timestamp=\"", line.pid, kRoleNames[role]);
      time_text(writer, line.timestamp, line.unix_time_ms);
      writer.format("\" level={} message=\"", kLevelNames[level]);
      logfmt_string(writer, message);
      writer.text("\"\n");
      break;
    case LogFormat::kJson:
      writer.format("{{\"pid\":{},\"role\":\"{}\",\"timestamp\":\"", line.pid, kRoleNames[role]);
      time_text(writer, line.timestamp, line.unix_time_ms);
      writer.format("\",\"level\":\"{}\",\"message\":\"", kLevelNames[level]);
      json_string(writer, message);
      writer.text("\"}\n");
      break;
  }
  return writer.used();
}

void log_text(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  LogLine line;
  line.level = level;
  line.format = current_format.load(std::memory_order_relaxed);
  line.timestamp = current_timestamp.load(std::memory_order_relaxed);
  line.role = current_role.load(std::memory_order_relaxed);
  line.pid = ::getpid();
  line.unix_time_ms = now.tv_sec * int64_t{1000} + now.tv_nsec / 1000000;
  line.message = message;
  std::array<char, kLineMax> text;
  write_out({text.data(), render_log_line(line, text.data(), text.size())});
  if (syslog_on.load(std::memory_order_acquire)) write_syslog(level, message.substr(0, kLogMessageMax));
}

void log_raw(LogLevel level, std::string_view text) {
  if (log_enabled(level)) write_out(text);
}

void log_formatted(LogLevel level, fmt::string_view format, fmt::format_args arguments) {
  std::array<char, kLogMessageMax> message;
  const auto end = fmt::vformat_to_n(message.data(), message.size(), format, arguments);
  log_text(level, {message.data(), std::min(message.size(), end.size)});
}

}  // namespace base
