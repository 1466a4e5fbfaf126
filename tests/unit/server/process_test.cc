// Goal: the process presents itself to the system as valkey-server 9.1.2 does.
// Method: what changes the process happens in forked children and is read back from /proc, sockets and the log; texts
// were recorded from the reference.
#include "server/process.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <thread>

#include "child.h"

namespace {

using server_test::Ended;
using server_test::in_child;
using server_test::read_file;

int start_argc = 0;
char** start_argv = nullptr;

// glibc hands main's arguments to constructors too; GoogleTest's main keeps them to itself.
__attribute__((constructor)) void keep_arguments(int argc, char** argv, char**) {
  start_argc = argc;
  start_argv = argv;
}

std::string expanded(std::string_view title_template) {
  server::TitleFacts facts;
  facts.title = "/usr/bin/sigrun-server";
  facts.listen_addr = "*:6379";
  facts.server_mode = "[cluster]";
  facts.port = "6379";
  facts.tls_port = "0";
  facts.unixsocket = "/run/s.sock";
  facts.config_file = "/etc/sigrun.conf";
  const auto title = server::expand_title(title_template, facts);
  return title ? *title : std::string(title.error().text());
}

TEST(TitleTemplate, NamesEveryFact) {
  EXPECT_EQ(expanded("{title} {listen-addr} {server-mode}"), "/usr/bin/sigrun-server *:6379 [cluster]");
  EXPECT_EQ(expanded("{port}{tls-port}/{unixsocket}/{config-file}!"), "63790//run/s.sock//etc/sigrun.conf!");
}

TEST(TitleTemplate, TakesAndRefusesWhatTheReferenceDoes) {
  constexpr std::string_view kRefused = "template format is invalid or contains unknown variables";
  for (const char* bad : {"", "{bad}", "a{", "{TITLE}", "{title", "{}"}) EXPECT_EQ(expanded(bad), kRefused) << bad;
  EXPECT_EQ(expanded("}"), "}");
  EXPECT_EQ(expanded("{{title}}"), "{title}}");
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("  {port} x  "), "6379 x");
}

TEST(ProcTitle, ShowsLongAndShortTitlesAndKeepsTheEnvironment) {
  const Ended ended = in_child([] {
    ::setenv("SIGRUN_TITLE_TEST", "kept", 1);
    const std::string name = start_argv[0];
    if (server::prepare_proc_title(start_argc, start_argv) != name) return 1;
    for (const std::string& title : {std::string("x"), std::string("sigrun-server *:6379"), std::string(100, 'y')}) {
      server::set_proc_title(title);
      if (read_file("/proc/self/cmdline").c_str() != title) return 2;
    }
    server::set_proc_title("short");
    if (read_file("/proc/self/cmdline") != std::string("short\0", 6)) return 3;
    server::set_proc_title(std::string(1'000'000, 'z'));  // cut, not written past the room
    if (!read_file("/proc/self/cmdline").starts_with("zzz")) return 4;
    return std::strcmp(std::getenv("SIGRUN_TITLE_TEST"), "kept") == 0 ? 0 : 5;
  });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
}

TEST(PidFile, IsWrittenAndRemoved) {
  const std::string path = testing::TempDir() + "sigrun_pid_" + std::to_string(::getpid());
  const Ended ended = in_child([&] {
    server::write_pid_file(path);
    if (read_file(path) != std::to_string(::getpid()) + "\n") return 1;
    server::remove_pid_file(path);
    return ::access(path.c_str(), F_OK) == 0 ? 2 : 0;
  });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  EXPECT_TRUE(ended.logged(" * Removing the pid file.\n")) << ended.log;
}

TEST(PidFile, OnlyWarnsWhereItCannotBeWritten) {
  const Ended ended = in_child([] {
    server::write_pid_file("/nonexistent/pid");
    return 0;
  });
  EXPECT_TRUE(ended.logged(" # Failed to write PID file: No such file or directory\n")) << ended.log;
}

