// HotKeys: the keys that one thread's commands use most, in windows of time; by requests, time and bytes.
//
// Of a share of the commands, chosen at random, each key is counted; so the figures are estimates, and what is rare is
// not seen. The keys of a window that are used most are found with a few counters each (Space-Saving, A. Metwally, D.
// Agrawal, A. El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005): a key
// without a counter takes the least one over, and its count, which is then known to be too high by that much. What is
// told is what a key has for certain.
//
// Cost     one subtraction a command; 0.1 us for each that is chosen. 30 KB a thread, once there was one.
// Limits   the first kMostKeys keys of a command count, each for its share of time and bytes; of a key the first
//          kMostKeyBytes.
// Threads  is_due() and add() on the thread; the rest any. The mutex is a leaf.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace metrics {

enum class HotBy : uint8_t { kRequests, kNanoseconds, kBytes };
constexpr size_t kHotBys = 3;

struct HotKey {
  std::string key;
  uint32_t database = 0;
  std::array<uint64_t, kHotBys> weights{};  // by HotBy, of the commands that were chosen
};

class HotKeys {
 public:
  static constexpr size_t kMostKeys = 16, kMostKeyBytes = 1024;

  struct Options {
    bool enabled = true;
    uint32_t percent = 1;    // of the commands, 1..100
    uint32_t window_s = 10;  // not 0
  };

  // To be asked once a command: whether it is chosen.
  bool is_due() { return --wait_ == 0; }
  struct Use {
    uint64_t hash;
    std::string_view key;
  };
  // The keys of a command that is chosen, or of none, which only draws when the next one is. `generation` changes when
  // all keys have gone, and what was counted with them.
  void add(const Options& options, base::Random& random, int64_t now_s, uint64_t generation, uint32_t database,
           std::span<const Use> uses, uint64_t ns, uint64_t bytes);
  // The keys of the last window that is over, in no order.
  std::vector<HotKey> last(const Options& options, int64_t now_s, uint64_t generation);
  void reset();

 private:
  static constexpr size_t kCounters = 64;

  // A counter's weight is what its place is by; its key has what came since the counter is its own.
  struct Counters {
    size_t size = 0;
    std::array<uint64_t, kCounters> hashes, weights;
    std::array<HotKey, kCounters> keys;

    size_t find(uint64_t hash, std::string_view key, uint32_t database) const;
    size_t place_for(uint64_t weight);
    void count(HotBy by, uint64_t hash, std::string_view key, const HotKey& weights);
  };
  struct Window {
    int64_t number = -1;
    std::unique_ptr<std::array<Counters, kHotBys>> counters;  // made by the first command that is chosen
  };

  void turn(int64_t number, uint64_t generation);

  uint32_t wait_ = 1;
  std::mutex mutex_;
  uint64_t generation_ = 0;
  Window present_, before_;
};

// Adds up what several threads have of the same keys, and sorts them: the most used first.
std::vector<HotKey> merge_hot_keys(std::vector<HotKey> keys, HotBy by, size_t most);

}  // namespace metrics
