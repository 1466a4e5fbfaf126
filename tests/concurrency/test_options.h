// What every test program takes from its command line, and the random numbers that replay from a seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

struct TestOptions {
  uint16_t port = 0;
  uint64_t operations = 100'000;
  double seconds = 10;
  int clients = 12;
  uint64_t seed = 0;  // --seed; else chosen and printed
};

// Ends the program with 2 if an argument is not understood.
TestOptions parse_options(int count, char** arguments);

using Random = std::mt19937_64;

inline int below(Random& random, int limit) { return static_cast<int>(random() % static_cast<uint64_t>(limit)); }

inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Prints `passed` or `failed` with a title, and yields the exit code of the program.
int finish(const char* title, bool good);
