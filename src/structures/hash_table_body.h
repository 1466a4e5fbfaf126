// The bodies of HashTable that find, change, grow and shrink. Included by hash_table.h alone.
#pragma once

#include <algorithm>
#include <utility>

#include "base/prefetch.h"
#include "structures/hash_table.h"
#include "structures/memory.h"

namespace structures {

template <typename Traits>
struct HashTable<Traits>::Contents {
  explicit Contents(const Segment& segment) : count(segment.bucket_count()), due(segment.due) {
    for (uint32_t at = 0; at < count; ++at) buckets[at] = segment.bucket(at);
  }
  Contents(const Bucket* from, uint32_t bucket_count, Tick bound) : count(bucket_count), due(bound) {
    std::copy_n(from, count, buckets);
  }
  uint32_t count;
  Tick due;
  Bucket buckets[BucketArray::kMostBuckets];
};

template <typename Traits>
auto HashTable<Traits>::find(std::string_view text, uint64_t hash) const -> Position {
  const uint8_t tag = this->tag(hash);
  if (directory_ == nullptr) return find_small(text, tag);
  const uint64_t path = traits_.path(hash);
  const uint64_t slot = slot_of(path);
  const BucketArray& array = directory_[slot];
  const uint32_t home = array.home(path);
  Bucket* bucket = &array.at(home);
  const uint32_t last_step = bucket->reach;
  for (uint32_t step = 0;; ++step) {
    for (uint32_t bits = bucket->match(tag); bits != 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      Entry* entry = entry_at(*bucket, place);
      if (Traits::text(*entry) == text) return {entry, bucket, slot, place};
    }
    if (step == last_step) return {};
    bucket = &array.at(array.after(home, step + 1));
  }
}

template <typename Traits>
void HashTable<Traits>::prefetch_bucket(uint64_t hash) const {
  if (directory_ == nullptr) return base::prefetch(small_);
  const uint64_t path = traits_.path(hash);
  const BucketArray& array = array_of(path);
  base::prefetch(&array.at(array.home(path)));
}

template <typename Traits>
void HashTable<Traits>::prefetch_entry(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = traits_.path(hash);
  const BucketArray& array = array_of(path);
  const Bucket& bucket = array.at(array.home(path));
  for (uint32_t bits = bucket.match(tag(hash)); bits != 0; bits &= bits - 1) {
    const auto* entry = static_cast<const char*>(bucket.entry(static_cast<uint32_t>(std::countr_zero(bits))));
    base::prefetch(entry);
    base::prefetch(entry + 64);
  }
}

template <typename Traits>
void HashTable<Traits>::insert(uint64_t hash, Entry* entry, Tick due) {
  const uint64_t path = traits_.path(hash);
  if (directory_ != nullptr || !place_small(tag(hash), entry, ShortTick(due))) {
    if (is_full(segment_of(path))) make_room(path);
    while (!place(segment_of(path), path, tag(hash), entry, ShortTick(due))) make_room(path);
    Segment& segment = segment_of(path);
    segment.due = std::min(segment.due, due);
  }
  due_ = std::min(due_, due);
  count_entries(1);
  weight_ += Traits::weight(*entry);
  if (Traits::expires(*entry)) ++expiring_;
}

template <typename Traits>
void HashTable<Traits>::reserve(uint64_t count) {
  constexpr uint64_t kInSegment = 640, kFew = 2 * kInSegment;
  constexpr uint32_t kPercent = 82;  // segments are not filled quite evenly
  if (!empty() || count < kFew) return;
  clear();
  int depth = 1;
  while (count >> depth > kInSegment) ++depth;
  make_directory(depth);
  const uint32_t buckets = fitting_bucket_count(static_cast<uint32_t>(count >> depth), kPercent);
  for (uint64_t slot = 0; slot < slots(); ++slot) point_at(*make_segment(slot << (64 - depth), depth, buckets));
}

// Puts the entry in its home or the next bucket with an empty place; false when there is none in reach.
template <typename Traits>
bool HashTable<Traits>::place(Segment& segment, uint64_t path, uint8_t tag, Entry* entry, ShortTick due) {
  const uint32_t home = segment.array.home(path);
  for (uint32_t step = 0; step < segment.bucket_count(); ++step) {
    const uint32_t at = segment.array.after(home, step);
    Bucket& bucket = segment.bucket(at);
    const uint32_t empty = bucket.match(0);
    if (empty == 0) continue;
    bucket.set(static_cast<uint32_t>(std::countr_zero(empty)), tag, entry);
    uint8_t& reach = segment.bucket(home).reach;
    if (step > reach) reach = static_cast<uint8_t>(step);
    ++segment.size;
    if (due.before(bucket.due())) bucket.set_due(due);
    return true;
  }
  return false;
}

template <typename Traits>
void HashTable<Traits>::replace(const Position& at, Entry* entry, Tick due) {
  Bucket& bucket = *at.bucket;
  expiring_ += static_cast<uint64_t>(Traits::expires(*entry));
  expiring_ -= static_cast<uint64_t>(Traits::expires(*at.entry));
  weight_ += Traits::weight(*entry) - Traits::weight(*at.entry);
  bucket.set(at.place, bucket.tags[at.place], entry);
  if (due != kNever) note_due(at, due);
}

template <typename Traits>
void HashTable<Traits>::note_due(const Position& at, Tick due) {
  const ShortTick noted(due);
  if (noted.before(at.bucket->due())) at.bucket->set_due(noted);
  due_ = std::min(due_, due);
  if (directory_ == nullptr) return;
  Segment& segment = *owners()[at.slot];
  segment.due = std::min(segment.due, due);
}

template <typename Traits>
auto HashTable<Traits>::erase(const Position& at) -> Entry* {
  at.bucket->clear(at.place);
  if (directory_ != nullptr) --owners()[at.slot]->size;
  count_entries(-1);
  weight_ -= Traits::weight(*at.entry);
  return at.entry;
}

template <typename Traits>
auto HashTable<Traits>::take(const Position& at) -> Entry* {
  const uint64_t path = directory_ != nullptr ? owners()[at.slot]->prefix : 0;
  Entry* const entry = erase(at);
  if (Traits::expires(*entry)) --expiring_;
  shrink_path(path);
  return entry;
}

template <typename Traits>
void HashTable<Traits>::clear() {
  if (size() > 0) for_each([](Entry& entry) { Traits::destroy(&entry); });
  if (directory_ != nullptr) {
    for_each_segment([this](Segment& segment) { free_segment(&segment); });
    free_directory(directory_, slots());
    directory_ = nullptr;
    depth_ = 0;
  }
  resize_small(0);
  size_.store(0, std::memory_order_relaxed);
  expiring_ = weight_ = 0;
  due_ = kNever;
}

template <typename Traits>
void HashTable<Traits>::swap(HashTable& other) noexcept {
  std::swap(traits_, other.traits_);
  std::swap(directory_, other.directory_);
  std::swap(small_, other.small_);
  const uint64_t size = this->size();
  size_.store(other.size(), std::memory_order_relaxed);
  other.size_.store(size, std::memory_order_relaxed);
  std::swap(expiring_, other.expiring_);
  std::swap(index_bytes_, other.index_bytes_);
  std::swap(weight_, other.weight_);
  std::swap(due_, other.due_);
  std::swap(segments_, other.segments_);
  std::swap(deepest_, other.deepest_);
  std::swap(depth_, other.depth_);
  std::swap(small_count_, other.small_count_);
}

template <typename Traits>
Segment* HashTable<Traits>::make_segment(uint64_t prefix, int depth, uint32_t bucket_count) {
  auto* segment = new (allocate(sizeof(Segment))) Segment;
  segment->prefix = prefix;
  segment->array.depth = static_cast<uint8_t>(depth);
  segment->array.resize(bucket_count);
  index_bytes_ += allocation_size(sizeof(Segment)) + bucket_count * sizeof(Bucket);
  ++segments_;
  if (depth == depth_) ++deepest_;
  return segment;
}

template <typename Traits>
void HashTable<Traits>::free_segment(Segment* segment) {
  index_bytes_ -= allocation_size(sizeof(Segment)) + segment->bucket_count() * sizeof(Bucket);
  --segments_;
  if (segment->depth() == depth_) --deepest_;
  segment->array.resize(0);
  release(segment, sizeof(Segment));
}

// Makes every directory slot of the segment's prefix point at it.
template <typename Traits>
void HashTable<Traits>::point_at(const Segment& segment) {
  const uint64_t first = depth_ == 0 ? 0 : segment.prefix >> (64 - depth_);
  const uint64_t count = uint64_t{1} << (depth_ - segment.depth());
  std::fill_n(directory_ + first, count, segment.array);
  std::fill_n(owners() + first, count, const_cast<Segment*>(&segment));
}

template <typename Traits>
void HashTable<Traits>::make_room(uint64_t path) {
  Segment& segment = segment_of(path);
  if (segment.bucket_count() < split_bucket_count(segment)) {
    resize(segment, segment.bucket_count() + Chunk::kBuckets);
  } else {
    split(segment);
  }
}

// Puts every entry into `low` or, where the bit after low's depth says so, into `high` (null: all into low). A bucket's
// bound of times goes along with each of its timed entries.
template <typename Traits>
void HashTable<Traits>::lay_out(const Contents& contents, Segment* low, Segment* high) {
  low->due = std::min(low->due, contents.due);
  if (high != nullptr) high->due = contents.due;
  for (uint32_t b = 0; b < contents.count; ++b) {
    const Bucket& bucket = contents.buckets[b];
    if (b + 1 < contents.count) {
      const Bucket& next = contents.buckets[b + 1];
      for_each_place(next.occupied(), [&](uint32_t place) { base::prefetch(next.entry(place)); });
    }
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      Entry* entry = entry_at(bucket, place);
      const uint64_t path = path_of(*entry);
      Segment* to = high != nullptr && ((path << (high->depth() - 1)) >> 63) != 0 ? high : low;
      const ShortTick due = Traits::timed(*entry) ? bucket.due() : ShortTick();
      if (this->place(*to, path, bucket.tags[place], entry, due)) return;
      resize(*to, to->bucket_count() + Chunk::kBuckets);  // an uneven split: hardly ever
      CHECK(this->place(*to, path, bucket.tags[place], entry, due));
    });
  }
}

