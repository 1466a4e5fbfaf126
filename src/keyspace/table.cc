#include "keyspace/table.h"

#include <algorithm>
#include <utility>

#include "keyspace/memory.h"

namespace keyspace {
namespace {

constexpr uint32_t kMaxBuckets = 64;
constexpr int kMaxDepth = 26;

// The next larger segment: 1, 2, 4, 8, 16, 32, 40, 48, 64 buckets, all of them sizes that the allocator has.
uint32_t next_bucket_count(uint32_t count) {
  if (count < 32) return count * 2;
  return count < 48 ? count + 8 : kMaxBuckets;
}

uint32_t capacity(uint32_t bucket_count) { return bucket_count * Bucket::kPlaces; }

// A segment grows when 7 of 8 places are taken.
bool is_full(const Segment& segment) { return segment.size >= capacity(segment.bucket_count) * 7 / 8; }

}  // namespace

Table::Position Table::find(const Key& key) const {
  if (directory_ == nullptr) return {};
  const uint64_t path = hash_->path(key.hash);
  const uint8_t tag = KeyHash::tag(key.hash);
  const Slot& slot = slot_of(path);
  const uint32_t home = slot.home(path);
  uint32_t at = home;
  const Bucket* bucket = &slot.buckets()[home];
  const uint32_t last_step = bucket->reach;
  for (uint32_t step = 0;; ++step) {
    for (uint32_t bits = bucket->match(tag); bits != 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      Entry* entry = bucket->entry(place);
      if (entry->key() == key.text) return {entry, slot.segment, at, place};
    }
    if (step == last_step) return {};
    at = slot.segment->after(home, step + 1);
    bucket = &slot.buckets()[at];
  }
}

void Table::prefetch_bucket(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = hash_->path(hash);
  const Slot& slot = slot_of(path);
  __builtin_prefetch(&slot.buckets()[slot.home(path)]);
}

void Table::prefetch_entry(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = hash_->path(hash);
  const Slot& slot = slot_of(path);
  const Bucket& bucket = slot.buckets()[slot.home(path)];
  for (uint32_t bits = bucket.match(KeyHash::tag(hash)); bits != 0; bits &= bits - 1) {
    const auto* entry = reinterpret_cast<const char*>(bucket.entry(static_cast<uint32_t>(std::countr_zero(bits))));
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 64);
  }
}

void Table::insert(uint64_t hash, Entry* entry, Tick due) {
  const uint64_t path = hash_->path(hash);
  if (directory_ == nullptr) {
    directory_ = static_cast<Slot*>(allocate(sizeof(Slot)));
    index_bytes_ += allocation_size(sizeof(Slot));
    Segment* first = make_segment(0, 0, 1);
    point_at(*first);
  }
  if (is_full(*slot_of(path).segment)) make_room(path);
  while (!place(*slot_of(path).segment, path, KeyHash::tag(hash), entry, due)) make_room(path);
  count_entries(1);
  if (due < due_) due_ = due;
  if (entry->has_expiry()) ++expiring_;
}

// Puts the entry in its home or the next bucket with an empty place; false when there is none in reach.
bool Table::place(Segment& segment, uint64_t path, uint8_t tag, Entry* entry, Tick due) {
  const uint32_t home = segment.home(path);
  for (uint32_t step = 0; step < segment.bucket_count; ++step) {
    const uint32_t at = segment.after(home, step);
    Bucket& bucket = segment.buckets[at];
    const uint32_t empty = bucket.match(0);
    if (empty == 0) continue;
    bucket.set(static_cast<uint32_t>(std::countr_zero(empty)), tag, entry);
    uint8_t& reach = segment.buckets[home].reach;
    if (step > reach) reach = static_cast<uint8_t>(step);
    ++segment.size;
    if (due != kNever) note_due({entry, &segment, at, 0}, due);
    return true;
  }
  return false;
}

void Table::replace(const Position& at, Entry* entry, Tick due) {
  Bucket& bucket = at.segment->buckets[at.bucket];
  expiring_ += static_cast<uint64_t>(entry->has_expiry());
  expiring_ -= static_cast<uint64_t>(at.entry->has_expiry());
  bucket.set(at.place, bucket.tags[at.place], entry);
  if (due != kNever) note_due(at, due);
}

void Table::note_due(const Position& at, Tick due) {
  Segment& segment = *at.segment;
  if (segment.bucket_due == nullptr) {
    const size_t bytes = segment.bucket_count * sizeof(Tick);
    segment.bucket_due = static_cast<Tick*>(allocate(bytes));
    index_bytes_ += allocation_size(bytes);
    std::fill_n(segment.bucket_due, segment.bucket_count, kNever);
  }
  segment.bucket_due[at.bucket] = std::min(segment.bucket_due[at.bucket], due);
  segment.due = std::min(segment.due, due);
  due_ = std::min(due_, due);
}

