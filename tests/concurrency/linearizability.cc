// See linearizability.h.
#include "linearizability.h"

#include <algorithm>
#include <unordered_set>

namespace {

// A call or a return. The list holds them in time order; a call of an operation that was placed is taken out together
// with its return, and put back when the search steps back.
struct Event {
  int operation = 0;
  bool is_call = false;
  int previous = 0;
  int next = 0;
};

class Search {
 public:
  Search(const std::vector<Observed>& history, const KeyState& start) : history_(history), state_(start) {
    build_events();
    placed_.assign((history.size() + 63) / 64, 0);
  }

  SearchResult run(uint64_t steps_max);

 private:
  struct Step {
    int call;
    KeyState state_before;
  };

  void build_events();
  void unlink(int event);
  void relink(int event);
  bool try_place(int call);
  bool step_back(int* event);
  bool is_placed(int operation) const { return placed_[operation / 64] >> (operation % 64) & 1; }
  void flip(int operation) { placed_[operation / 64] ^= uint64_t{1} << (operation % 64); }
  bool remember(const KeyState& state);

  const std::vector<Observed>& history_;
  KeyState state_;
  std::vector<Event> events_;  // events_[0] is the head, its `next` the first
  std::vector<int> return_of_;
  std::vector<uint64_t> placed_;
  std::vector<Step> steps_;
  std::unordered_set<std::string> visited_;
};

void Search::build_events() {
  struct Moment {
    int64_t time;
    bool is_call;
    int operation;
  };
  std::vector<Moment> moments;
  for (size_t i = 0; i < history_.size(); i++) {
    moments.push_back({history_[i].sent_ns, true, static_cast<int>(i)});
    moments.push_back({history_[i].received_ns, false, static_cast<int>(i)});
  }
  // At the same time calls go first: what only may overlap counts as overlapping.
  std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
    return a.time != b.time ? a.time < b.time : a.is_call > b.is_call;
  });
  return_of_.assign(history_.size(), 0);
  events_.push_back({});
  for (const Moment& moment : moments) {
    const int at = static_cast<int>(events_.size());
    if (!moment.is_call) return_of_[moment.operation] = at;
    events_.push_back({moment.operation, moment.is_call, at - 1, at + 1});
  }
  events_[0].next = events_.size() > 1 ? 1 : 0;
  events_.back().next = 0;
}

void Search::unlink(int event) {
  events_[events_[event].previous].next = events_[event].next;
  if (events_[event].next != 0) events_[events_[event].next].previous = events_[event].previous;
}

void Search::relink(int event) {
  events_[events_[event].previous].next = event;
  if (events_[event].next != 0) events_[events_[event].next].previous = event;
}

// True if this set of placed operations with this key state was not met before.
bool Search::remember(const KeyState& state) {
  std::string configuration(reinterpret_cast<const char*>(placed_.data()), placed_.size() * sizeof(uint64_t));
  configuration += state ? "+" + *state : "-";
  return visited_.insert(std::move(configuration)).second;
}

bool Search::try_place(int call) {
  const int operation = events_[call].operation;
  const Observed& observed = history_[operation];
  if (observed.follows >= 0 && !is_placed(observed.follows)) return false;
  KeyState state = state_;
  if (apply_to_key(observed.operation, state) != observed.reply) return false;
  flip(operation);
  if (!remember(state)) {
    flip(operation);
    return false;
  }
  steps_.push_back({call, std::move(state_)});
  state_ = std::move(state);
  unlink(call);
  unlink(return_of_[operation]);
  return true;
}

bool Search::step_back(int* event) {
  if (steps_.empty()) return false;
  Step step = std::move(steps_.back());
  steps_.pop_back();
  const int operation = events_[step.call].operation;
  relink(return_of_[operation]);
  relink(step.call);
  flip(operation);
  state_ = std::move(step.state_before);
  *event = events_[step.call].next;
  return true;
}

SearchResult Search::run(uint64_t steps_max) {
  SearchResult result;
  int event = events_[0].next;
  while (events_[0].next != 0) {
    if (++result.steps > steps_max) {
      result.verdict = Verdict::kUndecided;
      return result;
    }
    if (event != 0 && events_[event].is_call) {
      event = try_place(event) ? events_[0].next : events_[event].next;
      result.placed_at_most = std::max(result.placed_at_most, steps_.size());
    } else if (!step_back(&event)) {  // A return is reached whose operation was not placed.
      result.verdict = Verdict::kViolation;
      return result;
    }
  }
  return result;
}

std::string printable(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    if (byte == '\r') continue;
    if (byte == '\n') {
      text += ' ';
    } else if (byte == '\0') {
      text += "\\0";
    } else {
      text += byte;
    }
  }
  return text;
}

}  // namespace

SearchResult check_history(const std::vector<Observed>& history, const KeyState& start, uint64_t steps_max) {
  return Search(history, start).run(steps_max);
}

std::string describe(const std::vector<Observed>& history, const KeyState& start) {
  static const char* const kNames[kVerbs] = {"GET",    "SET", "SETNX",    "GETSET",  "GETDEL",   "INCR",
                                             "APPEND", "DEL", "SET-IFEQ", "DELIFEQ", "SETRANGE", "STRLEN"};
  std::vector<const Observed*> ordered;
  int64_t first = history.empty() ? 0 : history[0].sent_ns;
  for (const Observed& observed : history) {
    ordered.push_back(&observed);
    first = std::min(first, observed.sent_ns);
  }
  std::sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->sent_ns < b->sent_ns; });
  std::string text = "starts as " + (start ? "'" + printable(*start) + "'" : "absent") + "\n";
  for (const Observed* observed : ordered) {
    const KeyOperation& operation = observed->operation;
    std::string words;
    for (const std::string& word : operation.words) words += (words.empty() ? "" : " ") + word;
    text += "  [" + std::to_string(observed->sent_ns - first) + " .. " + std::to_string(observed->received_ns - first) +
            "] client " + std::to_string(observed->client) + " " +
            (words.empty() ? kNames[static_cast<int>(operation.verb)] : words.c_str()) + " " +
            (operation.verb == Verb::kSetRange ? std::to_string(operation.offset) + " " : "") +
            printable(operation.value) + (operation.condition.empty() ? "" : " if " + printable(operation.condition)) +
            " -> " + printable(observed->reply) + "\n";
  }
  return text;
}
