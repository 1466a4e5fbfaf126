// Bucket: one cache line that holds up to nine entries of the key table.
//
//   bucket := tag:8 [9]  reach:8  pointer:48 [9]
//
// A tag of 0 is an empty place. `reach` says how many buckets further an entry whose home this is may lie; a search
// ends there. It only grows until the segment is rebuilt: an erased entry may leave it too large, never too small. An
// entry's address has 48 bits on the machines we run on; Bucket::set checks it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/check.h"
#include "keyspace/entry.h"

namespace keyspace {

struct alignas(64) Bucket {
  static constexpr uint32_t kPlaces = 9;

  uint8_t tags[kPlaces];
  uint8_t reach;
  uint8_t pointers[kPlaces][6];

  Entry* entry(uint32_t place) const {
    uint64_t low = 0;
    std::memcpy(&low, pointers[place], 6);
    return reinterpret_cast<Entry*>(low);
  }

  void set(uint32_t place, uint8_t tag, Entry* entry) {
    const auto address = reinterpret_cast<uint64_t>(entry);
    CHECK(address >> 48 == 0);
    tags[place] = tag;
    std::memcpy(pointers[place], &address, 6);
  }

  void clear(uint32_t place) { tags[place] = 0; }

  // A bit for each place whose tag is `tag`; with 0, for each empty place.
  uint32_t match(uint8_t tag) const {
#if defined(__SSE2__)
    const __m128i line = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
    const __m128i equal = _mm_cmpeq_epi8(line, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<uint32_t>(_mm_movemask_epi8(equal)) & ((1U << kPlaces) - 1);
#else
    uint32_t bits = 0;
    for (uint32_t place = 0; place < kPlaces; ++place) bits |= static_cast<uint32_t>(tags[place] == tag) << place;
    return bits;
#endif
  }

  uint32_t occupied() const { return ~match(0) & ((1U << kPlaces) - 1); }
};
static_assert(sizeof(Bucket) == 64);

// Calls visit(place) for each set bit.
template <typename Visit>
void for_each_place(uint32_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<uint32_t>(std::countr_zero(bits)));
}

}  // namespace keyspace
