// ScoredElement: a member of a large sorted set: its text, and its score behind it, in one allocation.
//
//   element := length:8 text score:64 | 255:8 length:32 text score:64
//
// Cost     nine bytes over the text.
// Threads  used under the lock of its key's shard.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "structures/window.h"

namespace structures {

class ScoredElement {
 public:
  static ScoredElement* create(std::string_view text, double score);
  static void destroy(ScoredElement* element);

  std::string_view text() const {
    if (head_ != kWide) return {data() + 1, head_};
    uint32_t size = 0;
    std::memcpy(&size, data() + 1, sizeof size);
    return {data() + 1 + sizeof size, size};
  }
  double score() const {
    double score = 0;
    std::memcpy(&score, text().data() + text().size(), sizeof score);
    return score;
  }
  void set_score(double score) { std::memcpy(const_cast<char*>(text().data() + text().size()), &score, sizeof score); }
  // What the allocation was asked for.
  size_t bytes() const { return bytes_of(text().size()); }

 private:
  static constexpr uint8_t kWide = 255;

  ScoredElement() = default;
  static size_t bytes_of(size_t text_bytes) {
    return text_bytes + sizeof(double) + (text_bytes < kWide ? 1 : 1 + sizeof(uint32_t));
  }
  const char* data() const { return reinterpret_cast<const char*>(this); }

  uint8_t head_;
};
static_assert(sizeof(ScoredElement) == 1);

// A reference to an element, in 5 bytes: half its offset in the window. Sanitizers place memory where they like, so
// their builds hold the 6 bytes of an address.
class ElementReference {
 public:
  ElementReference() = default;
  explicit ElementReference(const ScoredElement* element) {
    const uint64_t bits = (reinterpret_cast<uint64_t>(element) - kStart) / kUnit;
    std::memcpy(bytes_, &bits, kBytes);
  }
  ScoredElement* get() const {
    uint64_t bits = 0;
    std::memcpy(&bits, bytes_, kBytes);
    return reinterpret_cast<ScoredElement*>(kStart + bits * kUnit);
  }

 private:
#ifdef SIGRUN_SANITIZED
  static constexpr size_t kBytes = 6;
  static constexpr uint64_t kUnit = 1, kStart = 0;
#else
  static constexpr size_t kBytes = 5;
  static constexpr uint64_t kUnit = 2;
  static constexpr const uint64_t& kStart = kWindowStart;
#endif
  uint8_t bytes_[kBytes];
};

}  // namespace structures
