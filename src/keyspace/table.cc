#include "keyspace/table.h"

#include <algorithm>
#include <utility>

#include "keyspace/block_source.h"
#include "keyspace/memory.h"

namespace keyspace {
namespace {

constexpr uint32_t kMostBuckets = BucketArray::kMostBuckets;
constexpr uint32_t kFewestToSplit = 64;
constexpr int kMaxDepth = 26;

uint32_t capacity(uint32_t buckets) { return buckets * Bucket::kPlaces; }

// 1, 2, 4, 8, 16, 24, ... 80, 96, 112, 128: a step is at least an eighth, so that few entries move for each insert.
uint32_t next_bucket_count(uint32_t count) {
  if (count < BucketArray::kChunkBuckets) return count * 2;
  return count + BucketArray::kChunkBuckets * (count < 80 ? 1 : 2);
}

// The fewest buckets whose places `size` entries fill to at most `percent`; never more than a segment may have.
uint32_t fitting_bucket_count(uint32_t size, uint32_t percent) {
  uint32_t count = 1;
  while (count < kMostBuckets && size * 100 > capacity(count) * percent) count = next_bucket_count(count);
  return count;
}

// How many buckets a segment may have before it splits: 64 to 128, with all sizes about equally frequent on a scale of
// logarithms. Hashing fills all segments evenly; with one limit they would all be just split, and sparse, at once.
uint32_t split_bucket_count(const Segment& segment) {
  constexpr uint32_t kLimits[] = {kFewestToSplit, 72, 80, 96, 96, 112, 112, kMostBuckets};
  const uint64_t mixed = (segment.prefix + static_cast<uint64_t>(segment.depth())) * 0x9e3779b97f4a7c15;
  return kLimits[mixed >> 61];
}

// A segment grows when 92 of 100 places are taken.
bool is_full(const Segment& segment) { return segment.size * 100 >= capacity(segment.bucket_count()) * 92; }

// A chunk, or the buckets of a table too small for one. Sanitizers watch the C library's allocator, so their builds use
// it for both.
#ifdef SIGRUN_SANITIZED
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif
static_assert(kChunkBytes == BucketArray::kChunkBuckets * sizeof(Bucket));

void* take_storage(uint32_t buckets) {
  const size_t bytes = std::min(buckets, BucketArray::kChunkBuckets) * sizeof(Bucket);
  if (!kPooled || bytes < kChunkBytes) return allocate_lines(bytes);
  count_memory(kChunkBytes);
  return chunks().take();
}

void give_storage_back(void* storage, uint32_t buckets) {
  const size_t bytes = std::min(buckets, BucketArray::kChunkBuckets) * sizeof(Bucket);
  if (!kPooled || bytes < kChunkBytes) return release(storage, bytes);
  count_memory(-int64_t{kChunkBytes});
  chunks().give_back(storage);
}

uint32_t chunk_count(uint32_t buckets) {
  return (buckets + BucketArray::kChunkBuckets - 1) / BucketArray::kChunkBuckets;
}

}  // namespace

void BucketArray::resize(uint32_t buckets) {
  const bool keeps = buckets >= kChunkBuckets && count >= kChunkBuckets;  // the chunks that both have
  const uint32_t kept = keeps ? std::min(chunk_count(buckets), chunk_count(count)) : 0;
  for (uint32_t at = kept; at < chunk_count(count); ++at) give_storage_back(chunk(at), count);
  for (uint32_t at = kept; at < chunk_count(buckets); ++at)
    set_chunk(at, static_cast<Bucket*>(take_storage(buckets)));
  count = static_cast<uint8_t>(buckets);
  for (uint32_t bucket = 0; bucket < buckets; ++bucket) at(bucket).make_empty();
}

struct Table::Contents {
  explicit Contents(const Segment& segment) : count(segment.bucket_count()), due(segment.due) {
    for (uint32_t at = 0; at < count; ++at) buckets[at] = segment.bucket(at);
  }
  uint32_t count;
  Tick due;
  Bucket buckets[kMostBuckets];
};

Table::Position Table::find(const Key& key) const {
  if (directory_ == nullptr) return {};
  const uint64_t path = hash_->path(key.hash);
  const uint8_t tag = KeyHash::tag(key.hash);
  const Slot& slot = slot_of(path);
  const uint32_t home = slot.array.home(path);
  uint32_t at = home;
  const Bucket* bucket = &slot.array.at(home);
  const uint32_t last_step = bucket->reach;
  for (uint32_t step = 0;; ++step) {
    for (uint32_t bits = bucket->match(tag); bits != 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      Entry* entry = bucket->entry(place);
      if (entry->key() == key.text) return {entry, slot.segment, at, place};
    }
    if (step == last_step) return {};
    at = slot.array.after(home, step + 1);
    bucket = &slot.array.at(at);
  }
}

void Table::prefetch_bucket(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = hash_->path(hash);
  const BucketArray& array = slot_of(path).array;
  __builtin_prefetch(&array.at(array.home(path)));
}

void Table::prefetch_entry(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = hash_->path(hash);
  const BucketArray& array = slot_of(path).array;
  const Bucket& bucket = array.at(array.home(path));
  for (uint32_t bits = bucket.match(KeyHash::tag(hash)); bits != 0; bits &= bits - 1) {
    const auto* entry = reinterpret_cast<const char*>(bucket.entry(static_cast<uint32_t>(std::countr_zero(bits))));
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 64);
  }
}

