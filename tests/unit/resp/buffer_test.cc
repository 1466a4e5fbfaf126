// Goal: a buffer is its bytes, whatever its size: small, a mapping of its own, and on the way from one to the other.
// Method: random appends, consumptions and replacements beside std::string; the resident bytes of one that is consumed.
#include "resp/buffer.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "../seed.h"
#include "base/random.h"

namespace resp {
namespace {

constexpr size_t kMb = 1024 * 1024;

size_t resident_bytes() {
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  unsigned long total = 0, resident = 0;
  EXPECT_EQ(std::fscanf(statm, "%lu %lu", &total, &resident), 2);
  std::fclose(statm);
  return resident * 4096;
}

TEST(BufferTest, AgreesWithAStringThroughGrowthAndConsumption) {
  TRACE_SEED();
  base::Random random(test_seed());
  for (int round = 0; round < 20; ++round) {
    Buffer buffer;
    std::string model;
    const size_t step = round % 2 == 0 ? 3 * kMb : 40'000;
    for (int i = 0; i < 60; ++i) {
      const std::string bytes(random.below(step), static_cast<char>('a' + i % 26));
      buffer.append(bytes);
      model += bytes;
      if (random.below(3) == 0) {
        const size_t taken = random.below(model.size() + 1);
        buffer.consume(taken);
        model.erase(0, taken);
      }
      if (random.below(8) == 0 && model.size() > 10) {
        buffer.replace(model.size() / 2, 3, "a longer text");
        model.replace(model.size() / 2, 3, "a longer text");
      }
      ASSERT_TRUE(buffer.view() == model) << "round " << round << " step " << i;
      if (random.below(16) == 0) {
        buffer.clear();
        model.clear();
        if (random.below(2) == 0) buffer.release();
      }
    }
  }
}

TEST(BufferTest, GivesBackWhatIsConsumedOfALargeOne) {
  Buffer buffer;
  const std::string piece(kMb, 'x');
  for (int i = 0; i < 64; ++i) buffer.append(piece);
  const size_t before = resident_bytes();
  buffer.consume(60 * kMb);
  EXPECT_LT(resident_bytes() + 50 * kMb, before);
  EXPECT_EQ(buffer.view(), std::string(4 * kMb, 'x'));
}

}  // namespace
}  // namespace resp
