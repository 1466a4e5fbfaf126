#include "keyspace/eviction.h"

#include <algorithm>

namespace keyspace {
namespace {

bool only_volatile(EvictionPolicy policy) { return policy >= EvictionPolicy::kVolatileLru; }

// How good a victim is; the largest goes.
uint64_t badness(const Entry& entry, const Unit& unit, EvictionPolicy policy) {
  switch (policy) {
    case EvictionPolicy::kAllKeysLru:
    case EvictionPolicy::kVolatileLru: return idle_steps(entry, unit.now_ms);
    case EvictionPolicy::kAllKeysLfu:
    case EvictionPolicy::kVolatileLfu: return 255 - lfu_counter(entry, unit.now_ms, unit.lfu_settings);
    case EvictionPolicy::kVolatileTtl: return ~static_cast<uint64_t>(entry.expiry_ms());
    default: return 0;
  }
}

// More than this share of a sample on probation, and probation loses one.
constexpr size_t kProbationShare = 8;

size_t choose(const std::vector<Table::Position>& sampled, const Unit& unit, EvictionPolicy policy) {
  const bool lru = policy == EvictionPolicy::kAllKeysLru || policy == EvictionPolicy::kVolatileLru;
  const auto on_probation = static_cast<size_t>(
      std::count_if(sampled.begin(), sampled.end(), [](const auto& at) { return !at.entry->touched(); }));
  const bool from_probation = lru && on_probation * kProbationShare > sampled.size();
  size_t best = sampled.size();
  uint64_t worst = 0;
  for (size_t at = 0; at < sampled.size(); ++at) {
    const Entry& entry = *sampled[at].entry;
    if (from_probation && entry.touched()) continue;
    const uint64_t score = badness(entry, unit, policy);
    if (best == sampled.size() || score > worst) {
      best = at;
      worst = score;
    }
  }
  return best;
}

// Samples of the shard's databases, and evicts one of them.
bool evict_from_shard(Unit& unit, uint32_t shard, EvictionPolicy policy, uint32_t samples) {
  std::vector<Table::Position> sampled;
  const uint32_t databases = unit.keyspace.database_count();
  const auto first = static_cast<uint32_t>(unit.random.below(databases));
  for (uint32_t step = 0; step < databases; ++step) {
    Table* table = unit.keyspace.existing_table(unit.locks, shard, (first + step) % databases);
    if (table == nullptr || table->size() == 0) continue;
    sampled.clear();
    if (only_volatile(policy)) {
      if (table->expiring() > 0) table->sample_expiring(unit.random.next(), samples, sampled);
    } else {
      table->sample(unit.random.next(), samples, sampled);
    }
    if (sampled.empty()) continue;
    const Table::Position& victim = sampled[choose(sampled, unit, policy)];
    const uint64_t hash = unit.keyspace.hash()(victim.entry->key());
    if (victim.entry->has_expiry()) table->count_expiring(-1);
    discard(table->erase(victim), unit.garbage);
    table->shrink(hash);
    unit.stats.evicted_keys.add();
    unit.stats.changes.add();
    return true;
  }
  return false;
}

}  // namespace

bool evict_one(Unit& unit, EvictionPolicy policy, uint32_t samples) {
  if (policy == EvictionPolicy::kNoEviction) return false;
  const uint32_t shards = unit.keyspace.shard_count();
  const auto first = static_cast<uint32_t>(unit.random.below(shards));
  for (uint32_t step = 0; step < shards; ++step) {
    const uint32_t shard = (first + step) % shards;
    if (!unit.keyspace.try_acquire_shard(unit.locks, shard)) continue;
    const bool evicted = evict_from_shard(unit, shard, policy, samples);
    unit.keyspace.release(unit.locks);
    free_garbage(unit.garbage);
    if (evicted) return true;
  }
  return false;
}

}  // namespace keyspace
