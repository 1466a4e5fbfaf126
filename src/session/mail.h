// Mail: what others have sent to a client and is not yet on its socket: its output buffer, as those others see it.
//
// Threads  any.
#pragma once

#include <atomic>
#include <cstddef>

namespace session {

struct Mail {
  std::atomic<size_t> queued{0};  // on its way to the client's loop
  std::atomic<size_t> unsent{0};  // in the client's own buffer
  size_t bytes() const { return queued.load(std::memory_order_relaxed) + unsent.load(std::memory_order_relaxed); }
};

}  // namespace session
