#include "server/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/log.h"

namespace server {
namespace {

std::string error_text() { return std::strerror(errno); }

// Writes the whole text to a file that is there already or, with a mode, is made. False with errno set.
bool write_file(const char* path, int flags, mode_t mode, std::string_view text) {
  const int descriptor = ::open(path, O_WRONLY | O_CLOEXEC | flags, mode);
  if (descriptor < 0) return false;
  const bool whole = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int failure = errno;
  ::close(descriptor);
  errno = failure;
  return whole;
}

// The score that the process started with, read before it is first changed.
struct OomScore {
  std::optional<int> at_start;
  bool changed = false;
};
OomScore oom_score;

constexpr const char* kOomScoreFile = "/proc/self/oom_score_adj";

}  // namespace

base::Result<base::Done, base::Failure> daemonize() {
  const pid_t child = ::fork();
  if (child < 0) return base::Failure(fmt::format("Can't start in the background: {}", error_text()));
  if (child > 0) ::_exit(0);
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return base::Failure(fmt::format("Can't open /dev/null: {}", error_text()));
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
  if (null > STDERR_FILENO) ::close(null);
  return base::Done{};
}

mode_t current_umask() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Umask:")) return static_cast<mode_t>(std::strtoul(line.c_str() + 6, nullptr, 8));
  }
  // A kernel before 4.7, or no /proc: ask in the only other way, at a time when no other thread makes files.
  const mode_t mask = ::umask(0077);
  ::umask(mask);
  return mask;
}

void write_pid_file(const std::string& path) {
  const std::string text = fmt::format("{}\n", ::getpid());
  if (write_file(path.c_str(), O_CREAT | O_TRUNC, 0644, text)) return;
  base::log_warning("Failed to write PID file: {}", error_text());
}

void remove_pid_file(const std::string& path) {
  base::log_notice("Removing the pid file.");
  ::unlink(path.c_str());
}

base::Result<uint32_t, base::Failure> raise_open_files_limit(uint32_t clients, uint32_t reserved) {
  const rlim_t wanted = static_cast<rlim_t>(clients) + reserved;
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    base::log_warning("Unable to read the limit of open files ({}); assuming 1024.", error_text());
    limit.rlim_cur = limit.rlim_max = 1024;
  }
  const rlim_t before = limit.rlim_cur;
  if (before >= wanted) return clients;

  const rlimit raised = {wanted, std::max(wanted, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
    base::log_notice("Increased maximum number of open files to {} (it was originally set to {}).", wanted, before);
    return clients;
  }
  const std::string reason = error_text();
  const rlimit most = {limit.rlim_max, limit.rlim_max};  // within the hard limit no right is needed
  const rlim_t reached = ::setrlimit(RLIMIT_NOFILE, &most) == 0 ? limit.rlim_max : before;
  if (reached <= reserved) {
    return base::Failure(
        fmt::format("Your current 'ulimit -n' of {} is not enough for the server to start. Please increase your open "
                    "file limit to at least {}. Exiting.",
                    reached, wanted));
  }
  const auto allowed = static_cast<uint32_t>(reached - reserved);
  base::log_warning("You requested maxclients of {} requiring at least {} max file descriptors.", clients, wanted);
  base::log_warning("Server can't set maximum open files to {} because of OS error: {}.", wanted, reason);
  base::log_warning(
      "Current maximum open files is {}. maxclients has been reduced to {} to compensate for low ulimit. If you need "
      "higher maxclients increase 'ulimit -n'.",
      reached, allowed);
  return allowed;
}

bool set_oom_score(OomScorePolicy policy, int value) {
  if (policy == OomScorePolicy::kNo && !oom_score.changed) return true;
  if (!oom_score.at_start) {
    int score = 0;
    if (std::ifstream file(kOomScoreFile); !(file >> score)) {
      base::log_warning("Unable to read oom_score_adj: {}", error_text());
      return false;
    }
    oom_score.at_start = score;
  }
  const int base_score = policy == OomScorePolicy::kAbsolute ? 0 : *oom_score.at_start;
  const int score = std::clamp(policy == OomScorePolicy::kNo ? base_score : base_score + value, -1000, 1000);
  if (!write_file(kOomScoreFile, 0, 0, fmt::format("{}\n", score))) {
    base::log_warning("Unable to write oom_score_adj: {}", error_text());
    return false;
  }
  oom_score.changed = policy != OomScorePolicy::kNo;
  return true;
}

void disable_transparent_huge_pages() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string modes;
  std::getline(file, modes);
  if (modes.find("[always]") == std::string::npos) return;
  if (::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0) return;
  base::log_warning(
      "Transparent huge pages are on for every process here and cannot be turned off for this one ({}). They cost "
      "latency and memory; as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
      error_text());
}

}  // namespace server
