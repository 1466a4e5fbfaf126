// The linearizability checker on histories whose verdict is known by hand, good ones and bad ones.
#include <cstdio>
#include <string>
#include <vector>

#include "linearizability.h"
#include "serializability.h"
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

Observed worded(std::vector<std::string> words, const char* reply, int64_t sent, int64_t received) {
  Observed observed = seen(Verb::kGet, "", reply, sent, received);
  observed.operation.words = std::move(words);
  return observed;
}

std::vector<Case> collection_cases() {
  const Observed push = worded({"RPUSH", "1"}, ":1", 0, 1), pushed_two = worded({"RPUSH", "2"}, ":2", 2, 3);
  const Observed pop = worded({"LPOP"}, "$1\r\n1", 4, 9);
  const Observed added = worded({"ZADD", "5", "name1"}, ":1", 0, 1);
  return {
      {"a list from both ends", true, {push, pushed_two, pop, worded({"RPOP"}, "$1\r\n2", 5, 9)}},
      {"an element popped twice", false, {push, pushed_two, pop, worded({"LPOP"}, "$1\r\n1", 5, 9)}},
      {"a push lost", false, {push, worded({"RPUSH", "2"}, ":1", 2, 3)}},
      {"a field's increment lost",
       false,
       {worded({"HINCRBY", "name1", "1"}, ":1", 0, 5), worded({"HINCRBY", "name1", "1"}, ":1", 0, 5)}},
      {"a field's increments",
       true,
       {worded({"HINCRBY", "f", "1"}, ":2", 0, 5), worded({"HINCRBY", "f", "1"}, ":1", 0, 5)}},
      {"a stale member", false, {worded({"SADD", "name1"}, ":1", 0, 1), worded({"SISMEMBER", "name1"}, ":0", 2, 3)}},
      {"a stale score",
       false,
       {added, worded({"ZINCRBY", "1", "name1"}, "$1\r\n6", 2, 3), worded({"ZSCORE", "name1"}, "$1\r\n5", 4, 5)}},
      {"the least member popped", true, {added, worded({"ZPOPMIN"}, "*2\r\n$5\r\nname1\r\n$1\r\n5", 2, 3)}},
      {"entries of a stream out of order",
       false,
       {worded({"XADD", "5-0", "f", "v"}, "$3\r\n5-0", 0, 1), worded({"XADD", "4-0", "f", "v"}, "$3\r\n4-0", 2, 3)}},
      {"an emptied list is gone", true, {push, worded({"LPOP"}, "$1\r\n1", 2, 3), worded({"DEL"}, ":0", 4, 5)}},
  };
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

struct TransactionCase {
  const char* title;
  std::vector<TransactionRecord> history;
  bool serializable;
};

// Transactions that overlap in time, unless the times say otherwise.
TransactionRecord transaction(std::vector<ListAppend> appends, std::vector<ListRead> reads, int64_t start = 0,
                              int64_t end = 100) {
  return {start, end, true, std::move(appends), std::move(reads)};
}

std::vector<TransactionCase> transaction_cases() {
  const TransactionRecord x1 = transaction({{"x", 1}}, {}), x2 = transaction({{"x", 2}}, {});
  const TransactionRecord both = transaction({{"x", 1}, {"y", 2}}, {});
  TransactionRecord aborted = x1;
  aborted.committed = false;
  return {
      {"one after the other", {x1, x2, transaction({}, {{"x", {1, 2}}})}, true},
      {"two orders", {x1, x2, transaction({}, {{"x", {1, 2}}}), transaction({}, {{"x", {2}}})}, false},
      {"a torn read", {both, transaction({}, {{"x", {1}}, {"y", {}}}), transaction({}, {{"y", {2}}})}, false},
      {"a read before a write", {both, transaction({}, {{"x", {}}, {"y", {}}}), transaction({}, {{"y", {2}}})}, true},
      {"write skew",
       {transaction({{"x", 1}}, {{"y", {}}}), transaction({{"y", 2}}, {{"x", {}}}),
        transaction({}, {{"x", {1}}, {"y", {2}}})},
       false},
      {"a lost update",
       {transaction({{"x", 1}}, {{"x", {}}}), transaction({{"x", 2}}, {{"x", {}}}), transaction({}, {{"x", {1, 2}}})},
       false},
      {"a stale read",
       {transaction({{"x", 1}}, {}, 0, 10), transaction({}, {{"x", {}}}, 20, 30), transaction({}, {{"x", {1}}})},
       false},
      {"an aborted append", {aborted, transaction({}, {{"x", {1}}})}, false},
      {"an append of nobody", {transaction({}, {{"x", {7}}})}, false},
      {"an append seen twice", {x1, transaction({}, {{"x", {1, 1}}})}, false},
  };
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
  for (const Case& one : collection_cases()) {
    const Verdict verdict = check_history(one.history, KeyState()).verdict;
    expect(one.title, verdict == (one.linearizable ? Verdict::kLinearizable : Verdict::kViolation));
  }
  for (const TransactionCase& one : transaction_cases()) {
    expect(one.title, check_serializability(one.history).empty() == one.serializable);
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
