// Runs a function in a forked child whose log goes to a file of its own, and hands back how it ended and the log.
//
// Limits   the child is killed after 20 s by its own alarm.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/log.h"

namespace server_test {

struct Ended {
  int status = 0;  // as waitpid gives it
  std::string log;
  bool exited_with(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
  bool died_by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
  bool logged(const std::string& text) const { return log.find(text) != std::string::npos; }
};

inline std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// `body` returns the child's exit code.
template <typename Body>
Ended in_child(Body body) {
  std::array<char, 64> folder = {"/tmp/sigrun_child.XXXXXX"};
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = std::string(folder.data()) + "/log";
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    const bool ready = static_cast<bool>(base::set_log_file(path));
    ::chmod(folder.data(), 0777);  // a child that gives up root still logs
    ::chmod(path.c_str(), 0666);
    ::_exit(ready ? body() : 99);
  }
  Ended ended;
  EXPECT_EQ(::waitpid(child, &ended.status, 0), child);
  ended.log = read_file(path);
  ::unlink(path.c_str());
  ::rmdir(folder.data());
  return ended;
}

}  // namespace server_test
