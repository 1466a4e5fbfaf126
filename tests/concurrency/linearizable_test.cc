// Single-key commands on a few hot keys by many clients: every history must be linearizable. As linearizable_test the
// keys hold strings; as collections_test one holds a list, one a hash, and so on, and all change their encodings early.
//
// Shape   Rounds. In a round each client runs some batches (single commands, or short pipelines) and notes their times;
//         between rounds all are still, the coordinator reads every key, and the round's histories are searched, key by
//         key, while the clients already run the next round.
// Cost    The searches keep pace with the clients: a round has some hundred operations a key.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "collection_model.h"
#include "linearizability.h"
#include "test_options.h"

namespace {

constexpr bool kCollections = SIGRUN_TEST_COLLECTIONS;
constexpr int kKeys = kCollections ? kKinds : 4;
constexpr int kBatchesPerRound = 40;

std::string key_name(int key) { return "hot:" + std::to_string(key); }

Command command_of(const KeyOperation& operation, const std::string& key) {
  if (!operation.words.empty()) {
    Command command = operation.words;
    command.insert(command.begin() + 1, key);
    return command;
  }
  switch (operation.verb) {
    case Verb::kGet: return {"GET", key};
    case Verb::kSet: return {"SET", key, operation.value};
    case Verb::kSetNx: return {"SETNX", key, operation.value};
    case Verb::kGetSet: return {"GETSET", key, operation.value};
    case Verb::kGetDel: return {"GETDEL", key};
    case Verb::kIncr: return {"INCR", key};
    case Verb::kAppend: return {"APPEND", key, operation.value};
    case Verb::kDel: return {"DEL", key};
    case Verb::kSetIfEqual: return {"SET", key, operation.value, "IFEQ", operation.condition};
    case Verb::kDelIfEqual: return {"DELIFEQ", key, operation.condition};
    case Verb::kSetRange: return {"SETRANGE", key, std::to_string(operation.offset), operation.value};
    case Verb::kStrlen: return {"STRLEN", key};
  }
  return {};
}

struct Recorded {
  int key;
  Observed observed;
};

class TestClient {
 public:
  TestClient(uint16_t port, int number, uint64_t seed) : client_(port), number_(number), random_(seed) {}

  // Runs one round's batches. False once the server is gone, hangs or talks nonsense.
  bool run_round(std::vector<Recorded>* recorded);

 private:
  KeyOperation random_operation(int key);
  bool run_batch(int size, std::vector<Recorded>* recorded);

  Client client_;
  int number_;
  Random random_;
  uint64_t written_ = 0;
  std::string last_seen_[kKeys];
};

// Values are unique integers, so that a reply tells which write it saw and INCR can work on them.
KeyOperation TestClient::random_operation(int key) {
  static constexpr Verb kMix[] = {Verb::kGet,        Verb::kGet,        Verb::kGet,      Verb::kSet,
                                  Verb::kSetNx,      Verb::kGetSet,     Verb::kGetDel,   Verb::kIncr,
                                  Verb::kIncr,       Verb::kIncr,       Verb::kAppend,   Verb::kDel,
                                  Verb::kSetIfEqual, Verb::kDelIfEqual, Verb::kSetRange, Verb::kStrlen};
  KeyOperation operation;
  if (kCollections) {
    static std::atomic<uint64_t> unique{0};
    operation.words = random_words(static_cast<Kind>(key), random_, ++unique);
    return operation;
  }
  operation.verb = kMix[below(random_, static_cast<int>(std::size(kMix)))];
  operation.value = std::to_string(1 + number_) + std::to_string(1'000'000 + ++written_ % 1'000'000);
  if (operation.verb == Verb::kAppend || operation.verb == Verb::kSetRange) operation.value.resize(2);
  if (operation.verb == Verb::kSetRange) operation.offset = below(random_, 9);
  if (operation.verb == Verb::kSetIfEqual || operation.verb == Verb::kDelIfEqual) operation.condition = last_seen_[key];
  return operation;
}

bool TestClient::run_batch(int size, std::vector<Recorded>* recorded) {
  std::string bytes;
  const size_t first = recorded->size();
  for (int i = 0; i < size; i++) {
    const int key = below(random_, kKeys);
    Recorded entry{key, {}};
    entry.observed.operation = random_operation(key);
    entry.observed.client = number_;
    for (size_t earlier = first; earlier < recorded->size(); earlier++) {
      if ((*recorded)[earlier].key == key) entry.observed.follows = static_cast<int>(earlier);
    }
    bytes += encode(command_of(entry.observed.operation, key_name(key)));
    recorded->push_back(std::move(entry));
  }
  const int64_t sent = now_ns();
  if (!client_.send(bytes)) return false;
  for (size_t i = first; i < recorded->size(); i++) {
    std::optional<std::string> reply = client_.read_reply();
    if (!reply) return false;
    Observed& observed = (*recorded)[i].observed;
    observed.sent_ns = sent;
    observed.received_ns = now_ns();
    observed.reply = std::move(*reply);
    if (observed.reply[0] == '$') last_seen_[(*recorded)[i].key] = payload(observed.reply).value_or("");
    if (observed.operation.verb == Verb::kSet) last_seen_[(*recorded)[i].key] = observed.operation.value;
  }
  return true;
}

bool TestClient::run_round(std::vector<Recorded>* recorded) {
  for (int batch = 0; batch < kBatchesPerRound; batch++) {
    if (!run_batch(below(random_, 4) == 0 ? 2 + below(random_, 6) : 1, recorded)) {
      std::printf("client %d lost the server (state %d)\n", number_, static_cast<int>(client_.state()));
      return false;
    }
  }
  return true;
}

// Splits a round by key; `follows` was an index into one client's list and becomes one into the key's history.
std::vector<std::vector<Observed>> split_by_key(std::vector<std::vector<Recorded>>& round) {
  std::vector<std::vector<Observed>> histories(kKeys);
  for (std::vector<Recorded>& list : round) {
    std::vector<int> place(list.size(), -1);
    for (size_t i = 0; i < list.size(); i++) {
      std::vector<Observed>& history = histories[list[i].key];
      Observed& observed = list[i].observed;
      if (observed.follows >= 0) observed.follows = place[observed.follows];
      place[i] = static_cast<int>(history.size());
      history.push_back(std::move(observed));
    }
    list.clear();
  }
  return histories;
}

// What the coordinator read of a key when a round had ended, and how it left the key.
struct End {
  KeyOperation operation;
  std::string reply;
  KeyState state;
};

class Checker {
 public:
  // Searches one round. False on a violation.
  bool check_round(std::vector<std::vector<Recorded>>& round, const std::vector<End>& end);
  uint64_t checked() const { return checked_; }
  uint64_t steps() const { return steps_; }

