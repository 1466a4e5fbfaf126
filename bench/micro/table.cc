// The key table alone: finding (one by one, and a pipeline of 16 prefetched), missing, inserting and erasing.
//
// The argument is the number of keys: 100 thousand lie in the caches, 5 million do not.
#include "keyspace/table.h"

#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/entry.h"
#include "keyspace/key_hash.h"

namespace {

using keyspace::Entry;
using keyspace::Key;

constexpr size_t kPipeline = 16;
constexpr size_t kSeries = 1 << 16;  // keys drawn ahead, so that drawing them is not measured

struct Name {
  char text[16];
  std::string_view view() const { return {text, sizeof text}; }
};

Name name_of(uint64_t number) {
  Name name{{'k', 'e', 'y', ':'}};
  for (size_t place = sizeof name.text; place-- > 4; number /= 10) {
    name.text[place] = static_cast<char>('0' + number % 10);
  }
  return name;
}

// A table of `count` keys, kept from one benchmark to the next of the same size.
struct Filled {
  keyspace::KeyHash hash{base::SipKey{1, 2}, 0};
  keyspace::Table table{&hash};
  uint64_t count = 0;

  explicit Filled(uint64_t keys) : count(keys) {
    for (uint64_t number = 0; number < keys; ++number) insert(number);
  }
  void insert(uint64_t number) {
    const Name name = name_of(number);
    static const std::string kValue(64, 'v');
    table.insert(hash(name.view()), Entry::create(table.pool(), name.view(), kValue, Entry::kNoExpiry),
                 keyspace::kNever);
  }
  std::vector<Name> series(uint64_t first) const {
    std::vector<Name> names(kSeries);
    uint64_t state = 88172645463325252;
    for (Name& name : names) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      name = name_of(first + state % count);
    }
    return names;
  }
  static Filled& of(uint64_t keys) {
    static std::unique_ptr<Filled> kept;
    if (!kept || kept->count != keys) kept = std::make_unique<Filled>(keys);
    return *kept;
  }
};

void find(benchmark::State& state, bool present) {
  Filled& filled = Filled::of(static_cast<uint64_t>(state.range(0)));
  const std::vector<Name> names = filled.series(present ? 0 : filled.count);
  size_t index = 0;
  for (auto _ : state) {
    const std::string_view text = names[index++ % kSeries].view();
    const Entry* entry = filled.table.find({text, filled.hash(text)}).entry;
    if ((entry != nullptr) != present) state.SkipWithError("found what is not there, or did not find what is");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(find, hit, true)->Arg(100'000)->Arg(5'000'000);
BENCHMARK_CAPTURE(find, miss, false)->Arg(100'000)->Arg(5'000'000);

void find_pipeline(benchmark::State& state) {
  Filled& filled = Filled::of(static_cast<uint64_t>(state.range(0)));
  const std::vector<Name> names = filled.series(0);
  std::array<Key, kPipeline> keys;
  size_t index = 0;
  for (auto _ : state) {
    for (Key& key : keys) {
      key.text = names[index++ % kSeries].view();
      key.hash = filled.hash(key.text);
      filled.table.prefetch_bucket(key.hash);
    }
    for (const Key& key : keys) filled.table.prefetch_entry(key.hash);
    for (const Key& key : keys) benchmark::DoNotOptimize(filled.table.find(key).entry->key_size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kPipeline));
}
BENCHMARK(find_pipeline)->Arg(100'000)->Arg(5'000'000);

// From empty to `count` keys.
void insert_all(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    auto filled = std::make_unique<Filled>(count);
    benchmark::DoNotOptimize(filled->table.size());
    state.PauseTiming();
    state.counters["index bytes a key"] = static_cast<double>(filled->table.index_bytes()) / static_cast<double>(count);
    filled.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(insert_all)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// One key goes and another comes, at a steady size.
void erase_and_insert(benchmark::State& state) {
  Filled filled(static_cast<uint64_t>(state.range(0)));
  uint64_t number = 0;
  for (auto _ : state) {
    const Name name = name_of(number);
    const auto at = filled.table.find({name.view(), filled.hash(name.view())});
    if (at.entry == nullptr) {
      state.SkipWithError("a key is missing");
      break;
    }
    Entry::destroy(filled.table.erase(at));
    filled.insert(filled.count + number++);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(erase_and_insert)->Arg(1'000'000);

}  // namespace