TEST(Daemonize, GoesOnInAnotherSessionWithoutStreams) {
  const std::string path = testing::TempDir() + "sigrun_daemon_" + std::to_string(::getpid());
  const Ended ended = in_child([&] {
    if (!server::daemonize()) return 1;
    std::array<char, 64> out = {};
    const bool on_null = ::readlink("/proc/self/fd/1", out.data(), out.size() - 1) > 0 &&
                         std::string_view(out.data()) == "/dev/null" && ::getsid(0) == ::getpid();
    std::ofstream(path + ".part") << (on_null ? "good" : "bad");
    std::rename((path + ".part").c_str(), path.c_str());
    return 0;
  });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;  // the parent
  for (int turn = 0; turn < 500 && ::access(path.c_str(), F_OK) != 0; ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(read_file(path), "good");
  ::unlink(path.c_str());
}

TEST(Umask, IsReadAndLeftAsItIs) {
  const Ended ended = in_child([] {
    ::umask(0037);
    return server::current_umask() == 0037 && ::umask(0) == 0037 ? 0 : 1;
  });
  EXPECT_TRUE(ended.exited_with(0));
}

// A socket that listens like systemd, by name: "@..." is abstract.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0) << std::strerror(errno);
  }
  ~NotifySocket() { ::close(descriptor_); }
  std::string received() const {
    std::array<char, 256> message;
    const ssize_t size = ::recv(descriptor_, message.data(), message.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(message.data(), static_cast<size_t>(size));
  }

 private:
  int descriptor_;
};

void expect_all_notes_at(const std::string& name) {
  const NotifySocket socket(name);
  const Ended ended = in_child([&] {
    ::unsetenv("UPSTART_JOB");
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    if (server::supervise(server::Supervision::kAuto) != server::Supervision::kSystemd) return 1;
    server::notify_loading();
    server::notify_ready();
    server::notify_stopping();
    return 0;
  });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  EXPECT_TRUE(ended.logged("* Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec"));
  EXPECT_EQ(socket.received(), "STATUS=Sigrun is loading...\n");
  EXPECT_EQ(socket.received(), "STATUS=Ready to accept connections\n");
  EXPECT_EQ(socket.received(), "READY=1\n");
  EXPECT_EQ(socket.received(), "STOPPING=1\n");
  EXPECT_EQ(socket.received(), "nothing");
}

TEST(Supervision, TellsSystemdByPathAndByAbstractName) {
  const std::string name = "sigrun_notify_" + std::to_string(::getpid());
  expect_all_notes_at("@" + name);
  const std::string path = testing::TempDir() + name;
  expect_all_notes_at(path);
  ::unlink(path.c_str());
}

TEST(Supervision, WarnsOfASupervisorThatIsNotThere) {
  const Ended ended = in_child([] {
    ::unsetenv("UPSTART_JOB");
    ::unsetenv("NOTIFY_SOCKET");
    if (server::supervise(server::Supervision::kSystemd) != server::Supervision::kNo) return 1;
    server::notify_ready();
    if (server::supervise(server::Supervision::kUpstart) != server::Supervision::kNo) return 2;
    if (server::supervise(server::Supervision::kAuto) != server::Supervision::kNo) return 3;
    server::notify_ready();
    ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    if (server::supervise(server::Supervision::kSystemd) != server::Supervision::kSystemd) return 4;
    server::notify_stopping();
    return 0;
  });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  size_t missing = 0;
  for (size_t at = 0;
       (at = ended.log.find("# systemd supervision error: NOTIFY_SOCKET not found!", at)) != std::string::npos; ++at) {
    ++missing;
  }
  EXPECT_EQ(missing, 3u) << ended.log;
  EXPECT_TRUE(ended.logged("# upstart supervision requested, but UPSTART_JOB not found!\n"));
  EXPECT_TRUE(ended.logged("# systemd supervision error: unable to send to /nonexistent/socket"));
}

