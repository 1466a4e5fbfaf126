// MemoryReturn: when pages that are free in the allocator go back to the operating system.
//
// Why      mimalloc gives back what a thread has freed only in the course of that thread's later allocations. After a
//          burst an idle server would keep it (126 MB of 1.5 GB, after the huge calls of tests/sweep, which pin this).
// Cost     a return looks at each of a thread's pages: 2 ms after 5M keys were set, under 1 ms after that.
// Threads  one, any.
#pragma once

#include <cstdint>

namespace server {

class MemoryReturn {
 public:
  // `resident` and `used` are bytes of the process. True if the threads shall give back their free pages: far more is
  // resident than used, and more than was left by the last return. To be asked about once a second.
  bool due(int64_t resident, int64_t used);

 private:
  int64_t left_ = 0;  // resident and not used, the least since the last return
  bool returned_ = false;
};

}  // namespace server
