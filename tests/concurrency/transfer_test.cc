// What is moved about is never lost or doubled: tokens by RENAME and RENAMENX, money under locks made of MSETNX.
//
// Shape   Tokens: clients carry tokens between slots by RENAMENX, and into their own hand by RENAME and back. An MGET
// of
//         all slots and hands must find every token once.
//         Money: a client claims two accounts by MSETNX of two lock keys, reads both, waits a little, writes both by
//         MSET and lets go by DEL of both locks. The sum that MGET sees is constant, and no two claim one account.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kSlots = 16;
constexpr int kTokens = 10;
constexpr int kAccounts = 12;
constexpr long long kMoney = 1000;

class TransferTest {
 public:
  explicit TransferTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what, const std::string& reply) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), reply.c_str());
  }
  std::string call(Client& client, const Command& command);
  void set_up();
  void carry_tokens(int number);
  void move_money(int number);
  void transfer(Client& client, Random& random, int from, int to);
  void audit();
  void audit_tokens(Client& client);
  void audit_money(Client& client);

  const TestOptions options_;
  std::atomic<bool> good_{true}, stop_{false};
  std::atomic<uint64_t> commands_{0}, moves_{0}, audits_{0};
};

std::string slot(int number) { return "slot:" + std::to_string(number); }
std::string hand(int number) { return "hand:" + std::to_string(number); }
std::string account(int number) { return "account:" + std::to_string(number); }
std::string claim(int number) { return "claim:" + std::to_string(number); }

std::string TransferTest::call(Client& client, const Command& command) {
  const std::optional<std::string> reply = client.call(command);
  commands_++;
  if (!reply) fail("no reply to " + command[0], "");
  return reply.value_or("-LOST\r\n");
}

void TransferTest::set_up() {
  Client client(options_.port);
  for (int i = 0; i < kSlots; i++) call(client, {"DEL", slot(i), hand(i), claim(i)});
  for (int i = 0; i < kTokens; i++) call(client, {"SET", slot(i), "token" + std::to_string(i)});
  for (int i = 0; i < kAccounts; i++) call(client, {"SET", account(i), std::to_string(kMoney)});
}

void TransferTest::carry_tokens(int number) {
  Random random(options_.seed * 100 + number);
  Client client(options_.port);
  while (!stop_ && good_) {
    const std::string from = slot(below(random, kSlots)), to = slot(below(random, kSlots));
    if (from == to) continue;
    if (below(random, 3) != 0) {
      if (call(client, {"RENAMENX", from, to}) == ":1\r\n") moves_++;
      continue;
    }
    if (call(client, {"RENAME", from, hand(number)}) != "+OK\r\n") continue;
    moves_++;
    // Out of the hand again, to the first slot that turns out free.
    std::string reply;
    do {
      reply = call(client, {"RENAMENX", hand(number), slot(below(random, kSlots))});
    } while (reply == ":0\r\n" && good_);
    if (reply != ":1\r\n") fail("the token in a hand is gone", reply);
  }
}

void TransferTest::transfer(Client& client, Random& random, int from, int to) {
  const std::string name = std::to_string(random());
  const std::string claimed = call(client, {"MSETNX", claim(from), name, claim(to), name});
  if (claimed == ":0\r\n") return;
  if (claimed != ":1\r\n") return fail("MSETNX answered", claimed);
  const std::vector<std::string> before =
      elements(call(client, {"MGET", account(from), account(to), claim(to), claim(from)}));
  if (before.size() != 4 || payload(before[2]) != name || payload(before[3]) != name)
    return fail("a claim was taken away", name);
  const long long amount = below(random, 50);
  const long long left = std::atoll(payload(before[0]).value_or("0").c_str()) - amount;
  const long long grown = std::atoll(payload(before[1]).value_or("0").c_str()) + amount;
  call(client, {"MSET", account(from), std::to_string(left), account(to), std::to_string(grown)});
  const std::string freed = call(client, {"DEL", claim(to), claim(from)});
  if (freed != ":2\r\n") fail("a claim was gone before it was given up", freed);
  moves_++;
}

void TransferTest::move_money(int number) {
  Random random(options_.seed * 100 + 50 + number);
  Client client(options_.port);
  while (!stop_ && good_) {
    const int from = below(random, kAccounts), to = below(random, kAccounts);
    if (from != to) transfer(client, random, from, to);
  }
}

void TransferTest::audit_tokens(Client& client) {
  Command command{"MGET"};
  for (int i = 0; i < kSlots; i++) command.push_back(slot(i));
  for (int i = 0; i < options_.clients; i++) command.push_back(hand(i));
  const std::string reply = call(client, command);
  std::vector<std::string> tokens;
  for (const std::string& value : elements(reply)) {
    if (payload(value)) tokens.push_back(*payload(value));
  }
  std::sort(tokens.begin(), tokens.end());
  const bool distinct = std::adjacent_find(tokens.begin(), tokens.end()) == tokens.end();
  if (tokens.size() != kTokens || !distinct) fail("tokens were lost or doubled", reply);
}

void TransferTest::audit_money(Client& client) {
  Command command{"MGET"};
  for (int i = 0; i < kAccounts; i++) command.push_back(account(i));
  const std::string reply = call(client, command);
  long long sum = 0;
  for (const std::string& value : elements(reply)) sum += std::atoll(payload(value).value_or("0").c_str());
  if (sum != kAccounts * kMoney) fail("the sum is " + std::to_string(sum), reply);
}

void TransferTest::audit() {
  Client client(options_.port);
  while (!stop_ && good_) {
    audit_tokens(client);
    audit_money(client);
    audits_ += 2;
  }
}

bool TransferTest::run() {
  set_up();
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.clients; i++) {
    threads.emplace_back([this, i] { i % 2 == 0 ? carry_tokens(i) : move_money(i); });
  }
  for (int i = 0; i < 2; i++) threads.emplace_back([this] { audit(); });
  while (good_ && commands_ < options_.operations) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop_ = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("%llu commands, %llu moves, %llu audits\n", static_cast<unsigned long long>(commands_.load()),
              static_cast<unsigned long long>(moves_.load()), static_cast<unsigned long long>(audits_.load()));
  return good_ && moves_ > options_.operations / 50 && audits_ > options_.operations / 100;
}

}  // namespace

int main(int count, char** arguments) {
  return finish("transfer", TransferTest(parse_options(count, arguments)).run());
}
