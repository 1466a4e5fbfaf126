// The bodies of HashTable for tables of a few entries: buckets without a directory, in any of which an entry may lie.
// Included by hash_table.h alone.
#pragma once

#include "structures/hash_table.h"

namespace structures {

template <typename Traits>
auto HashTable<Traits>::find_small(std::string_view text, uint8_t tag) const -> Position {
  for (uint32_t b = 0; b < small_count_; ++b) {
    Bucket& bucket = small_[b];
    for (uint32_t bits = bucket.match(tag); bits != 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      Entry* entry = entry_at(bucket, place);
      if (Traits::text(*entry) == text) return {entry, &bucket, 0, place};
    }
  }
  return {};
}

// False when the table has a directory now, since this is one entry more than it can hold without.
template <typename Traits>
bool HashTable<Traits>::place_small(uint8_t tag, Entry* entry, ShortTick due) {
  if (size() == place_count(small_count_)) {
    if (small_count_ == kMostSmall) {
      leave_small();
      return false;
    }
    resize_small(small_count_ == 0 ? 1 : small_count_ * 2U);
  }
  for (uint32_t b = 0;; ++b) {
    Bucket& bucket = small_[b];
    const uint32_t empty = bucket.match(0);
    if (empty == 0) continue;
    bucket.set(static_cast<uint32_t>(std::countr_zero(empty)), tag, entry);
    if (due.before(bucket.due())) bucket.set_due(due);
    return true;
  }
}

// Another number of buckets, with room for every entry; 0 for none at all. The expiry bound of a bucket goes along with
// its entries.
template <typename Traits>
void HashTable<Traits>::resize_small(uint32_t bucket_count) {
  Bucket* const old = small_;
  const uint32_t old_count = small_count_;
  small_count_ = static_cast<uint8_t>(bucket_count);
  small_ = nullptr;
  if (bucket_count > 0) {
    small_ = static_cast<Bucket*>(allocate_lines(bucket_count * sizeof(Bucket)));
    for (uint32_t b = 0; b < bucket_count; ++b) small_[b].make_empty();
    for (uint32_t b = 0; b < old_count; ++b) {
      for_each_place(old[b].occupied(), [&](uint32_t place) {
        Entry* const entry = entry_at(old[b], place);
        place_small(old[b].tags[place], entry, Traits::timed(*entry) ? old[b].due() : ShortTick());
      });
    }
    index_bytes_ += allocation_size(bucket_count * sizeof(Bucket));
  }
  if (old_count == 0) return;
  index_bytes_ -= allocation_size(old_count * sizeof(Bucket));
  release(old, old_count * sizeof(Bucket));
}

template <typename Traits>
void HashTable<Traits>::leave_small() {
  make_directory(0);
  Segment* const segment = make_segment(0, 0, Chunk::kBuckets);
  lay_out(Contents(small_, small_count_, due_), segment, nullptr);
  point_at(*segment);
  index_bytes_ -= allocation_size(small_count_ * sizeof(Bucket));
  release(small_, small_count_ * sizeof(Bucket));
  small_ = nullptr;
  small_count_ = 0;
}

// REQUIRES: one segment with so few entries that there is room to spare.
template <typename Traits>
void HashTable<Traits>::become_small() {
  Segment* const segment = owners()[0];
  const Contents contents(*segment);
  free_segment(segment);
  free_directory(directory_, 1);
  directory_ = nullptr;
  resize_small(kMostSmall);
  for (uint32_t b = 0; b < contents.count; ++b) {
    const Bucket& bucket = contents.buckets[b];
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      Entry* const entry = entry_at(bucket, place);
      place_small(bucket.tags[place], entry, Traits::timed(*entry) ? bucket.due() : ShortTick());
    });
  }
}

template <typename Traits>
auto HashTable<Traits>::random_small(base::Random& random) const -> Position {
  for (;;) {
    Bucket& bucket = small_[random.below(small_count_)];
    const auto place = static_cast<uint32_t>(random.below(Bucket::kPlaces));
    if (bucket.tags[place] != 0) return {entry_at(bucket, place), &bucket, 0, place};
  }
}

template <typename Traits>
template <typename Wanted>
void HashTable<Traits>::sample_small(uint64_t path, uint32_t& count, std::vector<Position>& out, Wanted wanted) const {
  const uint32_t places = place_count(small_count_);
  const auto first = static_cast<uint32_t>((path >> 16) % places);
  for (uint32_t step = 0; step < places && count > 0; ++step) {
    const uint32_t at = (first + step) % places;
    Bucket& bucket = small_[at / Bucket::kPlaces];
    const uint32_t place = at % Bucket::kPlaces;
    if (bucket.tags[place] == 0 || !wanted(*entry_at(bucket, place))) continue;
    out.push_back({entry_at(bucket, place), &bucket, 0, place});
    --count;
  }
}

}  // namespace structures
