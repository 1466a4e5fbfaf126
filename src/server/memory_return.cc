#include "server/memory_return.h"

#include <algorithm>

namespace server {

bool MemoryReturn::due(int64_t resident, int64_t used) {
  constexpr int64_t kAlways = 16 * 1024 * 1024;
  const int64_t idle = resident - used;
  left_ = returned_ ? idle : std::min(left_, idle);
  returned_ = idle > left_ + kAlways + used / 8;
  return returned_;
}

}  // namespace server
