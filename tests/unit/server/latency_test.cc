// Goal: the latency monitor keeps and draws what valkey-server 9.1.2 does; the memory limit is the least of the
// cgroups'. Method: the graph of three samples was recorded from the reference; cgroup files are made in a folder of
// the test's own.
#include "server/latency.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/memory_limit.h"

namespace {

using dispatch::LatencyEvent;
using server::LatencyMonitor;

TEST(Latency, SamplesOfOneSecondKeepTheLongestAndCountAll) {
  LatencyMonitor monitor;
  monitor.add(LatencyEvent::kCommand, 100, 7);
  monitor.add(LatencyEvent::kCommand, 100, 9);
  monitor.add(LatencyEvent::kCommand, 100, 8);
  const auto series = monitor.series("command");
  ASSERT_EQ(series.samples.size(), 1u);
  EXPECT_EQ(series.samples[0].ms, 9);
  EXPECT_EQ(series.sum_ms, 24);
  EXPECT_EQ(series.count, 3);
  EXPECT_TRUE(monitor.series("fast-command").samples.empty());
}

TEST(Latency, KeepsTheLastSamplesAndTheHighestOfAll) {
  LatencyMonitor monitor;
  for (int64_t second = 0; second < 200; ++second) monitor.add(LatencyEvent::kExpireCycle, second, 1000 - second);
  const auto series = monitor.series("expire-cycle");
  EXPECT_EQ(series.samples.size(), 160u);
  EXPECT_EQ(series.samples.front().time_s, 40);
  EXPECT_EQ(series.highest_ms, 1000);
}

TEST(Latency, ResetTellsHowManyEventsItCleared) {
  LatencyMonitor monitor;
  monitor.add(LatencyEvent::kCommand, 1, 1);
  monitor.add(LatencyEvent::kEvictionCycle, 1, 1);
  constexpr std::array<std::string_view, 3> kNames{"none", "command", "command"};
  EXPECT_EQ(monitor.reset(kNames), 1);
  EXPECT_EQ(monitor.all().size(), 1u);
  EXPECT_EQ(monitor.reset({}), 1);
  EXPECT_EQ(monitor.reset({}), 0);
}

TEST(Latency, GraphIsTheReferences) {
  LatencyMonitor monitor;
  monitor.add(LatencyEvent::kCommand, 18, 5);
  monitor.add(LatencyEvent::kCommand, 19, 100);
  monitor.add(LatencyEvent::kCommand, 20, 15);
  EXPECT_EQ(server::latency_graph(monitor.series("command"), 21),
            "command - high 100 ms, low 5 ms (all time high 100 ms)\n" + std::string(80, '-') +
                "\n # \n | \n | \n_|o\n   \n321\nsss\n");
}

class MemoryLimit : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sigrun-cgroup-XXXXXX";
    root_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& file, const std::string& text) {
    const auto path = std::filesystem::path(root_ + "/" + file);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  uint64_t limit() { return server::memory_limit(1'000'000, root_ + "/self", root_); }
  std::string root_;
};

TEST_F(MemoryLimit, IsTheSystemsWhereNoneIsSet) {
  EXPECT_EQ(limit(), 1'000'000u);
  write("self", "0::/a\n");
  write("a/memory.max", "max\n");
  EXPECT_EQ(limit(), 1'000'000u);
}

TEST_F(MemoryLimit, OfVersion2TakesTheLeastOfAllAbove) {
  write("self", "0::/a/b\n");
  write("a/b/memory.max", "500000\n");
  EXPECT_EQ(limit(), 500'000u);
  write("a/memory.max", "300000\n");
  EXPECT_EQ(limit(), 300'000u);
  write("memory.max", "200000\n");  // what a container sees of its own group
  EXPECT_EQ(limit(), 200'000u);
}

TEST_F(MemoryLimit, OfVersion1IsTheMemoryControllers) {
  write("self", "5:cpu,memory:/a\n3:cpuset:/b\n0::/\n");
  write("memory/b/memory.limit_in_bytes", "100\n");
  write("memory/a/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), 1'000'000u);
  write("memory/a/memory.limit_in_bytes", "400000\n");
  EXPECT_EQ(limit(), 400'000u);
}

}  // namespace
