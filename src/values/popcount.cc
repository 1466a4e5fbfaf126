#include "values/popcount.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace values {
namespace {

constexpr size_t kWordBytes = sizeof(uint64_t);

// Compiled once for each kind of machine below, so that the compiler may use its instructions.
__attribute__((always_inline)) inline size_t count_each(const char* bytes, size_t words) {
  size_t count = 0;
  for (size_t i = 0; i < words; ++i) {
    uint64_t word;
    std::memcpy(&word, bytes + i * kWordBytes, kWordBytes);
    count += static_cast<size_t>(__builtin_popcountll(word));
  }
  return count;
}

size_t count_portable(const char* bytes, size_t words) { return count_each(bytes, words); }

#if defined(__x86_64__)
__attribute__((target("popcnt"))) size_t count_popcnt(const char* bytes, size_t words) {
  return count_each(bytes, words);
}

#define AVX2 __attribute__((target("avx2"), always_inline)) inline

// The set bits of each 64-bit lane: half bytes are looked up 32 at a time.
AVX2 __m256i count_lanes(__m256i vector) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                          0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low_half = _mm256_set1_epi8(0x0F);
  const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(vector, low_half));
  const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(vector, 4), low_half));
  return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

// A full adder for each bit: `sum` becomes the low bit of sum + a + b; returns the high one.
AVX2 __m256i add_bits(__m256i& sum, __m256i a, __m256i b) {
  const __m256i either = _mm256_xor_si256(a, b);
  const __m256i carry = _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(either, sum));
  sum = _mm256_xor_si256(either, sum);
  return carry;
}

// Sixteen vectors a step are added up bit by bit (Harley and Seal): only what carries into the sixteens is counted.
__attribute__((target("avx2,popcnt"))) size_t count_avx2(const char* bytes, size_t words) {
  constexpr size_t kLanes = 4, kVectorBytes = kLanes * kWordBytes, kStepWords = 16 * kLanes;
  __m256i ones = _mm256_setzero_si256(), twos = ones, fours = ones, eights = ones, total = ones;
  const size_t steps = words / kStepWords;
  const char* at = bytes;
  const auto next = [&at]() __attribute__((target("avx2"), always_inline)) {
    const __m256i vector = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    at += kVectorBytes;
    return vector;
  };
  const auto next_twos = [&]() __attribute__((target("avx2"), always_inline)) {
    const __m256i first = next();
    return add_bits(ones, first, next());
  };
  const auto next_fours = [&]() __attribute__((target("avx2"), always_inline)) {
    const __m256i first = next_twos();
    return add_bits(twos, first, next_twos());
  };
  const auto next_eights = [&]() __attribute__((target("avx2"), always_inline)) {
    const __m256i first = next_fours();
    return add_bits(fours, first, next_fours());
  };
  for (size_t step = 0; step < steps; ++step) {
    const __m256i first = next_eights();
    total = _mm256_add_epi64(total, count_lanes(add_bits(eights, first, next_eights())));
  }
  // 16 times the sixteens, and what has not carried so far.
  total = _mm256_slli_epi64(total, 4);
  total = _mm256_add_epi64(total, _mm256_slli_epi64(count_lanes(eights), 3));
  total = _mm256_add_epi64(total, _mm256_slli_epi64(count_lanes(fours), 2));
  total = _mm256_add_epi64(total, _mm256_slli_epi64(count_lanes(twos), 1));
  total = _mm256_add_epi64(total, count_lanes(ones));
  uint64_t lanes[kLanes];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes), total);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + count_each(at, words - steps * kStepWords);
}

#undef AVX2

__attribute__((target("avx512f,avx512vl,avx512vpopcntdq"))) size_t count_avx512(const char* bytes, size_t words) {
  return count_each(bytes, words);
}
#endif

using Count = size_t (*)(const char*, size_t);

Count pick() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl")) return count_avx512;
  if (__builtin_cpu_supports("avx2")) return count_avx2;
  if (__builtin_cpu_supports("popcnt")) return count_popcnt;
#endif
  return count_portable;
}

}  // namespace

size_t count_words(const char* bytes, size_t words) {
  static const Count count = pick();
  return count(bytes, words);
}

}  // namespace values
