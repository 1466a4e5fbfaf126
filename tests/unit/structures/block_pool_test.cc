// Blocks of small memory: their places, their contents, and threads that give each other's back.
#include "structures/block_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "structures/memory.h"

namespace structures {
namespace {

struct Filled {
  char* block;
  size_t size;
  char with;
};

Filled make(base::Random& random) {
  Filled made{nullptr, 1 + random.below(300), static_cast<char>(random.below(256))};
  made.block = static_cast<char*>(allocate_block(made.size));
  std::fill_n(made.block, made.size, made.with);
  return made;
}

void check_and_release(const Filled& filled) {
  ASSERT_EQ(std::string(filled.block, filled.size), std::string(filled.size, filled.with));
  release_block(filled.block, filled.size);
}

TEST(BlockPool, BlocksAreAligned) {
  for (size_t size = 1; size <= 300; ++size) {
    void* const block = allocate_block(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % (size % 8 == 0 ? 8 : 2), 0U) << size;
    release_block(block, size);
  }
}

TEST(BlockPool, BlocksDoNotOverlapAndAllComeBack) {
  flush_memory_count();
  const int64_t before = allocated_bytes();
  base::Random random(3);
  std::map<char*, Filled> live;
  for (int i = 0; i < 60'000; ++i) {
    if (live.empty() || random.below(5) < 3) {
      const Filled made = make(random);
      ASSERT_TRUE(live.emplace(made.block, made).second);
      continue;
    }
    auto at = live.lower_bound(live.begin()->first + random.below(1 << 20));
    if (at == live.end()) at = live.begin();
    check_and_release(at->second);
    live.erase(at);
  }
  for (const auto& [block, filled] : live) check_and_release(filled);
  flush_memory_count();
  EXPECT_EQ(allocated_bytes(), before);
}

// What one thread took, others give back, while it goes on.
TEST(BlockPool, BlocksGoFromThreadToThread) {
  constexpr int kThreads = 4, kSteps = 50'000;
  constexpr size_t kOnOffer = 5000;
  flush_memory_count();
  const int64_t before = allocated_bytes();
  std::mutex mutex;
  std::vector<Filled> on_offer;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      base::Random random(static_cast<uint64_t>(thread));
      for (int step = 0; step < kSteps; ++step) {
        Filled one = make(random);
        {
          const std::lock_guard hold(mutex);
          if (on_offer.size() < kOnOffer) {
            on_offer.push_back(one);
            continue;
          }
          std::swap(one, on_offer[random.below(kOnOffer)]);
        }
        check_and_release(one);
      }
      flush_memory_count();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Filled& filled : on_offer) check_and_release(filled);
  flush_memory_count();
  EXPECT_EQ(allocated_bytes(), before);
}

}  // namespace
}  // namespace structures
