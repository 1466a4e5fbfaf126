// SipHash-1-3: a keyed 64-bit hash that an attacker who does not know the key cannot make collide.
//
// Source  Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with 1 compression and 3 finalization
//         rounds; tests/unit/base/siphash_test.cc pins it by the paper's structure (2-4 test vectors).
// Cost    some 12 ns for a key of 16 bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace base {

struct SipKey {
  uint64_t low = 0;
  uint64_t high = 0;
};

template <int kCompression, int kFinalization>
inline uint64_t siphash(SipKey key, std::string_view text) {
  uint64_t v0 = key.low ^ 0x736f6d6570736575, v1 = key.high ^ 0x646f72616e646f6d;
  uint64_t v2 = key.low ^ 0x6c7967656e657261, v3 = key.high ^ 0x7465646279746573;
  const auto round = [&] {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  };
  const auto absorb = [&](uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < kCompression; ++i) round();
    v0 ^= word;
  };
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    absorb(word);
  }
  uint64_t last = static_cast<uint64_t>(text.size()) << 56;
  for (size_t i = 0; i < left; ++i) last |= static_cast<uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  absorb(last);
  v2 ^= 0xff;
  for (int i = 0; i < kFinalization; ++i) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

inline uint64_t siphash_1_3(SipKey key, std::string_view text) { return siphash<1, 3>(key, text); }

}  // namespace base
