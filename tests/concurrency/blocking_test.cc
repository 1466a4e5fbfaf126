// Clients that wait for lists: nothing is lost, nothing doubled, nobody forgotten, and who came first is served first.
//
// Shape   Queues: producers put unique texts into a few lists, by pushes, transactions and RENAMENX of a list made
//         elsewhere; consumers take them by BLPOP, BRPOP and BLMPOP of several lists; carriers move them on by BLMOVE
//         and BRPOPLPUSH, in rings too; others end waits by CLIENT UNBLOCK, and kill carriers, who lose nothing. In the
//         end, with consumers that wait for good, all lists must run empty, and every text must have come once.
//         Rounds: clients begin to wait one after the other; who pushes then must serve them in that order, and leave
//         nothing behind that the next command could see; chains of BLMOVEs end in a BLPOP, and pass on all.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kQueues = 6;
constexpr int kConsumers = 6;
constexpr int kCarriers = 5;
constexpr int kProducers = 3;

std::string queue(int number) { return "queue:" + std::to_string(number); }

class BlockingTest {
 public:
  explicit BlockingTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what, const std::string& detail) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), detail.c_str());
  }
  std::string call(Client& client, const Command& command);
  void produce(int number);
  void consume(int number);
  void carry(int number);
  void disturb();
  void take(const std::string& reply);
  void rounds();
  void ordered_round(Client& control, Random& random);
  void chained_round(Client& control, Random& random);
  void await_waiting(Client& control, const std::string& name);
  bool queues_are_empty(Client& client);
  void check_all_came();
  void check_nothing_waits();

  const TestOptions options_;
  std::atomic<bool> good_{true}, stop_{false}, consumers_stop_{false};
  std::atomic<uint64_t> produced_{0}, taken_{0}, carried_{0}, unblocked_{0}, killed_{0}, rounds_{0}, timeouts_{0};
  std::mutex mutex_;
  std::set<std::string> came_;
};

std::string BlockingTest::call(Client& client, const Command& command) {
  const std::optional<std::string> reply = client.call(command);
  if (!reply) fail("no reply to " + command[0], client.state() == Client::State::kHung ? "hangs" : "closed");
  return reply.value_or("-LOST\r\n");
}

void BlockingTest::produce(int number) {
  Random random(options_.seed * 100 + number);
  Client client(options_.port);
  const std::string own = "made:" + std::to_string(number);
  while (good_ && produced_ < options_.operations) {
    Command texts;
    for (int left = 1 + below(random, 3); left > 0; left--) texts.push_back("text" + std::to_string(produced_++));
    const std::string to = queue(below(random, kQueues)), other = queue(below(random, kQueues));
    Command push{below(random, 2) == 0 ? "LPUSH" : "RPUSH", to};
    push.insert(push.end(), texts.begin(), texts.end());
    switch (below(random, 4)) {
      case 0: {  // what is pushed into two lists at once, and a part that comes and goes within the transaction
        call(client, {"MULTI"});
        call(client, push);
        call(client, {"RPUSH", other, "gone"});
        call(client, {"LREM", other, "1", "gone"});
        call(client, {"RPUSH", other, "text" + std::to_string(produced_++)});
        const std::string reply = call(client, {"EXEC"});
        if (reply[0] != '*') fail("EXEC answered", reply);
        break;
      }
      case 1:
        push[1] = own;
        call(client, push);
        while (good_ && call(client, {"RENAMENX", own, queue(below(random, kQueues))}) != ":1\r\n") continue;
        break;
      default:
        if (call(client, push)[0] != ':') fail("a push failed", to);
    }
  }
}

// The bulk strings of a reply, however deep its arrays.
std::vector<std::string> bulks(std::string_view reply) {
  std::vector<std::string> out;
  for (size_t at = reply.find('$'); at < reply.size(); at = reply.find('$', at)) {
    const size_t size = std::strtoull(reply.data() + at + 1, nullptr, 10);
    const size_t begin = reply.find("\r\n", at) + 2;
    out.emplace_back(reply.substr(begin, size));
    at = begin + size;
  }
  return out;
}

// A key and a text, or a key and texts.
void BlockingTest::take(const std::string& reply) {
  const std::vector<std::string> parts = bulks(reply);
  if (parts.size() < 2) return fail("a strange reply", reply);
  const std::lock_guard hold(mutex_);
  for (size_t at = 1; at < parts.size(); at++) {
    taken_++;
    if (!came_.insert(parts[at]).second) fail("came twice", parts[at]);
    if (parts[at] == "gone") fail("was seen from outside", parts[at]);
  }
}

