// Usage: the CPU time that a window of a run cost, and who else used the machine in it.
//
// Cost     one reading is 3 small files and 2 clocks, about 50 us; taken at the two ends of a window.
// Source   the process CPU clock (utime + stime of all threads, in ns), /proc/stat, /proc/PID/task/*/schedstat.
#pragma once

#include <cstdint>
#include <vector>

namespace load {

// Nanoseconds of the steady clock.
uint64_t now();

struct Usage {
  uint64_t wall = 0;
  uint64_t server = 0;         // CPU time of the server process; 0 if no pid is known
  uint64_t server_user = 0;    // the part of it in user mode, in ticks of 10 ms
  uint64_t server_waited = 0;  // time its threads were ready to run but did not
  uint64_t own = 0;            // CPU time of this process
  uint64_t busy = 0;           // CPU time of the whole machine, in ticks of 10 ms
  uint64_t stolen = 0;         // CPU time that the hypervisor gave to others, in ticks of 10 ms
  int processors = 1;

  static Usage read(int server_pid);
  Usage since(const Usage& start) const;

  // Shares of the machine's CPU time, 0 to 1.
  double stolen_share() const;
  double foreign_share() const;  // used by neither the server nor this process; needs the server's pid
};

// How long a process's threads have been ready to run and did not, in ns, read in about 2 us a thread. It knows the
// threads that there were when it was made. Without a pid it reads 0.
class WaitMeter {
 public:
  explicit WaitMeter(int pid);
  ~WaitMeter();
  WaitMeter(const WaitMeter&) = delete;
  WaitMeter& operator=(const WaitMeter&) = delete;

  uint64_t read() const;

 private:
  std::vector<int> files_;  // schedstat of each thread, kept open
};

}  // namespace load
