// Goal: what lies in the window can be told by a short reference, whatever the allocator does.
// Method: regions mapped, given back and mapped again; chunks and pages under random use.
#include "structures/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "base/random.h"
#include "structures/chunk_source.h"
#include "structures/page_source.h"

namespace structures {
namespace {

TEST(WindowTest, MapsRegionsInsideAndGivesThemBack) {
  const uint64_t before = region_bytes();
  std::vector<void*> regions;
  for (int i = 0; i < 20; ++i) {
    regions.push_back(map_region(kRegionBytes, i % 2 == 0));
    EXPECT_TRUE(in_window(regions.back()));
    EXPECT_EQ(reinterpret_cast<uint64_t>(regions.back()) % kRegionBytes, 0U);
    std::memset(regions.back(), 1, kRegionBytes);
  }
  EXPECT_EQ(std::set<void*>(regions.begin(), regions.end()).size(), regions.size());
  EXPECT_EQ(region_bytes(), before + regions.size() * kRegionBytes);
  for (void* region : regions) unmap_region(region, kRegionBytes);
  EXPECT_EQ(region_bytes(), before);
}

#ifndef SIGRUN_SANITIZED  // their builds take entries from the C library, wherever it has them
TEST(WindowTest, HoldsWhatTheAllocatorGives) {
  for (const size_t bytes : {size_t{300}, size_t{8300}, size_t{1} << 20, size_t{40} << 20}) {
    void* const memory = allocate_in_window(bytes);
    EXPECT_TRUE(in_window(memory));
    std::memset(memory, 1, bytes);
    release_in_window(memory, bytes);
  }
}
#endif

TEST(WindowTest, MapsWhatTheAllocatorPutsElsewhere) {
  const uint64_t before = region_bytes();
  std::vector<void*> mapped;
  for (const size_t bytes : {size_t{300}, kRegionBytes, kRegionBytes + 1}) {
    mapped.push_back(map_in_window(bytes));
    EXPECT_TRUE(in_window(mapped.back()));
    std::memset(mapped.back(), 1, bytes);
  }
  EXPECT_EQ(region_bytes(), before + 4 * kRegionBytes);
  release_in_window(mapped[0], 300);
  release_in_window(mapped[1], kRegionBytes);
  release_in_window(mapped[2], kRegionBytes + 1);
  EXPECT_EQ(region_bytes(), before);
}

TEST(WindowTest, ChunksAreApartAndAllComeBack) {
  const uint64_t before = region_bytes();
  base::Random random(5);
  std::vector<Chunk*> taken;
  for (int i = 0; i < 100'000; ++i) {
    if (taken.empty() || random.below(i < 60'000 ? 4 : 3) != 0) {
      Chunk* const chunk = take_chunk();
      ASSERT_TRUE(in_window(chunk));
      std::memset(static_cast<void*>(chunk), 0x5a, sizeof *chunk);
      taken.push_back(chunk);
    } else {
      std::swap(taken[random.below(taken.size())], taken.back());
      give_chunk_back(taken.back());
      taken.pop_back();
    }
  }
  EXPECT_EQ(std::set<Chunk*>(taken.begin(), taken.end()).size(), taken.size());
  for (Chunk* chunk : taken) give_chunk_back(chunk);
  EXPECT_LE(region_bytes(), before + 2 * kRegionBytes);  // one kept free, one prepared
}

}  // namespace
}  // namespace structures