void BlockingTest::consume(int number) {
  Random random(options_.seed * 100 + 20 + number);
  Client client(options_.port);
  while (good_ && !consumers_stop_) {
    Command command;
    // In the end a consumer that waits for all lists looks now and then whether it is done.
    const std::string timeout = stop_ ? "0.2" : below(random, 3) == 0 ? "0.001" : "0.02";
    const int count = stop_ ? kQueues : 1 + below(random, kQueues);
    const int first = stop_ ? 0 : below(random, kQueues);
    if (below(random, 3) == 0) {
      command = {"BLMPOP", timeout, std::to_string(count)};
      for (int i = 0; i < count; i++) command.push_back(queue((first + i) % kQueues));
      command.insert(command.end(), {below(random, 2) == 0 ? "LEFT" : "RIGHT", "COUNT", "3"});
    } else {
      command = {below(random, 2) == 0 ? "BLPOP" : "BRPOP"};
      for (int i = 0; i < count; i++) command.push_back(queue((first + i) % kQueues));
      command.push_back(timeout);
    }
    const std::string reply = call(client, command);
    if (reply == "*-1\r\n") {
      timeouts_++;
    } else if (reply[0] == '*') {
      take(reply);
    } else if (reply.rfind("-UNBLOCKED", 0) != 0) {
      fail(command[0] + " answered", reply);
    }
  }
}

void BlockingTest::carry(int number) {
  Random random(options_.seed * 100 + 40 + number);
  Client client(options_.port);
  while (good_ && !stop_) {
    const std::string from = queue(below(random, kQueues)), to = queue(below(random, kQueues));
    const std::string timeout = below(random, 8) == 0 ? "0" : "0.01";
    const Command command = below(random, 2) == 0 ? Command{"BRPOPLPUSH", from, to, timeout}
                                                  : Command{"BLMOVE", from, to, "RIGHT", "RIGHT", timeout};
    const std::optional<std::string> reply = client.call(command);
    if (reply && (*reply)[0] == '$') carried_++;
    if (client.state() == Client::State::kHung && !stop_) fail("a carrier hangs", from);
    if (!reply) client.connect();  // killed
  }
}

// Ids of clients that wait for lists: consumers may be unblocked, carriers killed, too.
void BlockingTest::disturb() {
  Random random(options_.seed * 100 + 60);
  Client client(options_.port);
  while (good_ && !consumers_stop_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::string list = payload(call(client, {"CLIENT", "LIST"})).value_or("");
    size_t at = 0;
    while ((at = list.find("id=", at)) != std::string::npos) {
      const std::string line = list.substr(at, list.find('\n', at) - at);
      at += line.size();
      if (line.find(" flags=b ") == std::string::npos || line.find("name=round") != std::string::npos) continue;
      const std::string id = line.substr(3, line.find(' ') - 3);
      const bool carrier =
          line.find("cmd=blmove") != std::string::npos || line.find("cmd=brpoplpush") != std::string::npos;
      if (carrier && (stop_ || below(random, 20) == 0)) {
        // It may have gone on to wait for something else, but it is a carrier still.
        if (call(client, {"CLIENT", "KILL", "ID", id}) == ":1\r\n") killed_++;
      } else if (below(random, 10) == 0 &&
                 call(client, {"CLIENT", "UNBLOCK", id, below(random, 2) == 0 ? "ERROR" : "TIMEOUT"}) == ":1\r\n") {
        unblocked_++;
      }
    }
  }
}

// Until the client of this name is blocked.
void BlockingTest::await_waiting(Client& control, const std::string& name) {
  for (int tries = 0; good_ && tries < 20'000; tries++) {
    const std::string list = payload(call(control, {"CLIENT", "LIST"})).value_or("");
    const size_t at = list.find("name=" + name + " ");
    if (at != std::string::npos && list.substr(at, list.find('\n', at) - at).find(" flags=b ") != std::string::npos)
      return;
  }
  fail("never blocked", name);
}

void BlockingTest::ordered_round(Client& control, Random& random) {
  const int count = 2 + below(random, 6);
  std::vector<std::unique_ptr<Client>> waiters;
  for (int i = 0; i < count; i++) {
    waiters.push_back(std::make_unique<Client>(options_.port));
    call(*waiters[i], {"CLIENT", "SETNAME", "round" + std::to_string(i)});
    // Each with a list of its own that stays empty, before or behind.
    const std::string own = "never:" + std::to_string(i);
    waiters[i]->send(
        encode(below(random, 2) == 0 ? Command{"BLPOP", own, "ordered", "0"} : Command{"BLPOP", "ordered", own, "0"}));
    await_waiting(control, "round" + std::to_string(i));
  }
  int pushed = 0;
  std::string bytes;
  int commands = 0;
  while (pushed < count) {
    Command push{"RPUSH", "ordered"};
    for (int left = 1 + below(random, 3); left > 0; left--) push.push_back(std::to_string(pushed++));
    bytes += encode(push) + encode({"LLEN", "ordered"});
    commands++;
  }
  const int left = pushed - count;
  control.send(bytes);
  for (int i = 0; i < commands; i++) {
    control.read_reply();
    const std::string length = control.read_reply().value_or("");
    const std::string wanted = ":" + std::to_string(i + 1 < commands ? 0 : left) + "\r\n";
    if (length != wanted) fail("LLEN behind a push that serves waiters", length + " is not " + wanted);
  }
  for (int i = 0; i < count; i++) {
    const std::vector<std::string> parts = elements(waiters[i]->read_reply().value_or(""));
    if (parts.size() != 2 || payload(parts[1]) != std::to_string(i))
      fail("out of order", "client " + std::to_string(i) + " got " + (parts.size() == 2 ? parts[1] : "nothing"));
  }
  call(control, {"DEL", "ordered"});
}

