#include "metrics/hot_keys.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace metrics {

namespace {

// How many commands on the next one is chosen, if each is with this probability.
uint32_t next_wait(uint32_t percent, base::Random& random) {
  if (percent >= 100) return 1;
  constexpr double kWhole = 9007199254740992.0;  // 2^53
  const double uniform = (static_cast<double>(random.next() >> 11) + 1) / kWhole;
  return 1 + static_cast<uint32_t>(std::log(uniform) / std::log1p(-static_cast<double>(percent) / 100));
}

}  // namespace

void HotKeys::turn(int64_t number, uint64_t generation) {
  if (generation != generation_) present_ = {}, before_ = {};
  generation_ = generation;
  // Threads' clocks differ a little: who reads may be behind the window that has just begun.
  if (present_.number == number || present_.number == number + 1) return;
  before_ = present_.number == number - 1 ? std::move(present_) : Window{};
  present_ = {};
  present_.number = number;
}

size_t HotKeys::Counters::find(uint64_t hash, std::string_view key, uint32_t database) const {
  for (size_t at = 0; at < size; ++at) {
    if (hashes[at] == hash && keys[at].database == database && keys[at].key == key) return at;
  }
  return size;
}

// A place for a key that has none, with what has to be counted there already: the least one's, if all are taken.
size_t HotKeys::Counters::place_for(uint64_t weight) {
  if (size < kCounters) {
    weights[size] = weight;
    return size++;
  }
  const auto least = static_cast<size_t>(std::ranges::min_element(weights) - weights.begin());
  weights[least] += weight;
  return least;
}

void HotKeys::Counters::count(HotBy by, uint64_t hash, std::string_view key, const HotKey& more) {
  const uint64_t weight = more.weights[static_cast<size_t>(by)];
  if (weight == 0) return;
  size_t at = find(hash, key, more.database);
  if (at < size) {
    weights[at] += weight;
    for (size_t of = 0; of < kHotBys; ++of) keys[at].weights[of] += more.weights[of];
    return;
  }
  at = place_for(weight);
  hashes[at] = hash;
  keys[at].key.assign(key);
  keys[at].database = more.database;
  keys[at].weights = more.weights;
}

void HotKeys::add(const Options& options, base::Random& random, int64_t now_s, uint64_t generation, uint32_t database,
                  std::span<const Use> uses, uint64_t ns, uint64_t bytes) {
  wait_ = next_wait(options.percent, random);
  if (!options.enabled || uses.empty()) return;
  const HotKey weights{.key = {}, .database = database, .weights = {1, ns / uses.size(), bytes / uses.size()}};
  const std::lock_guard hold(mutex_);
  turn(now_s / options.window_s, generation);
  if (present_.counters == nullptr) present_.counters = std::make_unique<std::array<Counters, kHotBys>>();
  for (const Use& use : uses) {
    for (size_t by = 0; by < kHotBys; ++by) {
      (*present_.counters)[by].count(static_cast<HotBy>(by), use.hash, use.key.substr(0, kMostKeyBytes), weights);
    }
  }
}

std::vector<HotKey> HotKeys::last(const Options& options, int64_t now_s, uint64_t generation) {
  const std::lock_guard hold(mutex_);
  turn(now_s / options.window_s, generation);
  if (before_.counters == nullptr) return {};
  std::map<std::pair<uint32_t, std::string>, HotKey> found;
  for (const Counters& counters : *before_.counters) {
    for (size_t at = 0; at < counters.size; ++at) {
      HotKey& key = found[{counters.keys[at].database, counters.keys[at].key}];
      // Each counter knows of the key what came since it was the key's.
      for (size_t of = 0; of < kHotBys; ++of) {
        key.weights[of] = std::max(key.weights[of], counters.keys[at].weights[of]);
      }
    }
  }
  std::vector<HotKey> keys;
  for (auto& [name, key] : found) {
    key.database = name.first;
    key.key = name.second;
    keys.push_back(std::move(key));
  }
  return keys;
}

void HotKeys::reset() {
  const std::lock_guard hold(mutex_);
  present_ = {};
  before_ = {};
}

std::vector<HotKey> merge_hot_keys(std::vector<HotKey> keys, HotBy by, size_t most) {
  std::map<std::pair<uint32_t, std::string>, HotKey> sums;
  for (HotKey& key : keys) {
    const auto [sum, fresh] = sums.try_emplace({key.database, key.key}, key);
    if (fresh) continue;
    for (size_t at = 0; at < kHotBys; ++at) sum->second.weights[at] += key.weights[at];
  }
  keys.clear();
  for (auto& [name, key] : sums) keys.push_back(std::move(key));
  const auto at = static_cast<size_t>(by);
  std::ranges::sort(keys, [at](const HotKey& a, const HotKey& b) { return a.weights[at] > b.weights[at]; });
  if (keys.size() > most) keys.resize(most);
  std::erase_if(keys, [at](const HotKey& key) { return key.weights[at] == 0; });
  return keys;
}

}  // namespace metrics