template <typename Traits>
void HashTable<Traits>::resize(Segment& segment, uint32_t bucket_count) {
  const Contents contents(segment);
  index_bytes_ += bucket_count * sizeof(Bucket) - segment.bucket_count() * sizeof(Bucket);
  segment.array.resize(bucket_count);
  segment.size = 0;
  lay_out(contents, &segment, nullptr);
  point_at(segment);
}

template <typename Traits>
void HashTable<Traits>::split(Segment& segment) {
  constexpr int kMaxDepth = 26;
  CHECK(segment.depth() < kMaxDepth);
  if (segment.depth() == depth_) double_directory();
  const Contents contents(segment);
  const int depth = segment.depth() + 1;
  const uint64_t prefix = segment.prefix;
  const uint32_t half = fitting_bucket_count(segment.size / 2, 80);
  free_segment(&segment);
  Segment* low = make_segment(prefix, depth, half);
  Segment* high = make_segment(prefix | (uint64_t{1} << (64 - depth)), depth, half);
  lay_out(contents, low, high);
  point_at(*low);
  point_at(*high);
}

// A segment below a quarter of its places gives some back, so that it is about half full.
template <typename Traits>
void HashTable<Traits>::shrink_path(uint64_t path) {
  if (size() == 0) return clear();
  if (directory_ == nullptr) {
    if (small_count_ > 1 && size() <= place_count(small_count_) / 4) resize_small(small_count_ / 2U);
    return;
  }
  Segment& segment = segment_of(path);
  if (segment.size >= place_count(segment.bucket_count()) / 4) return;
  if (segment.depth() > 0 && merge_with_buddy(segment)) return;
  if (segment.depth() == 0 && segment.size <= place_count(kMostSmall) / 2) return become_small();
  const uint32_t wanted = fitting_bucket_count(segment.size, 50);
  if (wanted < segment.bucket_count()) resize(segment, wanted);
}

