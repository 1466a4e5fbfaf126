// ChunkQueue: bytes on their way from who captures a snapshot to who writes it.
//
// Limits   none of its own: who captures asks bytes() and waits where it may; a change of a key never does.
// Threads  push(), close(), abandon() and bytes(): any; pop(): one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace persistence {

struct Chunk {
  std::string bytes;
  uint64_t keys = 0;
  uint16_t version = 0;  // of RDB, which its reader must know
};

class ChunkQueue {
 public:
  void push(Chunk chunk) {
    {
      const std::lock_guard hold(mutex_);
      if (abandoned_) return;
      bytes_.fetch_add(chunk.bytes.size(), std::memory_order_relaxed);
      chunks_.push_back(std::move(chunk));
    }
    arrived_.notify_one();
  }
  // All that will come is there.
  void close() {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    arrived_.notify_one();
  }
  // Nobody will take any more: what is there, and what comes, is dropped.
  void abandon() {
    const std::lock_guard hold(mutex_);
    abandoned_ = true;
    chunks_.clear();
    bytes_.store(0, std::memory_order_relaxed);
  }
  // Waits. Nothing behind the last one.
  std::optional<Chunk> pop() {
    std::unique_lock hold(mutex_);
    arrived_.wait(hold, [this] { return closed_ || !chunks_.empty(); });
    if (chunks_.empty()) return std::nullopt;
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    bytes_.fetch_sub(chunk.bytes.size(), std::memory_order_relaxed);
    return chunk;
  }

  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Chunk> chunks_;
  std::atomic<uint64_t> bytes_{0};
  bool closed_ = false;
  bool abandoned_ = false;
};

}  // namespace persistence
