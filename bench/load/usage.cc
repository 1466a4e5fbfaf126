// Readings of the kernel's CPU accounts.
#include "load/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <string>

namespace load {
namespace {

uint64_t read_clock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

uint64_t nanoseconds_of_ticks(uint64_t ticks) {
  return ticks * (1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
}

// The user-mode ticks of a process: field 14 of its stat line, counted from after the name, which may hold blanks.
uint64_t read_user_ticks(int pid) {
  FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
  if (file == nullptr) return 0;
  uint64_t ticks = 0;
  if (std::fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64, &ticks) != 1) ticks = 0;
  std::fclose(file);
  return ticks;
}

void read_machine(Usage& usage) {
  FILE* file = std::fopen("/proc/stat", "r");
  if (file == nullptr) return;
  uint64_t user = 0, nice = 0, system = 0, irq = 0, soft_irq = 0, steal = 0;
  if (std::fscanf(file, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64, &user,
                  &nice, &system, &irq, &soft_irq, &steal) == 6) {
    usage.busy = nanoseconds_of_ticks(user + nice + system + irq + soft_irq);
    usage.stolen = nanoseconds_of_ticks(steal);
  }
  std::fclose(file);
  usage.processors = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace

WaitMeter::WaitMeter(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  DIR* threads = pid > 0 ? opendir(folder.c_str()) : nullptr;
  if (threads == nullptr) return;
  while (const dirent* entry = readdir(threads)) {
    if (entry->d_name[0] == '.') continue;
    const int file = open((folder + "/" + entry->d_name + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) files_.push_back(file);
  }
  closedir(threads);
}

WaitMeter::~WaitMeter() {
  for (const int file : files_) close(file);
}

uint64_t WaitMeter::read() const {
  uint64_t sum = 0;
  for (const int file : files_) {
    char line[96];
    const ssize_t bytes = pread(file, line, sizeof line - 1, 0);
    if (bytes <= 0) continue;  // the thread has ended
    line[bytes] = '\0';
    uint64_t waited = 0;
    if (std::sscanf(line, "%*u %" SCNu64, &waited) == 1) sum += waited;
  }
  return sum;
}

uint64_t now() { return read_clock(CLOCK_MONOTONIC); }

Usage Usage::read(int server_pid) {
  Usage usage;
  read_machine(usage);
  if (server_pid > 0) {
    clockid_t clock{};
    if (clock_getcpuclockid(server_pid, &clock) == 0) usage.server = read_clock(clock);
    usage.server_user = nanoseconds_of_ticks(read_user_ticks(server_pid));
    usage.server_waited = WaitMeter(server_pid).read();
  }
  usage.own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  usage.wall = now();
  return usage;
}

Usage Usage::since(const Usage& start) const {
  Usage difference = *this;
  difference.wall -= start.wall;
  difference.server -= start.server;
  difference.server_user -= start.server_user;
  difference.server_waited -= start.server_waited;
  difference.own -= start.own;
  difference.busy -= start.busy;
  difference.stolen -= start.stolen;
  return difference;
}

double Usage::stolen_share() const { return static_cast<double>(stolen) / (static_cast<double>(wall) * processors); }

double Usage::foreign_share() const {
  const double foreign = static_cast<double>(busy) - static_cast<double>(server + own);
  return std::max(0.0, foreign) / (static_cast<double>(wall) * processors);
}

}  // namespace load
