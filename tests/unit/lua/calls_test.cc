// Goal: no sequence of calls that a script can make breaks the libraries, whenever garbage is collected and wherever
// memory ends. Method: 10^5 random calls, or as many as the environment variable CALLS says, in programs of random
// bytes (calls.h); most of them collect all garbage at each call or at each allocation. The address sanitizer sees what
// was freed too early, and the leak sanitizer what was not.
#include "calls.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "../seed.h"

namespace lua {
namespace {

uint64_t wanted_calls() {
  const char* text = std::getenv("CALLS");
  return text == nullptr ? 100'000 : std::strtoull(text, nullptr, 10);
}

TEST(RandomCalls, NeitherBreakTheLibrariesNorLeakWhateverIsCollected) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  uint64_t calls = 0, succeeded = 0;
  int functions = 0;
  while (calls < wanted_calls()) {
    std::vector<uint8_t> program(16 + random() % 600);
    for (uint8_t& byte : program) byte = static_cast<uint8_t>(random());
    RandomCalls one(program);
    one.run();
    calls += one.calls();
    succeeded += one.succeeded();
    functions = one.functions();
  }
  EXPECT_GT(functions, 90);         // of those that scripts see
  EXPECT_GT(succeeded * 5, calls);  // else hardly anything is tested
  RecordProperty("calls", std::to_string(calls));
  RecordProperty("succeeded", std::to_string(succeeded));
}

}  // namespace
}  // namespace lua
