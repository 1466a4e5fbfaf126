// OutputLimit: whether a client's output buffer is over client-output-buffer-limit.
//
// Threads  one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/values.h"

namespace session {

class OutputLimit {
 public:
  // The soft limit must have been passed for longer than its time; so this is to be asked now and then.
  bool exceeded(const config::OutputBufferLimit& limit, size_t bytes, int64_t now_ms) {
    if (limit.hard_bytes != 0 && bytes >= limit.hard_bytes) return true;
    if (limit.soft_bytes == 0 || bytes < limit.soft_bytes) {
      over_soft_since_ms_ = 0;
      return false;
    }
    if (over_soft_since_ms_ == 0) over_soft_since_ms_ = now_ms;
    return now_ms - over_soft_since_ms_ > limit.soft_seconds * 1000;
  }

 private:
  int64_t over_soft_since_ms_ = 0;
};

}  // namespace session
