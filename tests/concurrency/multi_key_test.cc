// Commands over several keys happen at once or not at all, as MGET and EXISTS see it.
//
// Shape   Three groups of keys, each with writers and readers that run until the readers made their share of checks.
//         The group keys: MSET, MSETNX, MSETEX, DEL and UNLINK write or remove all; they are all equal or all absent.
//         The pair: RENAME and RENAMENX carry one key to and fro; exactly one of the two names exists.
//         The copy: one client counts up the source, others COPY it; the copy never leads, and neither ever goes back.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kGroup = 8;

class MultiKeyTest {
 public:
  explicit MultiKeyTest(const TestOptions& options) : options_(options) {
    for (int i = 0; i < kGroup; i++) group_.push_back("group:" + std::to_string(i));
  }
  bool run();

 private:
  void fail(const std::string& what, const std::string& reply) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), reply.c_str());
  }
  std::string call(Client& client, const Command& command);
  void write_group(uint64_t seed);
  void read_group(uint64_t seed);
  void rename_pair(uint64_t seed);
  void read_pair(uint64_t seed);
  void copy(uint64_t seed);
  void read_copy(uint64_t seed);
  template <typename Body>
  void start(Body body, int threads);

  const TestOptions options_;
  Command group_;
  std::atomic<bool> good_{true}, stop_{false};
  std::atomic<uint64_t> checks_{0}, commands_{0};
  std::vector<std::thread> threads_;
};

std::string MultiKeyTest::call(Client& client, const Command& command) {
  const std::optional<std::string> reply = client.call(command);
  commands_++;
  if (!reply) fail("no reply to " + command[0], "");
  return reply.value_or("-LOST\r\n");
}

void MultiKeyTest::write_group(uint64_t seed) {
  Random random(seed);
  Client client(options_.port);
  for (uint64_t number = 1; !stop_ && good_; number++) {
    const int kind = below(random, 10);
    if (kind < 2) {
      Command command = group_;
      command.insert(command.begin(), kind == 0 ? "DEL" : "UNLINK");
      const std::string reply = call(client, command);
      if (reply != ":0\r\n" && reply != ":8\r\n") fail(command[0] + " of the group counted", reply);
      continue;
    }
    const std::string value = std::to_string(seed) + "-" + std::to_string(number);
    Command command{kind < 6 ? "MSET" : kind < 8 ? "MSETNX" : "MSETEX"};
    if (command[0] == "MSETEX") command.push_back(std::to_string(kGroup));
    for (const std::string& key : group_) command.insert(command.end(), {key, value});
    if (command[0] == "MSETEX") command.insert(command.end(), {"EX", "1000"});
    const std::string reply = call(client, command);
    const bool known = command[0] == "MSET" ? reply == "+OK\r\n" : reply == ":1\r\n" || (reply == ":0\r\n" && kind < 8);
    if (!known) fail(command[0] + " of the group answered", reply);
  }
}

void MultiKeyTest::read_group(uint64_t seed) {
  Random random(seed);
  Client client(options_.port);
  Command keys = group_;
  while (!stop_ && good_) {
    std::shuffle(keys.begin(), keys.end(), random);
    Command command = keys;
    if (below(random, 4) == 0) {
      command.insert(command.begin(), "EXISTS");
      const std::string reply = call(client, command);
      if (reply != ":0\r\n" && reply != ":8\r\n") fail("EXISTS of the group counted", reply);
    } else {
      command.insert(command.begin(), "MGET");
      const std::string reply = call(client, command);
      const std::vector<std::string> values = elements(reply);
      bool equal = values.size() == kGroup;
      for (const std::string& value : values) equal = equal && value == values[0];
      if (!equal) fail("MGET saw a part of a write", reply);
    }
    checks_++;
  }
}

void MultiKeyTest::rename_pair(uint64_t seed) {
  Random random(seed);
  Client client(options_.port);
  while (!stop_ && good_) {
    const bool forth = below(random, 2) == 0;
    const bool careful = below(random, 2) == 0;
    const std::string reply =
        call(client, {careful ? "RENAMENX" : "RENAME", forth ? "pair:a" : "pair:b", forth ? "pair:b" : "pair:a"});
    const bool known = reply == "-ERR no such key\r\n" || reply == (careful ? ":1\r\n" : "+OK\r\n");
    if (!known) fail("RENAME answered", reply);
  }
}

void MultiKeyTest::read_pair(uint64_t seed) {
  Random random(seed);
  Client client(options_.port);
  while (!stop_ && good_) {
    const bool turned = below(random, 2) == 0;
    const std::string reply = call(client, {"MGET", turned ? "pair:b" : "pair:a", turned ? "pair:a" : "pair:b"});
    if (reply != "*2\r\n$-1\r\n$5\r\ntoken\r\n" && reply != "*2\r\n$5\r\ntoken\r\n$-1\r\n")
      fail("MGET of the pair", reply);
    checks_++;
  }
}

void MultiKeyTest::copy(uint64_t seed) {
  Client client(options_.port);
  const bool counts = seed % 2 == 0;  // Half of the threads count the source up, the others copy it.
  while (!stop_ && good_) {
    const std::string reply =
        counts ? call(client, {"INCR", "copy:from"}) : call(client, {"COPY", "copy:from", "copy:to", "REPLACE"});
    if (reply[0] != ':' || (!counts && reply != ":1\r\n")) fail("COPY or INCR answered", reply);
  }
}

void MultiKeyTest::read_copy(uint64_t) {
  Client client(options_.port);
  long long from_before = 0, to_before = 0;
  while (!stop_ && good_) {
    const std::string reply = call(client, {"MGET", "copy:to", "copy:from"});
    const std::vector<std::string> values = elements(reply);
    if (values.size() != 2) {
      fail("MGET of the copy", reply);
      return;
    }
    const long long to = std::atoll(payload(values[0]).value_or("-1").c_str());
    const long long from = std::atoll(payload(values[1]).value_or("-1").c_str());
    if (to > from || to < to_before || from < from_before) fail("the copy leads, or a count went back", reply);
    to_before = to;
    from_before = from;
    checks_++;
  }
}

template <typename Body>
void MultiKeyTest::start(Body body, int threads) {
  for (int i = 0; i < threads; i++) {
    const uint64_t seed = options_.seed * 100 + threads_.size();
    threads_.emplace_back([this, body, seed] { (this->*body)(seed); });
  }
}

bool MultiKeyTest::run() {
  Client setup(options_.port);
  Command clear = group_;
  clear.insert(clear.begin(), {"DEL", "pair:a", "pair:b", "copy:from", "copy:to"});
  call(setup, clear);
  call(setup, {"MSET", "pair:a", "token", "copy:from", "0", "copy:to", "0"});
  start(&MultiKeyTest::write_group, 3);
  start(&MultiKeyTest::read_group, 2);
  start(&MultiKeyTest::rename_pair, 2);
  start(&MultiKeyTest::read_pair, 2);
  start(&MultiKeyTest::copy, 2);
  start(&MultiKeyTest::read_copy, 1);
  while (good_ && commands_ < options_.operations) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  std::printf("%llu commands, %llu reads checked\n", static_cast<unsigned long long>(commands_.load()),
              static_cast<unsigned long long>(checks_.load()));
  return good_ && checks_ > options_.operations / 10;
}

}  // namespace

int main(int count, char** arguments) {
  return finish("multi-key", MultiKeyTest(parse_options(count, arguments)).run());
}
