// The seed of random tests: 1, or what the environment variable SEED says, so that a failure replays.
#pragma once

#include <cstdint>
#include <cstdlib>

#include <gtest/gtest.h>

inline uint64_t test_seed() {
  const char* text = std::getenv("SEED");
  const uint64_t seed = text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed;
}

// Prints the seed with every failure in the scope.
#define TRACE_SEED() SCOPED_TRACE("replay with SEED=" + std::to_string(test_seed()))
