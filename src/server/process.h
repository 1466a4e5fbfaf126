// The process as the system sees it: in the background or supervised, its pid file, title, limits and score.
//
// Threads  all of it is called from main before other threads start, but set_oom_score, set_proc_title and
//          notify_supervisor, which any one thread at a time may call.
// Errors   what the reference only warns of is logged here and goes on; what ends the start is a Failure, whose text
//          the caller prints.
// Source   valkey-server 9.1.2 started in each of these ways; tests/unit/server/process_test.cc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace server {

// Goes on in a child with a session of its own and standard streams on /dev/null; the parent exits with 0. Neither
// folder nor umask change, as in the reference. REQUIRES: no threads yet.
base::Result<base::Done, base::Failure> daemonize();

// The file-mode mask, read without changing it, since it belongs to the whole process.
mode_t current_umask();

// Where the pid goes if daemonize is on and no pidfile is set.
inline constexpr std::string_view kDefaultPidFile = "/var/run/valkey.pid";
void write_pid_file(const std::string& path);   // warns if it cannot
void remove_pid_file(const std::string& path);  // "Removing the pid file."

// -- supervision

enum class Supervision : uint8_t { kNo, kAuto, kSystemd, kUpstart };

// Answers to systemd or upstart, if `mode` says so and they are there; returns whom it found, or kNo, with which
// daemonize still counts. With upstart it stops the process until upstart continues it.
Supervision supervise(Supervision mode);

// Sends "NAME=VALUE" lines to systemd's $NOTIFY_SOCKET. No-op unless supervise() found systemd (or was told to, and
// then warns if the socket is not there).
void notify_supervisor(std::string_view message);
void notify_loading();   // STATUS=Sigrun is loading...
void notify_ready();     // STATUS and READY=1
void notify_stopping();  // STOPPING=1

// -- title

// What a proc-title-template may name in braces.
struct TitleFacts {
  std::string_view title;  // argv[0] at the start
  std::string_view listen_addr;
  std::string_view server_mode;
  std::string_view port;
  std::string_view tls_port;
  std::string_view unixsocket;
  std::string_view config_file;
};

// The template's text, blanks at both ends dropped. `{{` is a brace. Fails on an unknown name, a name without its
// closing brace, and an empty template, in the words that CONFIG SET answers.
base::Result<std::string> expand_title(std::string_view title_template, const TitleFacts& facts);

// Makes the room of argv and environment usable for titles; the environment moves elsewhere first, the arguments
// must have been read. Returns argv[0] as it was. REQUIRES: called once, with main's own arguments.
std::string prepare_proc_title(int argc, char** argv);

// What `ps` shows from now on; cut to the room there is.
void set_proc_title(std::string_view title);

// -- limits and scores

// Raises RLIMIT_NOFILE to hold `clients` and `reserved` descriptors for all else (the reference: 32). Returns how many
// clients the limit allows, at most `clients`; fails if the limit does not even hold the reserve.
base::Result<uint32_t, base::Failure> raise_open_files_limit(uint32_t clients, uint32_t reserved);

enum class OomScorePolicy : uint8_t { kNo, kRelative, kAbsolute };

// Writes /proc/self/oom_score_adj: `value` itself, or added to the score that the process started with, held within
// -1000..1000. kNo puts the score of the start back, if it was changed. False, after a warning, if it cannot.
bool set_oom_score(OomScorePolicy policy, int value);

// Takes this process out of transparent huge pages where the system hands them out unasked. Warns if it cannot.
void disable_transparent_huge_pages();

}  // namespace server
