#include "keyspace/large_reads.h"

#include <algorithm>

namespace keyspace {

void LargeReads::add(LargeRead& read) {
  const std::lock_guard hold(mutex_);
  reads_.push_back(&read);
  count_.store(reads_.size(), std::memory_order_relaxed);
}

void LargeReads::remove(LargeRead& read) {
  const std::lock_guard hold(mutex_);
  std::erase(reads_, &read);
  count_.store(reads_.size(), std::memory_order_relaxed);
}

LargeRead* LargeReads::of_key(uint64_t hash) {
  const std::lock_guard hold(mutex_);
  const auto found =
      std::find_if(reads_.begin(), reads_.end(), [hash](const LargeRead* read) { return read->key_hash == hash; });
  return found == reads_.end() ? nullptr : *found;
}

std::vector<LargeRead*> LargeReads::take(const uint64_t* word) {
  const std::lock_guard hold(mutex_);
  std::vector<LargeRead*> taken;
  std::erase_if(reads_, [&](LargeRead* read) {
    const bool concerned = word == nullptr || read->word == *word;
    if (concerned) taken.push_back(read);
    return concerned;
  });
  count_.store(reads_.size(), std::memory_order_relaxed);
  return taken;
}

// The shard's lock keeps them in being while they finish.
void LargeReads::finish(uint64_t word) {
  for (LargeRead* read : take(&word)) read->finish();
}

void LargeReads::before_all_change() {
  for (LargeRead* read : take(nullptr)) read->finish();
}

}  // namespace keyspace