Entry* Table::erase(const Position& at) {
  Segment& segment = *at.segment;
  Bucket& bucket = segment.buckets[at.bucket];
  bucket.clear(at.place);
  --segment.size;
  count_entries(-1);
  return at.entry;
}

void Table::clear() {
  if (directory_ == nullptr) return;
  for_each([](Entry& entry) { Entry::destroy(&entry); });
  for (uint64_t at = 0; at < slots();) {
    Segment* segment = directory_[at].segment;
    at += uint64_t{1} << (depth_ - segment->depth);
    free_segment(segment);
  }
  release(directory_, slots() * sizeof(Slot));
  directory_ = nullptr;
  size_.store(0, std::memory_order_relaxed);
  expiring_ = index_bytes_ = 0;
  due_ = kNever;
  depth_ = 0;
}

void Table::swap(Table& other) noexcept {
  std::swap(hash_, other.hash_);
  std::swap(pool_, other.pool_);
  std::swap(directory_, other.directory_);
  const uint64_t size = this->size();
  size_.store(other.size(), std::memory_order_relaxed);
  other.size_.store(size, std::memory_order_relaxed);
  std::swap(expiring_, other.expiring_);
  std::swap(index_bytes_, other.index_bytes_);
  std::swap(due_, other.due_);
  std::swap(segments_, other.segments_);
  std::swap(depth_, other.depth_);
}

Segment* Table::make_segment(uint64_t prefix, int depth, uint32_t bucket_count) {
  auto* segment = new (allocate(sizeof(Segment))) Segment;
  segment->prefix = prefix;
  segment->depth = depth;
  segment->bucket_count = bucket_count;
  segment->buckets = static_cast<Bucket*>(allocate_lines(bucket_count * sizeof(Bucket)));
  std::memset(static_cast<void*>(segment->buckets), 0, bucket_count * sizeof(Bucket));
  index_bytes_ += allocation_size(sizeof(Segment)) + allocation_size(bucket_count * sizeof(Bucket));
  ++segments_;
  return segment;
}

void Table::free_segment(Segment* segment) {
  const size_t bucket_bytes = segment->bucket_count * sizeof(Bucket);
  index_bytes_ -= allocation_size(sizeof(Segment)) + allocation_size(bucket_bytes);
  if (segment->bucket_due != nullptr) {
    index_bytes_ -= allocation_size(segment->bucket_count * sizeof(Tick));
    release(segment->bucket_due, segment->bucket_count * sizeof(Tick));
  }
  release(segment->buckets, bucket_bytes);
  release(segment, sizeof(Segment));
  --segments_;
}

// Makes every directory slot of the segment's prefix point at it.
void Table::point_at(const Segment& segment) {
  const uint64_t first = depth_ == 0 ? 0 : segment.prefix >> (64 - depth_);
  const uint64_t count = uint64_t{1} << (depth_ - segment.depth);
  const uint64_t packed = (uint64_t{segment.bucket_count} << 56) | (static_cast<uint64_t>(segment.depth) << 48) |
                          reinterpret_cast<uint64_t>(segment.buckets);
  for (uint64_t at = first; at < first + count; ++at) directory_[at] = {packed, const_cast<Segment*>(&segment)};
}

void Table::make_room(uint64_t path) {
  Segment& segment = *slot_of(path).segment;
  if (segment.bucket_count < kMaxBuckets) {
    resize(segment, next_bucket_count(segment.bucket_count));
  } else {
    split(segment);
  }
}

// Copies every entry of `from` into `low` or, where the bit after low's depth says so, into `high` (null: all into
// low). A bucket's expiry bound goes along with each of its entries that expires.
void Table::move_entries(const Segment& from, Segment* low, Segment* high) {
  for (uint32_t b = 0; b < from.bucket_count; ++b) {
    const Bucket& bucket = from.buckets[b];
    if (b + 1 < from.bucket_count) {
      const Bucket& next = from.buckets[b + 1];
      for_each_place(next.occupied(), [&](uint32_t place) { __builtin_prefetch(next.entry(place)); });
    }
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      Entry* entry = bucket.entry(place);
      const uint64_t path = path_of(*entry);
      Segment* to = high != nullptr && ((path << (high->depth - 1)) >> 63) != 0 ? high : low;
      const Tick due = from.bucket_due != nullptr && entry->has_expiry() ? from.bucket_due[b] : kNever;
      CHECK(this->place(*to, path, bucket.tags[place], entry, due));
    });
  }
}

void Table::resize(Segment& segment, uint32_t bucket_count) {
  Segment old = segment;
  segment.bucket_count = bucket_count;
  segment.buckets = static_cast<Bucket*>(allocate_lines(bucket_count * sizeof(Bucket)));
  std::memset(static_cast<void*>(segment.buckets), 0, bucket_count * sizeof(Bucket));
  index_bytes_ += allocation_size(bucket_count * sizeof(Bucket)) - allocation_size(old.bucket_count * sizeof(Bucket));
  segment.bucket_due = nullptr;
  segment.due = kNever;
  segment.size = 0;
  move_entries(old, &segment, nullptr);
  if (old.bucket_due != nullptr) {
    index_bytes_ -= allocation_size(old.bucket_count * sizeof(Tick));
    release(old.bucket_due, old.bucket_count * sizeof(Tick));
  }
  release(old.buckets, old.bucket_count * sizeof(Bucket));
  point_at(segment);
}