TEST(Supervision, StopsForUpstartAndGoesOn) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    base::set_log_level(base::LogLevel::kNothing);
    ::setenv("UPSTART_JOB", "sigrun", 1);
    const bool found = server::supervise(server::Supervision::kAuto) == server::Supervision::kUpstart;
    ::_exit(found && std::getenv("UPSTART_JOB") == nullptr ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status));
  ::kill(child, SIGCONT);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// The child may not raise a hard limit only if it is not root.
void give_up_root() {
  if (::geteuid() != 0) return;
  EXPECT_EQ(::setresuid(65534, 65534, 65534), 0);
}

int limit_then_raise(rlim_t soft, rlim_t hard, uint32_t clients, int64_t expected) {
  const rlimit limit = {soft, hard};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  give_up_root();
  const auto allowed = server::raise_open_files_limit(clients, 32);
  if (!allowed) base::log_warning("{}", allowed.error().text());
  return (allowed ? int64_t{*allowed} : -1) == expected ? 0 : 2;
}

TEST(OpenFiles, RaisesTheSoftLimit) {
  const Ended ended = in_child([] { return limit_then_raise(100, 600, 500, 500); });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  EXPECT_TRUE(ended.logged("* Increased maximum number of open files to 532 (it was originally set to 100).\n"))
      << ended.log;
}

TEST(OpenFiles, ReducesClientsToAHardLimit) {
  const Ended ended = in_child([] { return limit_then_raise(100, 512, 10000, 480); });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  EXPECT_TRUE(ended.logged("# You requested maxclients of 10000 requiring at least 10032 max file descriptors.\n"));
  EXPECT_TRUE(
      ended.logged("# Server can't set maximum open files to 10032 because of OS error: Operation not permitted.\n"));
  EXPECT_TRUE(
      ended.logged("# Current maximum open files is 512. maxclients has been reduced to 480 to compensate for low "
                   "ulimit. If you need higher maxclients increase 'ulimit -n'.\n"));
}

TEST(OpenFiles, LeavesAHighLimitAlone) {
  const Ended ended = in_child([] { return limit_then_raise(600, 600, 500, 500); });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  EXPECT_EQ(ended.log, "");
}

TEST(OpenFiles, FailsBelowTheReserve) {
  const Ended ended = in_child([] { return limit_then_raise(30, 30, 10000, -1); });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status;
  EXPECT_TRUE(
      ended.logged("Your current 'ulimit -n' of 30 is not enough for the server to start. Please increase your "
                   "open file limit to at least 10032. Exiting.\n"));
}

TEST(OomScore, IsRelativeAbsoluteAndPutBack) {
  const Ended ended = in_child([] {
    const auto score = [] {
      return static_cast<int>(std::strtol(read_file("/proc/self/oom_score_adj").c_str(), nullptr, 10));
    };
    const int start = score();
    if (!server::set_oom_score(server::OomScorePolicy::kNo, 300) || score() != start) return 1;
    if (!server::set_oom_score(server::OomScorePolicy::kRelative, 100) || score() != start + 100) return 2;
    if (!server::set_oom_score(server::OomScorePolicy::kRelative, 200) || score() != start + 200) return 3;
    if (!server::set_oom_score(server::OomScorePolicy::kAbsolute, start + 50) || score() != start + 50) return 4;
    if (!server::set_oom_score(server::OomScorePolicy::kRelative, 5000) || score() != 1000) return 5;
    const bool back = server::set_oom_score(server::OomScorePolicy::kNo, 0);
    if (back) return score() == start ? 0 : 6;
    return ::geteuid() == 0 ? 7 : 0;  // without root a score may not sink again
  });
  EXPECT_TRUE(ended.exited_with(0)) << ended.status << ended.log;
}

}  // namespace
