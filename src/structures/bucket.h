// Bucket: one cache line that refers to up to ten entries of a hash table.
//
//   bucket := tag:8 [10]  reach:8  due:24  reference:40 [10]
//
// A tag of 0 is an empty place. `reach` says how many buckets further an entry whose home this is may lie; a search
// ends there. It only grows until the segment is rebuilt: an erased entry may leave it too large, never too small. A
// reference is half an entry's offset in the window. Sanitizers place memory where they like, so their builds hold
// whole addresses of 48 bits, and eight entries.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/check.h"
#include "structures/window.h"

namespace structures {

// A coarse time of expiry, in steps of 16 ms (keyspace.h turns Unix time into it).
using Tick = uint32_t;
constexpr Tick kNever = 0xffffffff;

// The low 24 bits of a tick, which is at most kHorizon ahead of the clock when it is noted: so they tell it.
class ShortTick {
 public:
  static constexpr Tick kHorizon = 1U << 22;  // 18.6 hours

  ShortTick() = default;
  // A tick that looks like never is taken one earlier.
  explicit ShortTick(Tick tick) : bits_(tick == kNever ? kNone : std::min(tick & kMask, kNone - 1)) {}
  static ShortTick from_bits(uint32_t bits) {
    ShortTick made;
    made.bits_ = bits;
    return made;
  }

  uint32_t bits() const { return bits_; }
  bool never() const { return bits_ == kNone; }
  // The whole tick, which is less than half the range from `near`.
  Tick near(Tick near) const {
    const uint32_t ahead = (bits_ - near) & kMask;
    return ahead < kHalf ? near + ahead : near - (kMask + 1 - ahead);
  }
  bool before(ShortTick other) const {
    if (never() || other.never()) return !never();
    return ((bits_ - other.bits_) & kMask) > kHalf;
  }

 private:
  static constexpr uint32_t kMask = 0xffffff, kNone = kMask, kHalf = 0x800000;
  uint32_t bits_ = kNone;
};

struct alignas(64) Bucket {
#ifdef SIGRUN_SANITIZED
  static constexpr uint32_t kPlaces = 8, kReferenceBytes = 6;
  static uint64_t encode(const void* entry) { return reinterpret_cast<uint64_t>(entry); }
  static void* decode(uint64_t reference) { return reinterpret_cast<void*>(reference); }
#else
  static constexpr uint32_t kPlaces = 10, kReferenceBytes = 5;
  static uint64_t encode(const void* entry) { return (reinterpret_cast<uint64_t>(entry) - kWindowStart) / 2; }
  static void* decode(uint64_t reference) { return reinterpret_cast<void*>(kWindowStart + reference * 2); }
#endif

  uint8_t tags[kPlaces];
  uint8_t reach;
  uint8_t due_bits[3];  // a lower bound of the expiries in the bucket
  uint8_t references[kPlaces][kReferenceBytes];

  void make_empty() {
    std::memset(static_cast<void*>(this), 0, sizeof *this);
    set_due(ShortTick());
  }

  ShortTick due() const {
    return ShortTick::from_bits(due_bits[0] | (uint32_t{due_bits[1]} << 8) | (uint32_t{due_bits[2]} << 16));
  }
  void set_due(ShortTick due) {
    const uint32_t bits = due.bits();
    std::memcpy(due_bits, &bits, sizeof due_bits);
  }

  // Reads the eight bytes that end with the reference: one load.
  void* entry(uint32_t place) const {
    uint64_t word = 0;
    const size_t end = offsetof(Bucket, references) + (place + 1) * kReferenceBytes;
    std::memcpy(&word, reinterpret_cast<const char*>(this) + end - sizeof word, sizeof word);
    return decode(word >> (64 - 8 * kReferenceBytes));
  }

  void set(uint32_t place, uint8_t tag, const void* entry) {
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

}  // namespace structures