void Table::split(Segment& segment) {
  CHECK(segment.depth < kMaxDepth);
  if (segment.depth == depth_) double_directory();
  const int depth = segment.depth + 1;
  constexpr uint32_t kHalfBuckets = 40;
  Segment* low = make_segment(segment.prefix, depth, kHalfBuckets);
  Segment* high = make_segment(segment.prefix | (uint64_t{1} << (64 - depth)), depth, kHalfBuckets);
  move_entries(segment, low, high);
  point_at(*low);
  point_at(*high);
  free_segment(&segment);
}

// A segment below a quarter of its places gives some back, so that it is about half full.
void Table::shrink_path(uint64_t path) {
  if (directory_ == nullptr) return;
  if (size() == 0) return clear();
  Segment& segment = *slot_of(path).segment;
  if (segment.size >= capacity(segment.bucket_count) / 4) return;
  if (segment.depth > 0 && merge_with_buddy(segment)) return;
  uint32_t wanted = 1;
  while (capacity(wanted) / 2 < segment.size) wanted = next_bucket_count(wanted);
  if (wanted < segment.bucket_count) resize(segment, wanted);
}

// Buddies are the two segments that a split makes. They merge when half a segment's places hold both.
bool Table::merge_with_buddy(Segment& segment) {
  const uint64_t buddy_bit = uint64_t{1} << (64 - segment.depth);
  Segment& buddy = *slot_of(segment.prefix ^ buddy_bit).segment;
  if (buddy.depth != segment.depth || segment.size + buddy.size > capacity(kMaxBuckets) / 2) return false;
  uint32_t wanted = 1;
  while (capacity(wanted) * 2 / 3 < segment.size + buddy.size) wanted = next_bucket_count(wanted);
  Segment* merged = make_segment(segment.prefix & ~buddy_bit, segment.depth - 1, wanted);
  move_entries(segment, merged, nullptr);
  move_entries(buddy, merged, nullptr);
  point_at(*merged);
  free_segment(&segment);
  free_segment(&buddy);
  return true;
}

void Table::double_directory() {
  auto* larger = static_cast<Slot*>(allocate(2 * slots() * sizeof(Slot)));
  for (uint64_t at = 0; at < slots(); ++at) larger[2 * at] = larger[2 * at + 1] = directory_[at];
  index_bytes_ += allocation_size(2 * slots() * sizeof(Slot)) - allocation_size(slots() * sizeof(Slot));
  release(directory_, slots() * sizeof(Slot));
  directory_ = larger;
  ++depth_;
}

namespace {

// Up to `count` entries that `wanted` likes, bucket after bucket from the home of `path` on; in that one the path's low
// bits choose the first place.
template <typename Wanted>
void sample_segment(Segment& segment, uint64_t path, uint32_t& count, std::vector<Table::Position>& out,
                    Wanted wanted) {
  auto skipped = static_cast<uint32_t>((path & 0xffff) % Bucket::kPlaces);
  for (uint32_t b = segment.home(path); b < segment.bucket_count && count > 0; ++b) {
    const Bucket& bucket = segment.buckets[b];
    const uint32_t occupied = bucket.occupied() >> skipped << skipped;
    skipped = 0;
    for (uint32_t bits = occupied; bits != 0 && count > 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      if (!wanted(*bucket.entry(place))) continue;
      out.push_back({bucket.entry(place), &segment, b, place});
      --count;
    }
  }
}

uint64_t next_segment_path(const Segment& segment) {
  return segment.depth == 0 ? 0 : segment.prefix + (uint64_t{1} << (64 - segment.depth));
}

}  // namespace

void Table::sample(uint64_t random_path, uint32_t count, std::vector<Position>& out) const {
  if (size() == 0) return;
  uint64_t path = random_path;
  for (uint32_t steps = 0; steps <= segments_ && count > 0; ++steps) {
    Segment& segment = *slot_of(path).segment;
    sample_segment(segment, path, count, out, [](const Entry&) { return true; });
    path = next_segment_path(segment);
  }
}

void Table::sample_expiring(uint64_t random_path, uint32_t count, std::vector<Position>& out) const {
  uint64_t path = random_path;
  for (uint32_t steps = 0; steps <= segments_ && count > 0; ++steps) {
    Segment& segment = *slot_of(path).segment;
    if (segment.due != kNever) {
      sample_segment(segment, path, count, out, [](const Entry& entry) { return entry.has_expiry(); });
    }
    path = next_segment_path(segment);
  }
}

}  // namespace keyspace
