// Bucket: one cache line that holds up to ten entries of the key table.
//
//   bucket := tag:8 [10]  reach:8  unused:24  reference:40 [10]
//
// A tag of 0 is an empty place. `reach` says how many buckets further an entry whose home this is may lie; a search
// ends there. It only grows until the segment is rebuilt: an erased entry may leave it too large, never too small. A
// reference is half an entry's offset in the window. Sanitizers place memory where they like, so their builds hold
// whole addresses of 48 bits, and eight entries.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/check.h"
#include "keyspace/entry.h"
#include "keyspace/window.h"

namespace keyspace {

struct alignas(64) Bucket {
#ifdef SIGRUN_SANITIZED
  static constexpr uint32_t kPlaces = 8, kReferenceBytes = 6;
  static uint64_t encode(const Entry* entry) { return reinterpret_cast<uint64_t>(entry); }
  static Entry* decode(uint64_t reference) { return reinterpret_cast<Entry*>(reference); }
#else
  static constexpr uint32_t kPlaces = 10, kReferenceBytes = 5;
  static uint64_t encode(const Entry* entry) { return (reinterpret_cast<uint64_t>(entry) - kWindowStart) / 2; }
  static Entry* decode(uint64_t reference) { return reinterpret_cast<Entry*>(kWindowStart + reference * 2); }
#endif

  uint8_t tags[kPlaces];
  uint8_t reach;
  uint8_t unused[64 - kPlaces - 1 - kPlaces * kReferenceBytes];
  uint8_t references[kPlaces][kReferenceBytes];

  // Reads the eight bytes that end with the reference: one load.
  Entry* entry(uint32_t place) const {
    uint64_t word = 0;
    const size_t end = offsetof(Bucket, references) + (place + 1) * kReferenceBytes;
    std::memcpy(&word, reinterpret_cast<const char*>(this) + end - sizeof word, sizeof word);
    return decode(word >> (64 - 8 * kReferenceBytes));
  }

  void set(uint32_t place, uint8_t tag, const Entry* entry) {
    const uint64_t reference = encode(entry);
    CHECK(reference >> (8 * kReferenceBytes) == 0);
    tags[place] = tag;
    std::memcpy(references[place], &reference, kReferenceBytes);
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
