#include "config/special.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/numbers.h"
#include "base/words.h"
#include "config/parse.h"

namespace config {
namespace {

// The letters of notify-keyspace-events in the order of KeyspaceEvents' bits.
constexpr std::string_view kEventLetters = "g$lshzxetdnKEm";

constexpr std::array<std::string_view, 6> kShutdownWords{"save", "nosave", "now", "force", "safe", "failover"};
constexpr std::array<std::string_view, 7> kShutdownChoices{"default", "save", "nosave",  "now",
                                                           "force",   "safe", "failover"};

std::string read_shutdown(uint32_t flags) {
  std::string text;
  for (size_t i = 0; i < kShutdownWords.size(); ++i) {
    if ((flags & (1u << i)) == 0) continue;
    if (!text.empty()) text += ' ';
    text += kShutdownWords[i];
  }
  return text.empty() ? "default" : text;
}

Outcome write_shutdown(uint32_t& flags, Arguments arguments) {
  if (arguments.empty()) return not_one_of(kShutdownChoices);
  uint32_t wanted = 0;
  for (const std::string_view argument : arguments) {
    if (equal_ignoring_case(argument, "default")) continue;
    const auto is_it = [&](std::string_view word) { return equal_ignoring_case(word, argument); };
    const auto at = std::find_if(kShutdownWords.begin(), kShutdownWords.end(), is_it);
    if (at == kShutdownWords.end()) return not_one_of(kShutdownChoices);
    wanted |= 1u << (at - kShutdownWords.begin());
  }
  if ((wanted & kShutdownSave) != 0 && (wanted & kShutdownNosave) != 0) {
    return wrong("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  flags = wanted;
  return base::Done{};
}

}  // namespace

std::string read_shutdown_on_sigint(const Settings& s) { return read_shutdown(s.shutdown_on_sigint); }
std::string read_shutdown_on_sigterm(const Settings& s) { return read_shutdown(s.shutdown_on_sigterm); }
Outcome write_shutdown_on_sigint(Settings& s, Arguments arguments, Source) {
  return write_shutdown(s.shutdown_on_sigint, arguments);
}
Outcome write_shutdown_on_sigterm(Settings& s, Arguments arguments, Source) {
  return write_shutdown(s.shutdown_on_sigterm, arguments);
}

// A stands for all of its classes; n is shown without A only.
std::string read_notify_keyspace_events(const Settings& s) {
  const uint32_t events = s.notify_keyspace_events;
  const bool has_all = (events & kEventsAll) == kEventsAll;
  std::string text = has_all ? "A" : "";
  for (size_t i = 0; i < kEventLetters.size(); ++i) {
    const uint32_t bit = 1u << i;
    if ((events & bit) == 0) continue;
    if (has_all && ((bit & kEventsAll) != 0 || bit == kEventsNew)) continue;
    text += kEventLetters[i];
  }
  return text;
}

std::vector<std::string> lines_notify_keyspace_events(const Settings& s) {
  return {base::quote_word(read_notify_keyspace_events(s))};
}

Outcome write_notify_keyspace_events(Settings& s, Arguments arguments, Source) {
  uint32_t events = 0;
  for (const char letter : arguments[0]) {
    const size_t index = kEventLetters.find(letter);
    if (letter == 'A') {
      events |= kEventsAll;
    } else if (index != kEventLetters.npos) {
      events |= 1u << index;
    } else {
      return wrong("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
  }
  s.notify_keyspace_events = events;
  return base::Done{};
}

std::string read_replicaof(const Settings& s) {
  return s.replicaof.host.empty() ? "" : s.replicaof.host + " " + std::to_string(s.replicaof.port);
}

std::vector<std::string> lines_replicaof(const Settings& s) {
  if (s.replicaof.host.empty()) return {};
  const bool is_plain = s.replicaof.host.find_first_of(" \t\r\n\"'\\") == std::string::npos;
  const std::string host = is_plain ? s.replicaof.host : base::quote_word(s.replicaof.host);
  return {host + " " + std::to_string(s.replicaof.port)};
}

Outcome write_replicaof(Settings& s, Arguments arguments, Source) {
  if (arguments.size() != 2) return wrong(kWrongCount);
  if (equal_ignoring_case(arguments[0], "no") && equal_ignoring_case(arguments[1], "one")) {
    s.replicaof = {};
    return base::Done{};
  }
  const std::optional<int64_t> port = base::parse_int64(arguments[1]);
  if (!port || *port < 0 || *port > 65535) return wrong("Invalid primary port");
  s.replicaof = {std::string(arguments[0]), *port};
  return base::Done{};
}

std::string read_dir(const Settings& s) { return s.dir; }
std::vector<std::string> lines_dir(const Settings& s) { return {base::quote_word(s.dir)}; }

// A relative directory counts from the one in force. This only looks; the server goes there when it applies the change.
Outcome write_dir(Settings& s, Arguments arguments, Source) {
  if (arguments[0].empty()) return wrong("dir can't be empty");
  std::string path(arguments[0]);
  if (path[0] != '/' && !s.dir.empty()) path = s.dir + "/" + path;
  char resolved[PATH_MAX];
  struct stat status {};
  if (realpath(path.c_str(), resolved) == nullptr || stat(resolved, &status) != 0) return wrong(std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) return wrong(std::strerror(ENOTDIR));
  if (access(resolved, X_OK) != 0) return wrong(std::strerror(errno));
  s.dir = resolved;
  return base::Done{};
}

}  // namespace config
