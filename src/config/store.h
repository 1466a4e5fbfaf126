// SettingsStore: the settings in force, published as a snapshot that nobody changes.
//
// Threads  current() and publish() from any thread. A loop keeps a SettingsReader and asks it once a batch: that is
//          one atomic load as long as nothing was published.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "config/settings.h"

namespace config {

using Snapshot = std::shared_ptr<const Settings>;  // shared, since each loop lets go of an old one in its own time

class SettingsStore {
 public:
  explicit SettingsStore(Settings settings) : current_(std::make_shared<const Settings>(std::move(settings))) {}

  Snapshot current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  // Counts what was published; it moves after the new snapshot can be seen.
  uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  void publish(Settings settings) {
    auto next = std::make_shared<const Settings>(std::move(settings));
    {
      const std::lock_guard lock(mutex_);
      current_.swap(next);
      epoch_.fetch_add(1, std::memory_order_release);
    }  // the old snapshot may die here, outside the lock
  }

 private:
  mutable std::mutex mutex_;
  Snapshot current_;
  std::atomic<uint64_t> epoch_{1};
};

// One thread's view of a store.
class SettingsReader {
 public:
  explicit SettingsReader(const SettingsStore& store) : store_(store) { settings(); }

  // The settings in force. The reference holds until the next call.
  const Settings& settings() {
    const uint64_t epoch = store_.epoch();
    if (epoch != epoch_) {
      snapshot_ = store_.current();
      epoch_ = epoch;
    }
    return *snapshot_;
  }
  // What the last settings() gave, though there may be newer ones.
  const Settings& held() const { return *snapshot_; }

 private:
  const SettingsStore& store_;
  uint64_t epoch_ = 0;
  Snapshot snapshot_;
};

}  // namespace config
