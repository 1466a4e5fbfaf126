// WordSet: a set of 64-bit words that are spread already (hashes): open addressing, at most three quarters full.
//
// Cost     O(1); 8 bytes a place, so about 11 to 21 a word.
// Threads  none of its own.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace structures {

class WordSet {
 public:
  bool empty() const { return size_ == 0 && !has_zero_; }
  uint64_t size() const { return size_ + (has_zero_ ? 1 : 0); }
  uint64_t memory_bytes() const { return places_.capacity() * sizeof(uint64_t); }

  bool contains(uint64_t word) const {
    if (word == 0) return has_zero_;
    return size_ != 0 && places_[place_of(word)] == word;
  }

  // True if it is new.
  bool add(uint64_t word) {
    if (word == 0) return !std::exchange(has_zero_, true);
    if ((size_ + 1) * 4 > places_.size() * 3) grow();
    uint64_t& place = places_[place_of(word)];
    if (place == word) return false;
    place = word;
    ++size_;
    return true;
  }

  // True if it was there.
  bool remove(uint64_t word) {
    if (word == 0) return std::exchange(has_zero_, false);
    if (size_ == 0) return false;
    uint64_t at = place_of(word);
    if (places_[at] != word) return false;
    --size_;
    // What stands behind it moves up, as long as its own place is not behind the gap.
    for (uint64_t next = at;;) {
      next = (next + 1) & mask();
      if (places_[next] == 0) break;
      if (((next - places_[next]) & mask()) < ((next - at) & mask())) continue;
      places_[at] = places_[next];
      at = next;
    }
    places_[at] = 0;
    return true;
  }

  void clear() { *this = WordSet(); }

 private:
  static constexpr uint64_t kFirstPlaces = 16;

  uint64_t mask() const { return places_.size() - 1; }
  // Where the word is, or may be put. REQUIRES: there are places, one of them empty.
  uint64_t place_of(uint64_t word) const {
    uint64_t at = word & mask();
    while (places_[at] != 0 && places_[at] != word) at = (at + 1) & mask();
    return at;
  }
  void grow() {
    const std::vector<uint64_t> old =
        std::exchange(places_, std::vector<uint64_t>(places_.empty() ? kFirstPlaces : places_.size() * 2));
    for (const uint64_t word : old) {
      if (word != 0) places_[place_of(word)] = word;
    }
  }

  std::vector<uint64_t> places_;  // 0: empty
  uint64_t size_ = 0;             // without 0
  bool has_zero_ = false;
};

}  // namespace structures
