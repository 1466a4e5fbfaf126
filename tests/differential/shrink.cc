// Delta debugging over streams. See shrink.h.
#include "shrink.h"

#include <algorithm>
#include <chrono>

namespace differential {

namespace {

constexpr size_t kReplaysMax = 2000;
constexpr std::chrono::seconds kTimeMax{40};  // A server that does not answer makes each replay slow.

class Shrinker {
 public:
  Shrinker(const Servers& servers, const Difference& seen, ReplayOptions options)
      : servers_(servers), seen_(seen), options_(options) {}

  Shrunk run(std::vector<Item> items) {
    Shrunk result;
    for (int attempt = 0; attempt < 3 && !result.stable; attempt++) result.stable = fails(items);
    result.items = std::move(items);
    result.difference = seen_;
    if (!result.stable) return result;
    remove_items(&result.items);
    remove_words(&result.items);
    remove_items(&result.items);
    result.difference = last_;
    return result;
  }

 private:
  bool fails(const std::vector<Item>& items) {
    if (++replays_ > kReplaysMax || std::chrono::steady_clock::now() - start_ > kTimeMax) return false;
    Outcome outcome = replay(servers_, items, options_);
    if (!outcome.difference || outcome.difference->name != seen_.name) return false;
    last_ = *outcome.difference;
    return true;
  }

  void remove_items(std::vector<Item>* items) {
    for (size_t chunk = std::max<size_t>(items->size() / 2, 1); chunk > 0; chunk /= 2) {
      for (size_t at = 0; at < items->size();) {
        std::vector<Item> fewer(items->begin(), items->begin() + static_cast<ptrdiff_t>(at));
        size_t rest = std::min(at + chunk, items->size());
        fewer.insert(fewer.end(), items->begin() + static_cast<ptrdiff_t>(rest), items->end());
        if (!fewer.empty() && fails(fewer)) {
          *items = std::move(fewer);
        } else {
          at += chunk;
        }
      }
    }
  }

  void remove_words(std::vector<Item>* items) {
    for (size_t i = 0; i < items->size(); i++) {
      if ((*items)[i].kind == Item::Kind::kScript) {
        remove_words_of_script(items, i);
        continue;
      }
      for (size_t at = (*items)[i].then.size(); at-- > 0;) {
        std::vector<Item> simpler = *items;
        simpler[i].then.erase(simpler[i].then.begin() + static_cast<ptrdiff_t>(at));
        if (fails(simpler)) *items = std::move(simpler);
      }
      for (size_t at = (*items)[i].words.size(); at-- > 1;) {
        std::vector<Item> simpler = *items;
        simpler[i].words.erase(simpler[i].words.begin() + static_cast<ptrdiff_t>(at));
        if (fails(simpler)) *items = std::move(simpler);
      }
    }
  }

  // Its form wants each of its commands.
  void remove_words_of_script(std::vector<Item>* items, size_t i) {
    if ((*items)[i].then.empty()) return;
    std::vector<Item> simpler = *items;
    simpler[i].words.resize(2);
    simpler[i].words.push_back("0");
    if (fails(simpler)) *items = std::move(simpler);
    for (size_t command = 0; command < (*items)[i].then.size(); command++) {
      for (size_t at = (*items)[i].then[command].words.size(); at-- > 1;) {
        simpler = *items;
        Words& words = simpler[i].then[command].words;
        words.erase(words.begin() + static_cast<ptrdiff_t>(at));
        if (fails(simpler)) *items = std::move(simpler);
      }
    }
  }

  const Servers& servers_;
  const Difference seen_;
  const ReplayOptions options_;
  Difference last_;
  size_t replays_ = 0;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Shrunk shrink(const Servers& servers, std::vector<Item> items, const Difference& seen, ReplayOptions options) {
  return Shrinker(servers, seen, options).run(std::move(items));
}

}  // namespace differential