// Buddies are the two segments that a split makes. They merge when half the places of the
// smallest that may split hold both.
template <typename Traits>
bool HashTable<Traits>::merge_with_buddy(Segment& segment) {
  const uint64_t buddy_bit = uint64_t{1} << (64 - segment.depth());
  Segment& buddy = segment_of(segment.prefix ^ buddy_bit);
  if (buddy.depth() != segment.depth() || segment.size + buddy.size > place_count(kFewestToSplit) / 2) return false;
  const uint32_t wanted = fitting_bucket_count(segment.size + buddy.size, 66);
  Segment* merged = make_segment(segment.prefix & ~buddy_bit, segment.depth() - 1, wanted);
  lay_out(Contents(segment), merged, nullptr);
  lay_out(Contents(buddy), merged, nullptr);
  point_at(*merged);
  free_segment(&segment);
  free_segment(&buddy);
  while (deepest_ == 0 && depth_ > 0) halve_directory();
  return true;
}

// Slots without content.
template <typename Traits>
void HashTable<Traits>::make_directory(int depth) {
  depth_ = static_cast<uint8_t>(depth);
  deepest_ = 0;
  directory_ = static_cast<BucketArray*>(allocate_lines(directory_bytes(slots())));
  index_bytes_ += allocation_size(directory_bytes(slots()));
}

template <typename Traits>
void HashTable<Traits>::free_directory(BucketArray* directory, uint64_t slots) {
  index_bytes_ -= allocation_size(directory_bytes(slots));
  release(directory, directory_bytes(slots));
}

template <typename Traits>
void HashTable<Traits>::double_directory() {
  BucketArray* const old = directory_;
  Segment** const old_owners = owners();
  const uint64_t old_slots = slots();
  make_directory(depth_ + 1);
  for (uint64_t at = 0; at < old_slots; ++at) {
    directory_[2 * at] = directory_[2 * at + 1] = old[at];
    owners()[2 * at] = owners()[2 * at + 1] = old_owners[at];
  }
  free_directory(old, old_slots);
}

// REQUIRES: no segment has the directory's depth.
template <typename Traits>
void HashTable<Traits>::halve_directory() {
  BucketArray* const old = directory_;
  Segment** const old_owners = owners();
  const uint64_t old_slots = slots();
  make_directory(depth_ - 1);
  for (uint64_t at = 0; at < slots(); ++at) {
    directory_[at] = old[2 * at];
    owners()[at] = old_owners[2 * at];
    if (owners()[at]->depth() == depth_) ++deepest_;
  }
  free_directory(old, old_slots);
}

}  // namespace structures