void Table::insert(uint64_t hash, Entry* entry, Tick due) {
  const uint64_t path = hash_->path(hash);
  if (directory_ == nullptr) {
    directory_ = static_cast<Slot*>(allocate_lines(sizeof(Slot)));
    index_bytes_ += allocation_size(sizeof(Slot));
    Segment* first = make_segment(0, 0, 1);
    point_at(*first);
  }
  if (is_full(*slot_of(path).segment)) make_room(path);
  while (!place(*slot_of(path).segment, path, KeyHash::tag(hash), entry, ShortTick(due))) make_room(path);
  Segment& segment = *slot_of(path).segment;
  segment.due = std::min(segment.due, due);
  due_ = std::min(due_, due);
  count_entries(1);
  if (entry->has_expiry()) ++expiring_;
}

// Puts the entry in its home or the next bucket with an empty place; false when there is none in reach.
bool Table::place(Segment& segment, uint64_t path, uint8_t tag, Entry* entry, ShortTick due) {
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

void Table::replace(const Position& at, Entry* entry, Tick due) {
  Bucket& bucket = at.segment->bucket(at.bucket);
  expiring_ += static_cast<uint64_t>(entry->has_expiry());
  expiring_ -= static_cast<uint64_t>(at.entry->has_expiry());
  bucket.set(at.place, bucket.tags[at.place], entry);
  if (due != kNever) note_due(at, due);
}

void Table::note_due(const Position& at, Tick due) {
  Bucket& bucket = at.segment->bucket(at.bucket);
  const ShortTick noted(due);
  if (noted.before(bucket.due())) bucket.set_due(noted);
  at.segment->due = std::min(at.segment->due, due);
  due_ = std::min(due_, due);
}

Entry* Table::erase(const Position& at) {
  Segment& segment = *at.segment;
  Bucket& bucket = segment.bucket(at.bucket);
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
    at += uint64_t{1} << (depth_ - segment->depth());
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
  segment->array.depth = static_cast<uint8_t>(depth);
  segment->array.resize(bucket_count);
  index_bytes_ += allocation_size(sizeof(Segment)) + bucket_count * sizeof(Bucket);
  ++segments_;
  return segment;
}

void Table::free_segment(Segment* segment) {
  index_bytes_ -= allocation_size(sizeof(Segment)) + segment->bucket_count() * sizeof(Bucket);
  segment->array.resize(0);
  release(segment, sizeof(Segment));
  --segments_;
}

// Makes every directory slot of the segment's prefix point at it.
void Table::point_at(const Segment& segment) {
  const uint64_t first = depth_ == 0 ? 0 : segment.prefix >> (64 - depth_);
  const uint64_t count = uint64_t{1} << (depth_ - segment.depth());
  for (uint64_t at = first; at < first + count; ++at) directory_[at] = {segment.array, const_cast<Segment*>(&segment)};
}

void Table::make_room(uint64_t path) {
  Segment& segment = *slot_of(path).segment;
  if (segment.bucket_count() < split_bucket_count(segment)) {
    resize(segment, next_bucket_count(segment.bucket_count()));
  } else {
    split(segment);
  }
}

// Puts every entry into `low` or, where the bit after low's depth says so, into `high` (null: all into low). A bucket's
// expiry bound goes along with each of its entries that expires.
void Table::lay_out(const Contents& contents, Segment* low, Segment* high) {
  low->due = std::min(low->due, contents.due);
  if (high != nullptr) high->due = contents.due;
  for (uint32_t b = 0; b < contents.count; ++b) {
    const Bucket& bucket = contents.buckets[b];
    if (b + 1 < contents.count) {
      const Bucket& next = contents.buckets[b + 1];
      for_each_place(next.occupied(), [&](uint32_t place) { __builtin_prefetch(next.entry(place)); });
    }
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      Entry* entry = bucket.entry(place);
      const uint64_t path = path_of(*entry);
      Segment* to = high != nullptr && ((path << (high->depth() - 1)) >> 63) != 0 ? high : low;
      const ShortTick due = entry->has_expiry() ? bucket.due() : ShortTick();
      if (this->place(*to, path, bucket.tags[place], entry, due)) return;
      resize(*to, next_bucket_count(to->bucket_count()));  // an uneven split: hardly ever
      CHECK(this->place(*to, path, bucket.tags[place], entry, due));
    });
  }
}