 private:
  std::vector<KeyState> start_ = std::vector<KeyState>(kKeys);
  uint64_t checked_ = 0;
  uint64_t steps_ = 0;
};

bool Checker::check_round(std::vector<std::vector<Recorded>>& round, const std::vector<End>& end) {
  std::vector<std::vector<Observed>> histories = split_by_key(round);
  for (int key = 0; key < kKeys; key++) {
    std::vector<Observed>& history = histories[key];
    Observed last;
    last.operation = end[key].operation;
    last.reply = end[key].reply;
    last.client = -1;
    for (const Observed& observed : history) last.sent_ns = std::max(last.sent_ns, observed.received_ns + 1);
    last.received_ns = last.sent_ns + 1;
    history.push_back(std::move(last));
    const KeyState start = start_[key];
    const SearchResult result = check_history(history, start);
    checked_ += history.size();
    steps_ += result.steps;
    start_[key] = end[key].state;
    if (result.verdict == Verdict::kLinearizable) continue;
    std::printf("%s: key %s, %zu of %zu operations could be ordered\n%s",
                result.verdict == Verdict::kViolation ? "VIOLATION" : "UNDECIDED (too many steps)",
                key_name(key).c_str(), result.placed_at_most, history.size(), describe(history, start).c_str());
    return false;
  }
  return true;
}

// Nobody else runs commands. A string stays for the next round, a collection does not.
std::optional<std::vector<End>> read_keys(Client& client) {
  std::vector<End> ends;
  for (int key = 0; key < kKeys; key++) {
    End end;
    if (kCollections) end.operation.words = reading_words(static_cast<Kind>(key));
    std::optional<std::string> reply = client.call(command_of(end.operation, key_name(key)));
    if (!reply) return std::nullopt;
    end.reply = std::move(*reply);
    if (!kCollections) end.state = payload(end.reply);
    if (kCollections && !client.call({"DEL", key_name(key)})) return std::nullopt;
    ends.push_back(std::move(end));
  }
  return ends;
}

// Few elements are then enough for the large encodings, which the clients enter and leave all the time.
void make_encodings_small(Client& client) {
  client.call({"CONFIG", "SET", "list-max-listpack-size", "2", "hash-max-listpack-entries", "2",
               "set-max-listpack-entries", "2", "zset-max-listpack-entries", "2", "stream-node-max-entries", "2"});
}

bool run(const TestOptions& options) {
  Client coordinator(options.port);
  if (kCollections) make_encodings_small(coordinator);
  for (int key = 0; key < kKeys; key++) coordinator.call({"DEL", key_name(key)});
  std::vector<std::vector<Recorded>> recorded(options.clients), finished(options.clients);
  std::atomic<bool> stop{false}, good{true};
  std::barrier round_end(options.clients + 1), round_start(options.clients + 1);
  std::vector<std::thread> threads;
  for (int number = 0; number < options.clients; number++) {
    threads.emplace_back([&, number] {
      TestClient client(options.port, number, options.seed * 1000 + number);
      while (!stop) {
        if (good && !client.run_round(&recorded[number])) good = false;
        round_end.arrive_and_wait();
        round_start.arrive_and_wait();
      }
    });
  }
  Checker checker;
  while (!stop) {
    round_end.arrive_and_wait();
    const std::optional<std::vector<End>> ends = read_keys(coordinator);
    recorded.swap(finished);
    if (!ends) good = false;
    uint64_t count = checker.checked();
    for (const auto& list : finished) count += list.size();
    stop = !good || count >= options.operations;
    round_start.arrive_and_wait();
    if (good && !checker.check_round(finished, *ends)) good = false;
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%llu operations checked, %.2f search steps each\n", static_cast<unsigned long long>(checker.checked()),
              static_cast<double>(checker.steps()) / static_cast<double>(std::max<uint64_t>(checker.checked(), 1)));
  return good && checker.checked() >= options.operations;
}

}  // namespace

int main(int count, char** arguments) {
  const TestOptions options = parse_options(count, arguments);
  return finish(kCollections ? "collections" : "linearizable", run(options));
}
