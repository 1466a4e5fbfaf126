// MemoryReturn: due once for what a burst has left, and not for what a return could not give back.
#include "server/memory_return.h"

#include <gtest/gtest.h>

namespace server {
namespace {

constexpr int64_t kMb = 1024 * 1024;

TEST(MemoryReturnTest, IsDueOnceForWhatABurstLeft) {
  MemoryReturn memory;
  EXPECT_FALSE(memory.due(12 * kMb, 1 * kMb));
  EXPECT_TRUE(memory.due(140 * kMb, 1 * kMb));
  EXPECT_FALSE(memory.due(90 * kMb, 1 * kMb)) << "what stays after a return is not asked for again";
  EXPECT_FALSE(memory.due(100 * kMb, 1 * kMb));
  EXPECT_TRUE(memory.due(110 * kMb, 1 * kMb));
}

TEST(MemoryReturnTest, LeavesAnEighthOfWhatIsUsed) {
  MemoryReturn memory;
  EXPECT_FALSE(memory.due(1100 * kMb, 1000 * kMb));
  EXPECT_TRUE(memory.due(1200 * kMb, 1000 * kMb));
}

}  // namespace
}  // namespace server
