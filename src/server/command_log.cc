#include "server/command_log.h"

#include <algorithm>

#include "server/redaction.h"

namespace server {
namespace {

constexpr size_t kMostWords = 32;
constexpr size_t kMostBytes = 128;

// The words of a command as the log keeps them: secrets hidden, long ones and long lists cut.
std::vector<std::string> kept(const dispatch::Ran& ran) {
  const std::vector<std::string_view> words = redacted(ran.spec, ran.words);
  const size_t whole = words.size() > kMostWords ? kMostWords - 1 : words.size();
  std::vector<std::string> texts;
  for (size_t at = 0; at < whole; ++at) {
    std::string text(words[at].substr(0, kMostBytes));
    if (words[at].size() > kMostBytes) text += "... (" + std::to_string(words[at].size() - kMostBytes) + " more bytes)";
    texts.push_back(std::move(text));
  }
  if (whole < words.size()) texts.push_back("... (" + std::to_string(words.size() - whole) + " more arguments)");
  return texts;
}

}  // namespace

void CommandLog::note(const dispatch::Ran& ran, const config::Settings& settings) {
  if (ran.spec.has(command::kSkipCommandLog)) return;
  const auto add_over = [&](Kind kind, int64_t limit, int64_t value, int64_t most) {
    if (limit >= 0 && value >= limit && most > 0) add(kind, value, most, ran);
  };
  add_over(Kind::kSlow, settings.commandlog_execution_slower_than, ran.duration_us,
           settings.commandlog_slow_execution_max_len);
  add_over(Kind::kLargeRequest, settings.commandlog_request_larger_than, static_cast<int64_t>(ran.request_bytes),
           settings.commandlog_large_request_max_len);
  add_over(Kind::kLargeReply, settings.commandlog_reply_larger_than, static_cast<int64_t>(ran.reply_bytes),
           settings.commandlog_large_reply_max_len);
}

void CommandLog::add(Kind kind, int64_t value, int64_t most, const dispatch::Ran& ran) {
  auto entry = std::make_shared<Entry>();
  entry->time_s = ran.started_us / 1'000'000;
  entry->value = value;
  entry->words = kept(ran);
  entry->peer = ran.session.peer;
  entry->name = ran.session.name;
  const std::lock_guard hold(mutex_);
  Log& log = logs_[static_cast<size_t>(kind)];
  entry->id = log.next_id++;
  log.entries.push_front(std::move(entry));
  while (log.entries.size() > static_cast<size_t>(most)) log.entries.pop_back();
}

size_t CommandLog::size(Kind kind) const {
  const std::lock_guard hold(mutex_);
  return logs_[static_cast<size_t>(kind)].entries.size();
}

void CommandLog::clear(Kind kind) {
  const std::lock_guard hold(mutex_);
  logs_[static_cast<size_t>(kind)].entries.clear();
}

CommandLog::Entries CommandLog::newest(Kind kind, size_t count) const {
  const std::lock_guard hold(mutex_);
  const auto& entries = logs_[static_cast<size_t>(kind)].entries;
  return {entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries.size()))};
}

}  // namespace server
