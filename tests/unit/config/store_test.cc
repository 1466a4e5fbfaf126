// Goal: readers see whole snapshots, never older than what was published before they looked.
// Method: one reader alone; then four readers against a writer that keeps two members equal (TSan watches too).
#include "config/store.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace config {
namespace {

TEST(Store, AReaderSeesWhatWasPublished) {
  SettingsStore store{Settings()};
  SettingsReader reader(store);
  EXPECT_EQ(reader.settings().hz, 10);
  const Snapshot old = store.current();
  const uint64_t epoch = store.epoch();
  Settings next = *old;
  next.hz = 20;
  store.publish(std::move(next));
  EXPECT_GT(store.epoch(), epoch);
  EXPECT_EQ(reader.settings().hz, 20);
  EXPECT_EQ(old->hz, 10);  // a snapshot that is held does not change
}

TEST(Store, ReadersNeverSeeHalfAChange) {
  constexpr int64_t kRounds = 2000;
  SettingsStore store{Settings()};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      SettingsReader reader(store);
      int64_t last = 0;
      while (last < kRounds) {
        const Settings& settings = reader.settings();
        ASSERT_EQ(settings.requirepass, settings.timeout == 0 ? "" : std::to_string(settings.timeout));
        ASSERT_GE(settings.timeout, last);
        last = settings.timeout;
      }
    });
  }
  for (int64_t round = 1; round <= kRounds; ++round) {
    Settings next = *store.current();
    next.timeout = round;
    next.requirepass = std::to_string(round);
    store.publish(std::move(next));
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace config
