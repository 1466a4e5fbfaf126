// Commands that stray to keys they did not declare (lock class 2), among plain ones and ones that lock everything.
//
// Shape   DEBUG STRAY declared stray... locks the first key's shard, takes U, goes on to the others in the order given
//         and increments all. EVAL with one declared key does the same, and now and then for some milliseconds, in
//         which its thread does other work. Each is used where the server has it.
//         `mixed` keys are incremented by strays and by plain INCR: the totals must add up. `whole` keys are
//         incremented by strays over all of them alone, in ever other orders: MGET must find them equal.
// Cost    A lost wake-up shows as a client that waits 20 s for its reply.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kKeys = 8;
constexpr const char* kScript =
    "redis.call('INCR', KEYS[1]) for _, k in ipairs(ARGV) do redis.call('INCR', k) end return 1";
constexpr const char* kLongScript =
    "redis.call('INCR', KEYS[1]) for _, k in ipairs(ARGV) do for i = 1, 40000 do end redis.call('INCR', k) end "
    "return 1";

using Totals = std::array<long long, kKeys>;

std::string mixed(int number) { return "mixed:" + std::to_string(number); }
std::string whole(int number) { return "whole:" + std::to_string(number); }

class StrayTest {
 public:
  explicit StrayTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what, const std::string& reply) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), reply.c_str());
  }
  std::string call(Client& client, const Command& command);
  bool set_up();
  void stray(Client& client, const std::vector<std::string>& keys);
  void run_strays(int number, Totals& totals);
  void run_plain(int number, Totals& totals);
  void read_whole();
  void lock_everything(int number);
  void compare_totals(const std::vector<Totals>& totals);

  const TestOptions options_;
  bool has_debug_stray_ = false, has_scripts_ = false;
  std::atomic<bool> good_{true}, stop_{false};
  std::atomic<uint64_t> commands_{0}, strays_{0}, reads_{0};
};

std::string StrayTest::call(Client& client, const Command& command) {
  const std::optional<std::string> reply = client.call(command);
  commands_++;
  if (!reply) fail(client.state() == Client::State::kHung ? "hangs: " + command[0] : "no reply to " + command[0], "");
  return reply.value_or("-LOST\r\n");
}

bool StrayTest::set_up() {
  Client client(options_.port);
  has_debug_stray_ = call(client, {"DEBUG", "STRAY", whole(0), whole(1)})[0] != '-';
  has_scripts_ = call(client, {"EVAL", "return 1", "0"}) == ":1\r\n";
  if (!has_debug_stray_ && !has_scripts_) {
    std::printf("the server has neither DEBUG STRAY nor EVAL\n");
    return false;
  }
  std::printf("strays by%s%s\n", has_debug_stray_ ? " DEBUG STRAY" : "", has_scripts_ ? " EVAL" : "");
  for (int i = 0; i < kKeys; i++) call(client, {"MSET", mixed(i), "0", whole(i), "0"});
  return good_;
}

void StrayTest::stray(Client& client, const std::vector<std::string>& keys) {
  const uint64_t number = strays_++;
  const bool by_script = has_scripts_ && (!has_debug_stray_ || number % 2 == 0);
  const char* script = number % 32 == 0 ? kLongScript : kScript;
  Command command = by_script ? Command{"EVAL", script, "1"} : Command{"DEBUG", "STRAY"};
  command.insert(command.end(), keys.begin(), keys.end());
  const std::string reply = call(client, command);
  if (reply[0] == '-') fail("a stray answered", reply);
}

void StrayTest::run_strays(int number, Totals& totals) {
  Random random(options_.seed * 100 + number);
  Client client(options_.port);
  std::vector<int> order(kKeys);
  for (int i = 0; i < kKeys; i++) order[i] = i;
  while (!stop_ && good_) {
    std::shuffle(order.begin(), order.end(), random);
    const bool all = below(random, 2) == 0;
    std::vector<std::string> keys;
    for (int i = 0; i < (all ? kKeys : 2 + below(random, 4)); i++) {
      keys.push_back(all ? whole(order[i]) : mixed(order[i]));
      if (!all) totals[order[i]]++;
    }
    stray(client, keys);
  }
}

void StrayTest::run_plain(int number, Totals& totals) {
  Random random(options_.seed * 100 + number);
  Client client(options_.port);
  while (!stop_ && good_) {
    const int key = below(random, kKeys);
    const std::string reply = call(client, {"INCR", mixed(key)});
    totals[key]++;
    if (reply[0] != ':') fail("INCR answered", reply);
  }
}

void StrayTest::read_whole() {
  Client client(options_.port);
  Command command{"MGET"};
  for (int i = 0; i < kKeys; i++) command.push_back(whole(i));
  while (!stop_ && good_) {
    const std::string reply = call(client, command);
    const std::vector<std::string> values = elements(reply);
    bool equal = values.size() == kKeys;
    for (const std::string& value : values) equal = equal && value == values[0];
    if (!equal) fail("MGET saw half of a stray", reply);
    reads_++;
  }
}

// Class 3 among them: the settings change and all shards are locked now and then.
void StrayTest::lock_everything(int number) {
  Random random(options_.seed * 100 + number);
  Client client(options_.port);
  while (!stop_ && good_) {
    const std::string reply =
        below(random, 2) == 0 ? call(client, {"DBSIZE"}) : call(client, {"CONFIG", "SET", "maxmemory-samples", "5"});
    if (reply[0] == '-') fail("DBSIZE or CONFIG SET answered", reply);
    std::this_thread::sleep_for(std::chrono::microseconds(below(random, 2000)));
  }
}

void StrayTest::compare_totals(const std::vector<Totals>& totals) {
  Client client(options_.port);
  for (int key = 0; key < kKeys; key++) {
    long long expected = 0;
    for (const Totals& of_one : totals) expected += of_one[key];
    const std::string reply = call(client, {"GET", mixed(key)});
    if (payload(reply) != std::to_string(expected)) fail(mixed(key) + " should be " + std::to_string(expected), reply);
  }
}

bool StrayTest::run() {
  if (!set_up()) return false;
  std::vector<Totals> totals(options_.clients, Totals{});
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.clients; i++) {
    threads.emplace_back([this, i, &totals] { i % 2 == 0 ? run_strays(i, totals[i]) : run_plain(i, totals[i]); });
  }
  threads.emplace_back([this] { read_whole(); });
  threads.emplace_back([this] { lock_everything(98); });
  while (good_ && commands_ < options_.operations) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop_ = true;
  for (std::thread& thread : threads) thread.join();
  if (good_) compare_totals(totals);
  std::printf("%llu commands, %llu strays, %llu reads of the whole\n",
              static_cast<unsigned long long>(commands_.load()), static_cast<unsigned long long>(strays_.load()),
              static_cast<unsigned long long>(reads_.load()));
  return good_ && strays_ > options_.operations / 50 && reads_ > options_.operations / 200;
}

}  // namespace

int main(int count, char** arguments) { return finish("stray", StrayTest(parse_options(count, arguments)).run()); }
