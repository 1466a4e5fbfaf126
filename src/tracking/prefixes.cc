#include "tracking/prefixes.h"

#include <algorithm>
#include <numeric>

namespace tracking {
namespace {

bool overlap(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

// Which of these overlap with another of them. In sorted order a text follows its own prefixes, and what is between
// them begins with the same.
std::vector<bool> find_overlapping(const std::vector<std::string_view>& texts) {
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return texts[a] < texts[b]; });
  std::vector<bool> overlapping(texts.size());
  std::vector<size_t> around;  // each begins with the one before it, and the next in order maybe with all
  for (const size_t at : order) {
    while (!around.empty() && !texts[at].starts_with(texts[around.back()])) around.pop_back();
    if (!around.empty()) overlapping[at] = overlapping[around.back()] = true;
    around.push_back(at);
  }
  return overlapping;
}

}  // namespace

void Prefixes::join(uint32_t loop, std::string_view prefix) {
  const std::lock_guard hold(mutex_);
  auto found = clients_.find(prefix);
  if (found == clients_.end()) found = clients_.try_emplace(std::string(prefix)).first;
  if (++found->second[loop] == 1) routes_ = nullptr;
}

void Prefixes::leave(uint32_t loop, std::string_view prefix) {
  const std::lock_guard hold(mutex_);
  const auto found = clients_.find(prefix);
  if (found == clients_.end()) return;
  const auto of_loop = found->second.find(loop);
  if (of_loop == found->second.end() || --of_loop->second > 0) return;
  found->second.erase(of_loop);
  if (found->second.empty()) clients_.erase(found);
  routes_ = nullptr;
}

std::shared_ptr<const Routes> Prefixes::routes() const {
  const std::lock_guard hold(mutex_);
  if (routes_ != nullptr) return routes_;
  auto made = std::make_shared<Routes>();
  made->reserve(clients_.size());
  for (const auto& [prefix, loops] : clients_) {
    auto route = std::make_shared<Route>();
    route->prefix = prefix;
    for (const auto& [loop, count] : loops) route->loops.push_back(loop);
    made->push_back(std::move(route));
  }
  routes_ = std::move(made);
  return routes_;
}

std::optional<Overlap> find_overlap(std::span<const std::string> present, std::span<const std::string_view> asked) {
  std::vector<std::string_view> all(asked.begin(), asked.end());
  all.insert(all.end(), present.begin(), present.end());
  const std::vector<bool> overlapping = find_overlapping(all);
  for (size_t at = 0; at < asked.size(); ++at) {
    if (!overlapping[at]) continue;
    for (const std::string& other : present) {
      if (overlap(asked[at], other)) return Overlap{asked[at], other, false};
    }
    for (size_t later = at + 1; later < asked.size(); ++later) {
      if (overlap(asked[at], asked[later])) return Overlap{asked[at], asked[later], true};
    }
  }
  return std::nullopt;
}

}  // namespace tracking
