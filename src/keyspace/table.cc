#include "keyspace/table.h"

#include <algorithm>
#include <utility>

#include "keyspace/memory.h"

namespace keyspace {
namespace {

constexpr uint32_t kMostBuckets = BucketArray::kMostBuckets;
constexpr uint32_t kFewestToSplit = 64;
constexpr int kMaxDepth = 26;

uint32_t capacity(uint32_t buckets) { return buckets * Bucket::kPlaces; }

// The fewest buckets whose places `size` entries fill to at most `percent`; never more than a segment may have.
uint32_t fitting_bucket_count(uint32_t size, uint32_t percent) {
  uint32_t count = Chunk::kBuckets;
  while (count < kMostBuckets && size * 100 > capacity(count) * percent) count += Chunk::kBuckets;
  return count;
}

// How many buckets a segment may have before it splits: 64 to 120, and not all the same. Hashing fills all segments
// evenly; with one limit they would all be just split, and sparse, at once.
uint32_t split_bucket_count(const Segment& segment) {
  constexpr uint32_t kLimits[] = {kFewestToSplit, 72, 80, 88, 96, 104, 112, kMostBuckets};
  const uint64_t mixed = (segment.prefix + static_cast<uint64_t>(segment.depth())) * 0x9e3779b97f4a7c15;
  return kLimits[mixed >> 61];
}

// A segment grows when 92 of 100 places are taken.
bool is_full(const Segment& segment) { return segment.size * 100 >= capacity(segment.bucket_count()) * 92; }

}  // namespace

void BucketArray::resize(uint32_t buckets) {
  const uint32_t before = count / Chunk::kBuckets;
  const uint32_t after = buckets / Chunk::kBuckets;
  for (uint32_t at = after; at < before; ++at) give_chunk_back(chunk(at));
  for (uint32_t at = before; at < after; ++at) {
    const uint64_t offset = reinterpret_cast<uint64_t>(take_chunk()) - kWindowStart;
    chunks[at] = static_cast<uint32_t>(offset / sizeof(Chunk));
  }
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
  const uint64_t slot = slot_of(path);
  const BucketArray& array = directory_[slot];
  const uint32_t home = array.home(path);
  Bucket* bucket = &array.at(home);
  const uint32_t last_step = bucket->reach;
  for (uint32_t step = 0;; ++step) {
    for (uint32_t bits = bucket->match(tag); bits != 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      Entry* entry = bucket->entry(place);
      if (entry->key() == key.text) return {entry, bucket, slot, place};
    }
    if (step == last_step) return {};
    bucket = &array.at(array.after(home, step + 1));
  }
}

void Table::prefetch_bucket(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = hash_->path(hash);
  const BucketArray& array = array_of(path);
  __builtin_prefetch(&array.at(array.home(path)));
}

void Table::prefetch_entry(uint64_t hash) const {
  if (directory_ == nullptr) return;
  const uint64_t path = hash_->path(hash);
  const BucketArray& array = array_of(path);
  const Bucket& bucket = array.at(array.home(path));
  for (uint32_t bits = bucket.match(KeyHash::tag(hash)); bits != 0; bits &= bits - 1) {
    const auto* entry = reinterpret_cast<const char*>(bucket.entry(static_cast<uint32_t>(std::countr_zero(bits))));
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + 64);
  }
}

// Slots without content.
void Table::make_directory(int depth) {
  depth_ = depth;
  directory_ = static_cast<BucketArray*>(allocate_lines(directory_bytes(slots())));
  index_bytes_ += allocation_size(directory_bytes(slots()));
}

void Table::insert(uint64_t hash, Entry* entry, Tick due) {
  const uint64_t path = hash_->path(hash);
  if (directory_ == nullptr) {
    make_directory(0);
    point_at(*make_segment(0, 0, Chunk::kBuckets));
  }
  if (is_full(segment_of(path))) make_room(path);
  while (!place(segment_of(path), path, KeyHash::tag(hash), entry, ShortTick(due))) make_room(path);
  Segment& segment = segment_of(path);
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
  Bucket& bucket = *at.bucket;
  expiring_ += static_cast<uint64_t>(entry->has_expiry());
  expiring_ -= static_cast<uint64_t>(at.entry->has_expiry());
  bucket.set(at.place, bucket.tags[at.place], entry);
  if (due != kNever) note_due(at, due);
}

