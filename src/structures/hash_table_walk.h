// The walks over a HashTable: due entries, scan, random ones, every one. Included by hash_table.h alone.
#pragma once

#include "base/prefetch.h"
#include "structures/hash_table.h"

namespace structures {

template <typename Traits>
template <typename Visit>
void HashTable<Traits>::for_each_segment(Visit visit) const {
  for (uint64_t at = 0; at < slots();) {
    Segment& segment = *owners()[at];
    at += uint64_t{1} << (depth_ - segment.depth());
    visit(segment);
  }
}

template <typename Traits>
template <typename Visit>
void HashTable<Traits>::for_each_bucket(Visit visit) const {
  for (uint32_t b = 0; b < small_count_; ++b) visit(small_[b]);
  if (directory_ == nullptr) return;
  for_each_segment([&](Segment& segment) {
    for (uint32_t b = 0; b < segment.bucket_count(); ++b) visit(segment.bucket(b));
  });
}

template <typename Traits>
template <typename Visit>
bool HashTable<Traits>::visit_bucket(const Bucket& bucket, Visit visit) {
  for (uint32_t bits = bucket.occupied(); bits != 0; bits &= bits - 1) {
    if (!visit(*entry_at(bucket, static_cast<uint32_t>(std::countr_zero(bits))))) return false;
  }
  return true;
}

// The entries of the next bucket are asked of the memory while those of this one are visited.
template <typename Traits>
template <typename Visit>
bool HashTable<Traits>::visit_buckets(const Segment& segment, Visit visit) {
  const uint32_t count = segment.bucket_count();
  for (uint32_t b = 0; b < count; ++b) {
    if (b + 2 < count) base::prefetch(&segment.bucket(b + 2));
    if (b + 1 < count) prefetch_entries(segment.bucket(b + 1));
    if (!visit_bucket(segment.bucket(b), visit)) return false;
  }
  return true;
}

template <typename Traits>
template <typename Visit>
uint64_t HashTable<Traits>::visit_segment(uint64_t path, Visit visit) const {
  if (directory_ == nullptr) {
    for_each(visit);
    return 0;
  }
  const Segment& segment = segment_of(path);
  visit_buckets(segment, [&](Entry& entry) {
    visit(entry);
    return true;
  });
  return next_path(segment);
}

template <typename Traits>
template <typename Visit>
bool HashTable<Traits>::for_each_while(Visit visit) const {
  for (uint32_t b = 0; b < small_count_; ++b) {
    if (!visit_bucket(small_[b], visit)) return false;
  }
  if (directory_ == nullptr) return true;
  for (uint64_t slot = 0; slot < slots();) {
    const Segment& segment = *owners()[slot];
    slot += uint64_t{1} << (depth_ - segment.depth());
    if (!visit_buckets(segment, visit)) return false;
  }
  return true;
}

template <typename Traits>
template <typename Visit>
void HashTable<Traits>::for_each(Visit visit) const {
  for_each_while([&](Entry& entry) {
    visit(entry);
    return true;
  });
}

template <typename Traits>
template <typename Visit, typename Dead>
bool HashTable<Traits>::take_due(Tick now, int budget, Visit visit, Dead dead) {
  if (due_ > now) return true;
  Tick table_due = kNever;
  uint64_t sparse = 0;  // the path of a segment that lost entries, to be made smaller afterwards
  const uint64_t before = size();
  const bool stale = now - due_ > ShortTick::kHorizon;
  for (uint32_t b = 0; b < small_count_; ++b) {
    table_due = std::min(table_due, take_due_of({nullptr, &small_[b], 0, 0}, now, stale, budget, visit, dead));
  }
  if (directory_ != nullptr) {
    for_each_segment([&](Segment& segment) {
      if (segment.due <= now && budget > 0) {
        const uint32_t size = segment.size;
        take_due_of(segment, now, budget, visit, dead);
        if (segment.size < size) sparse = segment.prefix;
      }
      table_due = std::min(table_due, segment.due);
    });
  }
  due_ = table_due;
  if (size() < before) shrink_path(sparse);
  return due_ > now;
}

template <typename Traits>
template <typename Visit, typename Dead>
void HashTable<Traits>::take_due_of(Segment& segment, Tick now, int& budget, Visit visit, Dead dead) {
  // So late that short ticks no longer tell: every bucket with one is due.
  const bool stale = now - segment.due > ShortTick::kHorizon;
  Tick segment_due = kNever;
  const uint64_t slot = slot_of(segment.prefix);
  for (uint32_t b = 0; b < segment.bucket_count(); ++b) {
    const Position at{nullptr, &segment.bucket(b), slot, 0};
    segment_due = std::min(segment_due, take_due_of(at, now, stale, budget, visit, dead));
  }
  segment.due = segment_due;
}

// One bucket; returns its bound.
template <typename Traits>
template <typename Visit, typename Dead>
Tick HashTable<Traits>::take_due_of(Position at, Tick now, bool stale, int& budget, Visit visit, Dead dead) {
  Bucket& bucket = *at.bucket;
  if (bucket.due().never()) return kNever;
  Tick bucket_due = stale ? now : bucket.due().near(now);
  if (bucket_due > now || budget <= 0) return bucket_due;
  bucket_due = kNever;
  prefetch_entries(bucket);
  for_each_place(bucket.occupied(), [&](uint32_t place) {
    --budget;
    Entry* entry = entry_at(bucket, place);
    const Tick due = visit(*entry);
    if (due == 0) {
      if (Traits::expires(*entry)) --expiring_;
      dead(erase({entry, &bucket, at.slot, place}));
    } else {
      bucket_due = std::min(bucket_due, due);
    }
  });
  bucket.set_due(ShortTick(bucket_due));
  return bucket_due;
}

template <typename Traits>
template <typename Visit>
uint64_t HashTable<Traits>::scan(uint64_t path, Visit visit) const {
  if (size() == 0) return 0;
  if (directory_ == nullptr) {
    for_each([&](Entry& entry) {
      if (path == 0 || path_of(entry) >= path) visit(entry);
    });
    return 0;
  }
  const Segment& segment = segment_of(path);
  const uint32_t home = segment.array.home(path);
  for (uint32_t step = 0; step <= segment.bucket(home).reach; ++step) {
    const Bucket& bucket = segment.bucket(segment.array.after(home, step));
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      Entry* entry = entry_at(bucket, place);
      const uint64_t entry_path = path_of(*entry);
      if (entry_path >= path && segment.array.home(entry_path) == home) visit(*entry);
    });
  }
  for (uint32_t next = home + 1; next < segment.bucket_count(); ++next) {
    const Bucket& bucket = segment.bucket(next);
    if (bucket.reach > 0 || bucket.occupied() != 0) return segment.first_path(next);
  }
  return next_path(segment);
}

