// Random: a small, fast generator (xoshiro256**, Blackman and Vigna 2018) and the kernel's entropy to seed it.
//
// Not for secrets; those come from fill_with_entropy(). Threads: one generator a thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace base {

// From getrandom(2); aborts if the kernel has none to give.
void fill_with_entropy(void* bytes, size_t count);

class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {  // splitmix64, as the authors advise for seeding
      seed += 0x9e3779b97f4a7c15;
      uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      word = mixed ^ (mixed >> 31);
    }
  }

  static Random from_entropy() {
    uint64_t seed = 0;
    fill_with_entropy(&seed, sizeof seed);
    return Random(seed);
  }

  uint64_t next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound). REQUIRES: bound > 0. The bias is below bound / 2^64.
  uint64_t below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }

 private:
  uint64_t state_[4];
};

}  // namespace base