void Table::note_due(const Position& at, Tick due) {
  const ShortTick noted(due);
  if (noted.before(at.bucket->due())) at.bucket->set_due(noted);
  Segment& segment = *owners()[at.slot];
  segment.due = std::min(segment.due, due);
  due_ = std::min(due_, due);
}

Entry* Table::erase(const Position& at) {
  at.bucket->clear(at.place);
  --owners()[at.slot]->size;
  count_entries(-1);
  return at.entry;
}

void Table::clear() {
  if (directory_ == nullptr) return;
  for_each([](Entry& entry) { Entry::destroy(&entry); });
  for (uint64_t at = 0; at < slots();) {
    Segment* segment = owners()[at];
    at += uint64_t{1} << (depth_ - segment->depth());
    free_segment(segment);
  }
  release(directory_, directory_bytes(slots()));
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
  std::fill_n(directory_ + first, count, segment.array);
  std::fill_n(owners() + first, count, const_cast<Segment*>(&segment));
}

void Table::make_room(uint64_t path) {
  Segment& segment = segment_of(path);
  if (segment.bucket_count() < split_bucket_count(segment)) {
    resize(segment, segment.bucket_count() + Chunk::kBuckets);
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
      resize(*to, to->bucket_count() + Chunk::kBuckets);  // an uneven split: hardly ever
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
  Segment& segment = segment_of(path);
  if (segment.size >= capacity(segment.bucket_count()) / 4) return;
  if (segment.depth() > 0 && merge_with_buddy(segment)) return;
  const uint32_t wanted = fitting_bucket_count(segment.size, 50);
  if (wanted < segment.bucket_count()) resize(segment, wanted);
}

// Buddies are the two segments that a split makes. They merge when half the places of the
// smallest that may split hold both.
bool Table::merge_with_buddy(Segment& segment) {
  const uint64_t buddy_bit = uint64_t{1} << (64 - segment.depth());
  Segment& buddy = segment_of(segment.prefix ^ buddy_bit);
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
  BucketArray* const old = directory_;
  Segment** const old_owners = owners();
  const uint64_t old_slots = slots();
  make_directory(depth_ + 1);
  for (uint64_t at = 0; at < old_slots; ++at) {
    directory_[2 * at] = directory_[2 * at + 1] = old[at];
    owners()[2 * at] = owners()[2 * at + 1] = old_owners[at];
  }
  index_bytes_ -= allocation_size(directory_bytes(old_slots));
  release(old, directory_bytes(old_slots));
}

namespace {

// Up to `count` entries that `wanted` likes, bucket after bucket from the home of `path` on; in that one the path's low
// bits choose the first place.
template <typename Wanted>
void sample_segment(const Segment& segment, uint64_t slot, uint64_t path, uint32_t& count,
                    std::vector<Table::Position>& out, Wanted wanted) {
  auto skipped = static_cast<uint32_t>((path & 0xffff) % Bucket::kPlaces);
  for (uint32_t b = segment.array.home(path); b < segment.bucket_count() && count > 0; ++b) {
    Bucket& bucket = segment.bucket(b);
    const uint32_t occupied = bucket.occupied() >> skipped << skipped;
    skipped = 0;
    for (uint32_t bits = occupied; bits != 0 && count > 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      if (!wanted(*bucket.entry(place))) continue;
      out.push_back({bucket.entry(place), &bucket, slot, place});
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
    Segment& segment = segment_of(path);
    sample_segment(segment, slot_of(path), path, count, out, [](const Entry&) { return true; });
    path = next_segment_path(segment);
  }
}

void Table::sample_expiring(uint64_t random_path, uint32_t count, std::vector<Position>& out) const {
  uint64_t path = random_path;
  for (uint32_t steps = 0; steps <= segments_ && count > 0; ++steps) {
    Segment& segment = segment_of(path);
    if (segment.due != kNever) {
      sample_segment(segment, slot_of(path), path, count, out, [](const Entry& entry) { return entry.has_expiry(); });
    }
    path = next_segment_path(segment);
  }
}

}  // namespace keyspace
