// The linearizability checker on histories whose verdict is known by hand, good ones and bad ones.
#include <cstdio>
#include <string>
#include <vector>

#include "linearizability.h"
#include "test_options.h"

namespace {

struct Case {
  const char* title;
  bool linearizable;
  std::vector<Observed> history;
};

Observed seen(Verb verb, const char* value, const char* reply, int64_t sent, int64_t received, int follows = -1) {
  Observed observed;
  observed.operation.verb = verb;
  observed.operation.value = value;
  observed.reply = std::string(reply) + "\r\n";
  observed.sent_ns = sent;
  observed.received_ns = received;
  observed.follows = follows;
  return observed;
}

Observed if_equal(Verb verb, const char* condition, const char* value, const char* reply, int64_t sent,
                  int64_t received) {
  Observed observed = seen(verb, value, reply, sent, received);
  observed.operation.condition = condition;
  return observed;
}

std::vector<Case> cases() {
  constexpr const char* kNil = "$-1";
  constexpr const char* kOne = "$1\r\n1";
  constexpr const char* kTwo = "$1\r\n2";
  return {
      {"empty", true, {}},
      {"a read of what was written", true, {seen(Verb::kSet, "1", "+OK", 0, 1), seen(Verb::kGet, "", kOne, 2, 3)}},
      {"a stale read", false, {seen(Verb::kSet, "1", "+OK", 0, 1), seen(Verb::kGet, "", kNil, 2, 3)}},
      {"a read that overlaps the write may miss it",
       true,
       {seen(Verb::kSet, "1", "+OK", 0, 5), seen(Verb::kGet, "", kNil, 2, 3)}},
      {"times that touch count as overlapping",
       true,
       {seen(Verb::kSet, "1", "+OK", 0, 2), seen(Verb::kGet, "", kNil, 2, 3)}},
      {"new then old, both overlapping the write",
       false,
       {seen(Verb::kSet, "1", "+OK", 0, 9), seen(Verb::kGet, "", kOne, 1, 2), seen(Verb::kGet, "", kNil, 3, 4)}},
      {"old then new, both overlapping the write",
       true,
       {seen(Verb::kSet, "1", "+OK", 0, 9), seen(Verb::kGet, "", kNil, 1, 2), seen(Verb::kGet, "", kOne, 3, 4)}},
      {"two increments, one lost", false, {seen(Verb::kIncr, "", ":1", 0, 5), seen(Verb::kIncr, "", ":1", 1, 6)}},
      {"two increments in either order", true, {seen(Verb::kIncr, "", ":2", 0, 5), seen(Verb::kIncr, "", ":1", 1, 6)}},
      {"increments against real time", false, {seen(Verb::kIncr, "", ":2", 0, 1), seen(Verb::kIncr, "", ":1", 2, 3)}},
      {"two SETNX that both win", false, {seen(Verb::kSetNx, "1", ":1", 0, 5), seen(Verb::kSetNx, "2", ":1", 0, 5)}},
      {"two GETDEL that both get it",
       false,
       {seen(Verb::kSet, "1", "+OK", 0, 1), seen(Verb::kGetDel, "", kOne, 2, 9), seen(Verb::kGetDel, "", kOne, 2, 9)}},
      {"readers that see two writes in opposite orders",
       false,
       {seen(Verb::kSet, "1", "+OK", 0, 20), seen(Verb::kSet, "2", "+OK", 0, 20), seen(Verb::kGet, "", kOne, 1, 2),
        seen(Verb::kGet, "", kTwo, 3, 4), seen(Verb::kGet, "", kOne, 5, 6)}},
      {"an append lost",
       false,
       {seen(Verb::kAppend, "1", ":1", 0, 1), seen(Verb::kAppend, "2", ":2", 2, 3), seen(Verb::kGet, "", kTwo, 4, 5)}},
      {"a compare-and-set that won on a value that was never there",
       false,
       {seen(Verb::kSet, "1", "+OK", 0, 1), if_equal(Verb::kSetIfEqual, "2", "3", "+OK", 2, 3)}},
      {"two compare-and-deletes that both win",
       false,
       {seen(Verb::kSet, "1", "+OK", 0, 1), if_equal(Verb::kDelIfEqual, "1", "", ":1", 2, 9),
        if_equal(Verb::kDelIfEqual, "1", "", ":1", 2, 9)}},
      {"a pipeline out of order", false, {seen(Verb::kSet, "1", "+OK", 0, 9), seen(Verb::kGet, "", kNil, 0, 9, 0)}},
      {"the same without a pipeline", true, {seen(Verb::kSet, "1", "+OK", 0, 9), seen(Verb::kGet, "", kNil, 0, 9)}},
      {"an error where a number was",
       false,
       {seen(Verb::kSet, "1", "+OK", 0, 1),
        seen(Verb::kIncr, "", "-ERR value is not an integer or out of range", 2, 3)}},
  };
}

// A long history of overlapping writers that is right, and the same with one reply changed.
std::vector<Observed> long_history(Random& random, int operations) {
  std::vector<Observed> history;
  KeyState state;
  for (int i = 0; i < operations; i++) {
    Observed observed;
    observed.operation.verb = static_cast<Verb>(below(random, kVerbs));
    observed.operation.value = std::to_string(below(random, 50));
    observed.operation.condition = std::to_string(below(random, 50));
    observed.reply = apply_to_key(observed.operation, state);
    observed.sent_ns = i * 10 - below(random, 25);
    observed.received_ns = i * 10 + below(random, 25);
    history.push_back(observed);
  }
  return history;
}

}  // namespace

int main(int, char**) {
  int passed = 0, failed = 0;
  const auto expect = [&](const char* title, bool good) {
    good ? passed++ : failed++;
    if (!good) std::printf("FAIL %s\n", title);
  };
  for (const Case& one : cases()) {
    const Verdict verdict = check_history(one.history, KeyState()).verdict;
    expect(one.title, verdict == (one.linearizable ? Verdict::kLinearizable : Verdict::kViolation));
  }
  Random random(1);
  for (int round = 0; round < 200; round++) {
    std::vector<Observed> history = long_history(random, 300);
    expect("a long right history", check_history(history, KeyState()).verdict == Verdict::kLinearizable);
    const size_t place = 100 + static_cast<size_t>(below(random, 100));
    history[place].operation = KeyOperation{};
    history[place].reply = "$6\r\nnobody\r\n";  // a value that nobody wrote
    expect("a long wrong history", check_history(history, KeyState()).verdict == Verdict::kViolation);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return finish("checker self-test", failed == 0);
}
