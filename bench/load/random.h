// Random numbers for workloads: a fast generator, and Zipf-distributed ranks.
//
// Cost     Random: about 1 ns a number. Zipf: one table look-up a rank; 12 bytes a rank of memory.
// Source   Random is the splitmix64 sequence; Zipf is the alias method of A. J. Walker (1977).
#pragma once

#include <cstdint>
#include <vector>

namespace load {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  // Uniform in [0, limit). The bias, limit / 2^64, is far below what any run can see.
  uint64_t below(uint64_t limit) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * limit) >> 64);
  }

  // Uniform in [0, 1).
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

// Draws rank r of 0..count-1 with probability proportional to 1 / (r + 1)^theta, exactly.
class Zipf {
 public:
  Zipf(uint64_t count, double theta);
  uint64_t next(Random& random) const;

 private:
  // Column i is drawn uniformly; it stands for rank i with probability `keep[i]`, else for rank `alias[i]`.
  std::vector<double> keep_;
  std::vector<uint32_t> alias_;
};

}  // namespace load