void Table::resize(Segment& segment, uint32_t bucket_count) {
  const Contents contents(segment);
  index_bytes_ += bucket_count * sizeof(Bucket) - segment.bucket_count() * sizeof(Bucket);
  segment.array.resize(bucket_count);
  segment.size = 0;
  lay_out(contents, &segment, nullptr);
  point_at(segment);
}

void Table::split(Segment& segment) {
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
void Table::shrink_path(uint64_t path) {
  if (directory_ == nullptr) return;
  if (size() == 0) return clear();
  Segment& segment = *slot_of(path).segment;
  if (segment.size >= capacity(segment.bucket_count()) / 4) return;
  if (segment.depth() > 0 && merge_with_buddy(segment)) return;
  const uint32_t wanted = fitting_bucket_count(segment.size, 50);
  if (wanted < segment.bucket_count()) resize(segment, wanted);
}

// Buddies are the two segments that a split makes. They merge when half the places of the
// smallest that may split hold both.
bool Table::merge_with_buddy(Segment& segment) {
  const uint64_t buddy_bit = uint64_t{1} << (64 - segment.depth());
  Segment& buddy = *slot_of(segment.prefix ^ buddy_bit).segment;
  if (buddy.depth() != segment.depth() || segment.size + buddy.size > capacity(kFewestToSplit) / 2) return false;
  const uint32_t wanted = fitting_bucket_count(segment.size + buddy.size, 66);
  Segment* merged = make_segment(segment.prefix & ~buddy_bit, segment.depth() - 1, wanted);
  lay_out(Contents(segment), merged, nullptr);
  lay_out(Contents(buddy), merged, nullptr);
  point_at(*merged);
  free_segment(&segment);
  free_segment(&buddy);
  return true;
}

void Table::double_directory() {
  auto* larger = static_cast<Slot*>(allocate_lines(2 * slots() * sizeof(Slot)));
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
  for (uint32_t b = segment.array.home(path); b < segment.bucket_count() && count > 0; ++b) {
    const Bucket& bucket = segment.bucket(b);
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
  return segment.depth() == 0 ? 0 : segment.prefix + (uint64_t{1} << (64 - segment.depth()));
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
