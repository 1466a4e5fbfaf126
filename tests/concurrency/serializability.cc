// See serializability.h.
#include "serializability.h"

#include <algorithm>
#include <unordered_map>

namespace {

class Checker {
 public:
  explicit Checker(const std::vector<TransactionRecord>& history) : history_(history), edges_(2 * history.size()) {}
  std::string check();

 private:
  static constexpr uint32_t kNobody = ~0u;

  void note_appends();
  void order_elements();
  void check_reads();
  void add_data_edges();
  void add_time_edges();
  void find_cycle();
  void edge(uint32_t from, uint32_t to) {
    if (from != to && from != kNobody && to != kNobody) edges_[from].push_back(to);
  }
  uint32_t writer_of(uint64_t element) const {
    const auto found = writers_.find(element);
    return found == writers_.end() ? kNobody : found->second;
  }
  void fail(std::string text) {
    if (wrong_.empty()) wrong_ = std::move(text);
  }

  const std::vector<TransactionRecord>& history_;
  std::vector<std::vector<uint32_t>> edges_;  // transactions, then one node of time for each of their ends
  std::unordered_map<uint64_t, uint32_t> writers_;
  std::unordered_map<std::string, std::vector<uint64_t>> orders_;  // by key: its longest read
  std::string wrong_;
};

void Checker::note_appends() {
  for (uint32_t at = 0; at < history_.size(); ++at) {
    for (const ListAppend& append : history_[at].appends) writers_[append.element] = at;
  }
}

void Checker::order_elements() {
  for (const TransactionRecord& transaction : history_) {
    if (!transaction.committed) continue;
    for (const ListRead& read : transaction.reads) {
      std::vector<uint64_t>& longest = orders_[read.key];
      if (read.elements.size() > longest.size()) longest = read.elements;
    }
  }
}

void Checker::check_reads() {
  for (const auto& [key, order] : orders_) {
    std::vector<uint64_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) fail("an element twice in " + key);
    for (const uint64_t element : order) {
      const uint32_t writer = writer_of(element);
      if (writer == kNobody) fail("an element that nobody appended in " + key);
      if (writer != kNobody && !history_[writer].committed) fail("an element of an aborted transaction in " + key);
    }
  }
  for (const TransactionRecord& transaction : history_) {
    if (!transaction.committed) continue;
    for (const ListRead& read : transaction.reads) {
      const std::vector<uint64_t>& order = orders_[read.key];
      if (!std::equal(read.elements.begin(), read.elements.end(), order.begin())) fail("two orders of " + read.key);
    }
  }
}

void Checker::add_data_edges() {
  for (const auto& [key, order] : orders_) {
    for (size_t at = 1; at < order.size(); ++at) edge(writer_of(order[at - 1]), writer_of(order[at]));
  }
  for (uint32_t at = 0; at < history_.size(); ++at) {
    if (!history_[at].committed) continue;
    for (const ListRead& read : history_[at].reads) {
      const std::vector<uint64_t>& order = orders_[read.key];
      const size_t seen = read.elements.size();
      if (seen > 0) edge(writer_of(order[seen - 1]), at);
      if (seen < order.size()) edge(at, writer_of(order[seen]));
    }
  }
}

// A chain of nodes, one for each end of a transaction: an end leads to its node, a node to the next and to all
// transactions that began between the two.
void Checker::add_time_edges() {
  const auto count = static_cast<uint32_t>(history_.size());
  std::vector<uint32_t> by_start(count), by_end(count);
  for (uint32_t at = 0; at < count; ++at) by_start[at] = by_end[at] = at;
  std::sort(by_start.begin(), by_start.end(),
            [&](uint32_t one, uint32_t two) { return history_[one].start_ns < history_[two].start_ns; });
  std::sort(by_end.begin(), by_end.end(),
            [&](uint32_t one, uint32_t two) { return history_[one].end_ns < history_[two].end_ns; });
  size_t started = 0;
  for (uint32_t place = 0; place < count; ++place) {
    const uint32_t ended = by_end[place];
    const uint32_t node = count + place;
    for (; started < count && history_[by_start[started]].start_ns <= history_[ended].end_ns; ++started) {
      if (place > 0) edges_[node - 1].push_back(by_start[started]);
    }
    if (place > 0) edges_[node - 1].push_back(node);
    if (history_[ended].committed) edges_[ended].push_back(node);
  }
}

// Depth first with an explicit stack: an edge to a node on the stack closes a cycle.
void Checker::find_cycle() {
  enum class Colour : uint8_t { kNew, kOpen, kDone };
  std::vector<Colour> colours(edges_.size(), Colour::kNew);
  std::vector<std::pair<uint32_t, size_t>> stack;
  for (uint32_t root = 0; root < edges_.size(); ++root) {
    if (colours[root] != Colour::kNew) continue;
    stack.emplace_back(root, 0);
    colours[root] = Colour::kOpen;
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == edges_[node].size()) {
        colours[node] = Colour::kDone;
        stack.pop_back();
        continue;
      }
      const uint32_t to = edges_[node][next++];
      if (colours[to] == Colour::kOpen) return fail("a cycle of transactions");
      if (colours[to] != Colour::kNew) continue;
      colours[to] = Colour::kOpen;
      stack.emplace_back(to, 0);
    }
  }
}

std::string Checker::check() {
  note_appends();
  order_elements();
  check_reads();
  if (!wrong_.empty()) return wrong_;
  add_data_edges();
  add_time_edges();
  find_cycle();
  return wrong_;
}

}  // namespace

std::string check_serializability(const std::vector<TransactionRecord>& history) { return Checker(history).check(); }