void BlockingTest::chained_round(Client& control, Random& random) {
  const int links = 1 + below(random, 5);
  std::vector<std::unique_ptr<Client>> waiters(static_cast<size_t>(links) + 1);
  std::vector<int> order(waiters.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = static_cast<int>(i);
  std::shuffle(order.begin(), order.end(), random);
  const auto link = [](int number) { return "chain:" + std::to_string(number); };
  for (const int i : order) {
    waiters[i] = std::make_unique<Client>(options_.port);
    const std::string name = "round" + std::to_string(i);
    call(*waiters[i], {"CLIENT", "SETNAME", name});
    waiters[i]->send(encode(i == links ? Command{"BLPOP", link(i), "0"}
                                       : Command{"BLMOVE", link(i), link(i + 1), "LEFT", "RIGHT", "0"}));
    await_waiting(control, name);
  }
  Command look{"EXISTS"};
  for (int i = 0; i <= links; i++) look.push_back(link(i));
  control.send(encode({"RPUSH", link(0), "carried"}) + encode(look));
  control.read_reply();
  const std::string left = control.read_reply().value_or("");
  if (left != ":0\r\n") fail("a chain left something behind", left);
  for (int i = 0; i <= links; i++) {
    const std::string reply = waiters[i]->read_reply().value_or("");
    const std::string got = payload(i == links && reply[0] == '*' ? elements(reply).back() : reply).value_or("");
    if (got != "carried") fail("link " + std::to_string(i) + " of a chain got", reply);
  }
}

void BlockingTest::rounds() {
  Random random(options_.seed * 100 + 80);
  Client control(options_.port);
  while (good_ && !stop_) {
    below(random, 2) == 0 ? ordered_round(control, random) : chained_round(control, random);
    rounds_++;
  }
}

bool BlockingTest::queues_are_empty(Client& client) {
  Command command{"EXISTS"};
  for (int i = 0; i < kQueues; i++) command.push_back(queue(i));
  return call(client, command) == ":0\r\n";
}

void BlockingTest::check_all_came() {
  for (uint64_t at = 0; at < produced_; at++) {
    if (!came_.contains("text" + std::to_string(at))) fail("lost", "text" + std::to_string(at));
  }
  check_nothing_waits();
}

// A place in the queue of a shard that was busy is left by the next tick of its worker's clock (10 a second).
void BlockingTest::check_nothing_waits() {
  Client client(options_.port);
  std::string info;
  for (int tries = 0; tries < 200; tries++) {
    info = payload(call(client, {"INFO", "clients"})).value_or("");
    bool clean = true;
    for (const char* gauge : {"blocked_clients:0\r", "total_blocking_keys:0\r", "clients_in_timeout_table:0\r"})
      clean = clean && info.find(gauge) != std::string::npos;
    if (clean) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  fail("a wait has left something behind", info);
}

bool BlockingTest::run() {
  std::vector<std::thread> producers, others, consumers;
  for (int i = 0; i < kProducers; i++) producers.emplace_back([this, i] { produce(i); });
  for (int i = 0; i < kCarriers; i++) others.emplace_back([this, i] { carry(i); });
  others.emplace_back([this] { rounds(); });
  for (int i = 0; i < kConsumers; i++) consumers.emplace_back([this, i] { consume(i); });
  std::thread disturber([this] { disturb(); });
  for (std::thread& thread : producers) thread.join();
  stop_ = true;
  for (std::thread& thread : others) thread.join();
  Client client(options_.port);
  for (int tries = 0; good_ && !queues_are_empty(client); tries++) {
    if (tries == 5000) fail("lists are not empty though many wait for them", std::to_string(taken_));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  consumers_stop_ = true;
  for (std::thread& thread : consumers) thread.join();
  disturber.join();
  if (good_) check_all_came();
  const auto number = [](const std::atomic<uint64_t>& value) { return static_cast<unsigned long long>(value.load()); };
  std::printf("%llu texts, %llu carried on, %llu rounds, %llu unblocked, %llu killed, %llu timeouts\n", number(taken_),
              number(carried_), number(rounds_), number(unblocked_), number(killed_), number(timeouts_));
  return good_ && taken_ >= options_.operations && carried_ > options_.operations / 100 && rounds_ > 0 &&
         unblocked_ > 0;
}

}  // namespace

int main(int count, char** arguments) {
  return finish("blocking", BlockingTest(parse_options(count, arguments)).run());
}
