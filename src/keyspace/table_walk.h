// The walks over a Table: due entries, scan, every entry. Included by table.h alone.
#pragma once

#include "keyspace/table.h"

namespace keyspace {

template <typename Visit, typename Dead>
bool Table::take_due(Tick now, int budget, Visit visit, Dead dead) {
  if (due_ > now) return true;
  Tick table_due = kNever;
  uint64_t sparse = 0;  // the path of a segment that lost entries, to be made smaller afterwards
  bool lost_some = false;
  for (uint64_t at = 0; at < slots();) {
    Segment& segment = *owners()[at];
    at += uint64_t{1} << (depth_ - segment.depth());
    if (segment.due <= now && budget > 0) {
      const uint32_t before = segment.size;
      take_due_of(segment, now, budget, visit, dead);
      if (segment.size < before) {
        sparse = segment.prefix;
        lost_some = true;
      }
    }
    table_due = std::min(table_due, segment.due);
  }
  due_ = table_due;
  if (lost_some) shrink_path(sparse);
  return due_ > now;
}

template <typename Visit, typename Dead>
void Table::take_due_of(Segment& segment, Tick now, int& budget, Visit visit, Dead dead) {
  // So late that short ticks no longer tell: every bucket with one is due.
  const bool stale = now - segment.due > ShortTick::kHorizon;
  Tick segment_due = kNever;
  for (uint32_t b = 0; b < segment.bucket_count(); ++b) {
    Bucket& bucket = segment.bucket(b);
    if (bucket.due().never()) continue;
    Tick bucket_due = stale ? now : bucket.due().near(now);
    if (bucket_due <= now && budget > 0) {
      bucket_due = kNever;
      for_each_place(bucket.occupied(), [&](uint32_t place) { __builtin_prefetch(bucket.entry(place)); });
      for_each_place(bucket.occupied(), [&](uint32_t place) {
        --budget;
        Entry* entry = bucket.entry(place);
        const Tick due = visit(*entry);
        if (due == 0) {
          --expiring_;
          dead(erase({entry, &bucket, slot_of(segment.prefix), place}));
        } else {
          bucket_due = std::min(bucket_due, due);
        }
      });
      bucket.set_due(ShortTick(bucket_due));
    }
    segment_due = std::min(segment_due, bucket_due);
  }
  segment.due = segment_due;
}

template <typename Visit>
uint64_t Table::scan(uint64_t path, Visit visit) const {
  if (size() == 0) return 0;
  const Segment& segment = segment_of(path);
  const uint32_t home = segment.array.home(path);
  for (uint32_t step = 0; step <= segment.bucket(home).reach; ++step) {
    const Bucket& bucket = segment.bucket(segment.array.after(home, step));
    for_each_place(bucket.occupied(), [&](uint32_t place) {
      Entry* entry = bucket.entry(place);
      const uint64_t entry_path = path_of(*entry);
      if (entry_path >= path && segment.array.home(entry_path) == home) visit(*entry);
    });
  }
  for (uint32_t next = home + 1; next < segment.bucket_count(); ++next) {
    const Bucket& bucket = segment.bucket(next);
    if (bucket.reach > 0 || bucket.occupied() != 0) return segment.first_path(next);
  }
  if (segment.depth() == 0) return 0;
  return segment.prefix + (uint64_t{1} << (64 - segment.depth()));  // wraps to 0 after the last
}

template <typename Visit>
void Table::for_each(Visit visit) const {
  if (directory_ == nullptr) return;
  for (uint64_t at = 0; at < slots();) {
    const Segment& segment = *owners()[at];
    at += uint64_t{1} << (depth_ - segment.depth());
    for (uint32_t b = 0; b < segment.bucket_count(); ++b) {
      const Bucket& bucket = segment.bucket(b);
      for_each_place(bucket.occupied(), [&](uint32_t place) { visit(*bucket.entry(place)); });
    }
  }
}

}  // namespace keyspace
