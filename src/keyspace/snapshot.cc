#include "keyspace/snapshot.h"

#include <algorithm>
#include <utility>

namespace keyspace {

void ShardSnapshot::add(uint32_t database) {
  parts_.push_back(std::make_unique<Part>(Part{.database = database}));
  by_database_[database] = parts_.back().get();
}

void ShardSnapshot::before_change(uint32_t database, uint64_t hash, const Entry& entry, CaptureSink& sink) {
  Part* const part = by_database_[database];
  if (part == nullptr || hash_.path(hash) < part->frontier || !part->noted.add(hash)) return;
  sink.capture(part->database, entry);
}

void ShardSnapshot::born(uint32_t database, uint64_t hash) {
  Part* const part = by_database_[database];
  if (part != nullptr && hash_.path(hash) >= part->frontier) part->noted.add(hash);
}

void ShardSnapshot::take(uint32_t database, Table table) {
  std::exchange(by_database_[database], nullptr)->own.emplace(std::move(table));
}

uint32_t ShardSnapshot::where(const Part& part) const {
  const auto found = std::find(by_database_.begin(), by_database_.end(), &part);
  CHECK(found != by_database_.end());
  return static_cast<uint32_t>(found - by_database_.begin());
}

void ShardSnapshot::finish(std::unique_ptr<Part>& part, std::vector<Table>& done) {
  if (part->own) {
    done.push_back(std::move(*part->own));
  } else {
    by_database_[where(*part)] = nullptr;
  }
  part.reset();
}

bool ShardSnapshot::walk(CaptureSink& sink, const std::function<Table*(uint32_t)>& table_of,
                         const std::function<bool()>& enough, std::vector<Table>& done) {
  while (!parts_.empty()) {
    Part& part = *parts_.back();
    const Table& table = part.own ? *part.own : *table_of(where(part));
    do {
      part.frontier = table.scan(part.frontier, [&](const Entry& entry) {
        if (!part.noted.empty() && part.noted.remove(hash_(entry.key()))) return;
        sink.capture(part.database, entry);
      });
      if (enough() && part.frontier != 0) return false;
    } while (part.frontier != 0);
    finish(parts_.back(), done);
    parts_.pop_back();
    if (enough()) break;
  }
  return parts_.empty();
}

uint64_t ShardSnapshot::memory_bytes() const {
  uint64_t bytes = 0;
  for (const auto& part : parts_) bytes += part->noted.memory_bytes();
  return bytes;
}

}  // namespace keyspace
