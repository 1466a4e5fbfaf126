// Transactions are strictly serializable: MULTI/EXEC with and without WATCH beside commands of several keys.
//
// Shape   Lists are strings that APPEND makes longer by unique numbers. Clients run rounds of three kinds: EXEC of
//         appends and reads; WATCH, reads, then EXEC of appends, which counts if it is not aborted; MGET. All rounds of
//         a run are one history, which is searched for cycles.
// Method  In the end each counter that clients raised by WATCH, GET, MULTI, SET, EXEC equals the successes.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "serializability.h"
#include "test_options.h"

namespace {

constexpr int kKeys = 6;
constexpr uint64_t kRoundsOfKeys = 400;  // then other keys: reads stay short

class SerializableTest {
 public:
  explicit SerializableTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s\n", what.c_str());
  }
  std::string call(Client& client, const Command& command);
  std::string key_of(Random& random) const {
    return "list:" + std::to_string(rounds_ / kRoundsOfKeys) + ":" + std::to_string(below(random, kKeys));
  }
  void play(uint64_t seed);
  TransactionRecord transact(Client& client, Random& random, bool watches);
  TransactionRecord read_many(Client& client, Random& random);
  void raise_counter(Client& client);
  static ListRead read_of(const std::string& key, const std::string& reply);

  const TestOptions options_;
  std::atomic<bool> good_{true};
  std::atomic<uint64_t> rounds_{0}, elements_{1}, raised_{0}, aborted_{0};
  std::mutex mutex_;
  std::vector<TransactionRecord> history_;
};

std::string SerializableTest::call(Client& client, const Command& command) {
  const std::optional<std::string> reply = client.call(command);
  if (!reply) fail("no reply to " + command[0]);
  return reply.value_or("-LOST\r\n");
}

ListRead SerializableTest::read_of(const std::string& key, const std::string& reply) {
  ListRead read{key, {}};
  const std::string text = payload(reply).value_or("");
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find(',', at);
    read.elements.push_back(std::stoull(text.substr(at, end - at)));
    at = end + 1;
  }
  return read;
}

TransactionRecord SerializableTest::transact(Client& client, Random& random, bool watches) {
  TransactionRecord record;
  record.start_ns = now_ns();
  if (watches) {
    const std::string one = key_of(random), two = key_of(random);
    call(client, {"WATCH", one, two});
    record.reads.push_back(read_of(one, call(client, {"GET", one})));
    record.reads.push_back(read_of(two, call(client, {"GET", two})));
  }
  call(client, {"MULTI"});
  std::vector<std::string> read_keys;  // by queued command; empty: an append
  for (int left = 1 + below(random, 4); left > 0; --left) {
    const std::string key = key_of(random);
    if (below(random, 2) == 0) {
      record.appends.push_back({key, elements_++});
      call(client, {"APPEND", key, std::to_string(record.appends.back().element) + ","});
      read_keys.emplace_back();
    } else {
      call(client, {"GET", key});
      read_keys.push_back(key);
    }
  }
  const std::string reply = call(client, {"EXEC"});
  record.end_ns = now_ns();
  record.committed = reply != "*-1\r\n";
  if (!record.committed && !watches) fail("EXEC without WATCH was aborted");
  if (!record.committed) {
    ++aborted_;
    return record;
  }
  const std::vector<std::string> replies = elements(reply);
  if (replies.size() != read_keys.size()) fail("EXEC answered " + reply);
  for (size_t at = 0; at < replies.size() && good_; ++at) {
    if (!read_keys[at].empty()) record.reads.push_back(read_of(read_keys[at], replies[at]));
  }
  return record;
}

TransactionRecord SerializableTest::read_many(Client& client, Random& random) {
  TransactionRecord record;
  Command command{"MGET"};
  for (int left = 4; left > 0; --left) command.push_back(key_of(random));
  record.start_ns = now_ns();
  const std::vector<std::string> replies = elements(call(client, command));
  record.end_ns = now_ns();
  record.committed = true;
  for (size_t at = 0; at < replies.size(); ++at) record.reads.push_back(read_of(command[at + 1], replies[at]));
  return record;
}

void SerializableTest::raise_counter(Client& client) {
  call(client, {"WATCH", "counter"});
  const std::string seen = payload(call(client, {"GET", "counter"})).value_or("0");
  call(client, {"MULTI"});
  call(client, {"SET", "counter", std::to_string(std::stoull(seen) + 1)});
  if (call(client, {"EXEC"}) != "*-1\r\n") ++raised_;
}

void SerializableTest::play(uint64_t seed) {
  Random random(seed);
  Client client(options_.port);
  std::vector<TransactionRecord> own;
  while (good_ && rounds_++ < options_.operations) {
    const int kind = below(random, 10);
    if (kind == 0) {
      raise_counter(client);
    } else if (kind < 3) {
      own.push_back(read_many(client, random));
    } else {
      own.push_back(transact(client, random, kind < 6));
    }
  }
  const std::lock_guard hold(mutex_);
  history_.insert(history_.end(), own.begin(), own.end());
}

bool SerializableTest::run() {
  Client client(options_.port);
  call(client, {"FLUSHALL"});
  std::vector<std::thread> threads;
  for (int at = 0; at < options_.clients; ++at) {
    threads.emplace_back([this, at] { play(options_.seed + static_cast<uint64_t>(at)); });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string wrong = check_serializability(history_);
  if (!wrong.empty()) fail(wrong);
  const std::string counter = payload(call(client, {"GET", "counter"})).value_or("0");
  if (counter != std::to_string(raised_)) fail("counter " + counter + " after " + std::to_string(raised_) + " EXECs");
  std::printf("%zu transactions checked, %llu aborted\n", history_.size(), static_cast<unsigned long long>(aborted_));
  return good_;
}

}  // namespace

int main(int count, char** arguments) {
  return finish("transactions are strictly serializable", SerializableTest(parse_options(count, arguments)).run());
}