template <typename Traits>
template <typename Visit>
uint64_t HashTable<Traits>::scan_from(uint64_t cursor, uint64_t count, Visit visit) const {
  constexpr int kShift = 64 - 53;
  uint64_t path = cursor << kShift;
  uint64_t visited = 0;
  // A cursor is coarser than a path and rounded down, so a walk goes on, whatever the count, until its cursor rises.
  do {
    path = scan(path, [&](Entry& entry) {
      ++visited;
      visit(entry);
    });
  } while (path != 0 && (visited < count || path >> kShift <= cursor));
  return path >> kShift;
}

template <typename Traits>
template <typename Dead>
uint64_t HashTable<Traits>::drain(uint64_t path, Dead dead) {
  const auto drain_bucket = [&](Bucket& bucket) {
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      count_entries(-1);
      dead(entry_at(bucket, place));
      bucket.clear(place);
    });
  };
  if (directory_ == nullptr) {
    for_each_bucket(drain_bucket);
    return 0;
  }
  Segment& segment = segment_of(path);
  for (uint32_t b = 0; b < segment.bucket_count(); ++b) drain_bucket(segment.bucket(b));
  segment.size = 0;
  return next_path(segment);
}

// A random slot, accepted by its segment's share of it; then any place of the segment, accepted if it is taken: so
// every entry has the same chance. Half the slots or more pass, and half the places.
template <typename Traits>
auto HashTable<Traits>::random(base::Random& random) const -> Position {
  DCHECK(size() > 0);
  if (directory_ == nullptr) return random_small(random);
  for (int tries = 0; tries < 256; ++tries) {
    const uint64_t slot = random.below(slots());
    const BucketArray& array = directory_[slot];
    if (random.below(uint64_t{BucketArray::kMostBuckets} << (depth_ - array.depth)) >= array.count) continue;
    Bucket& bucket = array.at(static_cast<uint32_t>(random.below(array.count)));
    const auto place = static_cast<uint32_t>(random.below(Bucket::kPlaces));
    if (bucket.tags[place] != 0) return {entry_at(bucket, place), &bucket, slot, place};
  }
  std::vector<Position> found;  // a table that was emptied very unevenly: nearly fair is good enough
  sample(random.next(), 1, found);
  return found.front();
}

// Up to `count` entries that `wanted` likes, bucket after bucket from the home of `path` on; in that one the path's low
// bits choose the first place.
template <typename Traits>
template <typename Wanted>
void HashTable<Traits>::sample_segment(uint64_t path, uint32_t& count, std::vector<Position>& out,
                                       Wanted wanted) const {
  const Segment& segment = segment_of(path);
  auto skipped = static_cast<uint32_t>((path & 0xffff) % Bucket::kPlaces);
  for (uint32_t b = segment.array.home(path); b < segment.bucket_count() && count > 0; ++b) {
    Bucket& bucket = segment.bucket(b);
    const uint32_t occupied = bucket.occupied() >> skipped << skipped;
    skipped = 0;
    for (uint32_t bits = occupied; bits != 0 && count > 0; bits &= bits - 1) {
      const auto place = static_cast<uint32_t>(std::countr_zero(bits));
      if (!wanted(*entry_at(bucket, place))) continue;
      out.push_back({entry_at(bucket, place), &bucket, slot_of(path), place});
      --count;
    }
  }
}

template <typename Traits>
void HashTable<Traits>::sample(uint64_t random_path, uint32_t count, std::vector<Position>& out) const {
  if (size() == 0) return;
  const auto any = [](const Entry&) { return true; };
  if (directory_ == nullptr) return sample_small(random_path, count, out, any);
  uint64_t path = random_path;
  for (uint32_t steps = 0; steps <= segments_ && count > 0; ++steps) {
    sample_segment(path, count, out, any);
    path = next_path(segment_of(path));
  }
}

template <typename Traits>
void HashTable<Traits>::sample_expiring(uint64_t random_path, uint32_t count, std::vector<Position>& out) const {
  const auto expires = [](const Entry& entry) { return Traits::expires(entry); };
  if (directory_ == nullptr) return sample_small(random_path, count, out, expires);
  uint64_t path = random_path;
  for (uint32_t steps = 0; steps <= segments_ && count > 0; ++steps) {
    if (segment_of(path).due != kNever) sample_segment(path, count, out, expires);
    path = next_path(segment_of(path));
  }
}

}  // namespace structures
