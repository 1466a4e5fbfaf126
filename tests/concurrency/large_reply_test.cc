// Replies of very many elements: each is a value as it was at one moment, whole, and in its place among the others.
//
// Shape   One writer a key changes a large list, set, sorted set and hash without end, by transactions that keep them
//         what they are: a window of consecutive numbers that moves on, and two fields of a hash that are always equal.
//         Readers ask for the whole of them, in pipelines with small commands around. Meanwhile databases are exchanged
//         and exchanged back, and readers are killed while their replies are made.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kWindow = 12'000;  // more than what counts as many (command/call.h)
constexpr int kReaders = 3;

class LargeReplyTest {
 public:
  explicit LargeReplyTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what, const std::string& detail) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), detail.c_str());
  }
  std::string call(Client& client, const Command& command);
  void fill();
  void write(int key);
  void read(int number);
  void replace(Client& client, int how);
  void disturb();
  void check(int key, const std::string& reply);
  void check_window(std::vector<int64_t> numbers, const char* of);

  const TestOptions options_;
  std::atomic<bool> good_{true}, stop_{false};
  std::atomic<uint64_t> written_{0}, read_{0}, killed_{0};
};

std::string LargeReplyTest::call(Client& client, const Command& command) {
  const std::optional<std::string> reply = client.call(command);
  if (!reply) fail("no reply to " + command[0], client.state() == Client::State::kHung ? "hangs" : "closed");
  return reply.value_or("-LOST\r\n");
}

// What moves a key's window on from `next - kWindow` to `next`.
std::vector<Command> move_on(int key, int64_t next) {
  const std::string added = std::to_string(next), gone = std::to_string(next - kWindow);
  switch (key) {
    case 0: return {{"RPUSH", "line", added}, {"LPOP", "line"}};
    case 1: return {{"SADD", "bag", "m" + added}, {"SREM", "bag", "m" + gone}};
    case 2: return {{"ZADD", "ranks", added, added}, {"ZREM", "ranks", gone}};
    default: return {{"HSET", "twins", "one", added}, {"HSET", "twins", "other", added}};
  }
}

Command whole(int key) {
  switch (key) {
    case 0: return {"LRANGE", "line", "0", "-1"};
    case 1: return {"SMEMBERS", "bag"};
    case 2: return {"ZRANGE", "ranks", "0", "-1"};
    default: return {"HGETALL", "twins"};
  }
}

void LargeReplyTest::fill() {
  Client client(options_.port);
  Command line{"RPUSH", "line"}, bag{"SADD", "bag"}, ranks{"ZADD", "ranks"},
      twins{"HSET", "twins", "one", "0", "other", "0"};
  for (int i = 0; i < kWindow; i++) {
    const std::string number = std::to_string(i);
    line.push_back(number);
    bag.push_back("m" + number);
    ranks.insert(ranks.end(), {number, number});
    twins.insert(twins.end(), {"f" + number, number});
  }
  for (const Command& command : {line, bag, ranks, twins}) call(client, command);
}

void LargeReplyTest::write(int key) {
  Client client(options_.port);
  for (int64_t next = kWindow; good_ && !stop_; next++) {
    std::string bytes = encode({"MULTI"});
    for (const Command& command : move_on(key, next)) bytes += encode(command);
    client.send(bytes + encode({"EXEC"}));
    for (int replies = 0; replies < 3; replies++) client.read_reply();
    const std::string done = client.read_reply().value_or("lost");
    if (done[0] != '*') return fail("EXEC answered", done);
    if (++written_ >= options_.operations) stop_ = true;
  }
}

void LargeReplyTest::check_window(std::vector<int64_t> numbers, const char* of) {
  if (numbers.size() != kWindow) return fail("not all of it", of + (" " + std::to_string(numbers.size())));
  for (size_t at = 1; at < numbers.size(); at++) {
    if (numbers[at] != numbers[0] + static_cast<int64_t>(at)) return fail("torn", of + (" at " + std::to_string(at)));
  }
}

void LargeReplyTest::check(int key, const std::string& reply) {
  const std::vector<std::string> raw = elements(reply);
  std::vector<std::string> parts;
  for (const std::string& part : raw) parts.push_back(payload(part).value_or("?"));
  if (key == 3) {
    std::string one = "?", other = "!";
    for (size_t at = 0; at + 1 < parts.size(); at += 2) {
      if (parts[at] == "one") one = parts[at + 1];
      if (parts[at] == "other") other = parts[at + 1];
    }
    if (one != other || parts.size() != 2 * (kWindow + 2)) fail("twins differ", one + " and " + other);
    return;
  }
  std::vector<int64_t> numbers;
  for (const std::string& part : parts) numbers.push_back(std::atoll(part.c_str() + (key == 1 ? 1 : 0)));
  if (key == 1) std::sort(numbers.begin(), numbers.end());
  check_window(std::move(numbers), key == 0 ? "list" : key == 1 ? "set" : "sorted set");
}

void LargeReplyTest::read(int number) {
  Random random(options_.seed * 100 + static_cast<uint64_t>(number));
  Client client(options_.port);
  while (good_ && !stop_) {
    const int first = below(random, 4), second = below(random, 4);
    client.send(encode({"ECHO", "before"}) + encode(whole(first)) + encode({"ECHO", "between"}) +
                encode(whole(second)) + encode({"ECHO", "behind"}));
    std::vector<std::string> replies;
    while (replies.size() < 5) {
      const std::optional<std::string> reply = client.read_reply();
      if (!reply) break;
      replies.push_back(*reply);
    }
    if (client.state() == Client::State::kHung) fail("hangs", whole(first)[0]);
    if (replies.size() < 5) {  // killed
      client.connect();
      continue;
    }
    if (payload(replies[0]) != "before" || payload(replies[2]) != "between" || payload(replies[4]) != "behind")
      fail("out of place", replies[2]);
    check(first, replies[1]);
    check(second, replies[3]);
    read_ += 2;
  }
}

// Ends a key's value, or brings it elsewhere, while it may be read, and puts everything back in one unit.
void LargeReplyTest::replace(Client& client, int how) {
  static constexpr const char* kKeys[] = {"line", "bag", "ranks", "twins"};
  call(client, {"MULTI"});
  if (how == 4) {
    call(client, {"SWAPDB", "0", "1"});
    call(client, {"SWAPDB", "0", "1"});
  } else {
    const std::string key = kKeys[how], other = "other-" + key;
    call(client, {"COPY", key, other, "REPLACE"});
    call(client, {how % 2 == 0 ? "DEL" : "UNLINK", key});
    call(client, {"RENAME", other, key});
  }
  if (call(client, {"EXEC"})[0] != '*') fail("EXEC", "that replaces values");
}

void LargeReplyTest::disturb() {
  Random random(options_.seed * 100 + 60);
  Client client(options_.port);
  while (good_ && !stop_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (below(random, 2) == 0) {
      replace(client, below(random, 5));
      continue;
    }
    const std::string list = payload(call(client, {"CLIENT", "LIST"})).value_or("");
    for (const char* command : {"lrange", "smembers", "zrange", "hgetall"}) {
      const size_t at = list.find(" cmd=" + std::string(command));
      if (at == std::string::npos || below(random, 4) != 0) continue;
      const size_t line = list.rfind("id=", at);
      const std::string id = list.substr(line + 3, list.find(' ', line) - line - 3);
      if (call(client, {"CLIENT", "KILL", "ID", id}) == ":1\r\n") killed_++;
      break;
    }
  }
}

bool LargeReplyTest::run() {
  fill();
  std::vector<std::thread> threads;
  for (int key = 0; key < 4; key++) threads.emplace_back([this, key] { write(key); });
  for (int i = 0; i < kReaders; i++) threads.emplace_back([this, i] { read(i); });
  threads.emplace_back([this] { disturb(); });
  for (std::thread& thread : threads) thread.join();
  const auto number = [](const std::atomic<uint64_t>& value) { return static_cast<unsigned long long>(value.load()); };
  std::printf("%llu large replies checked, %llu changes, %llu killed\n", number(read_), number(written_),
              number(killed_));
  return good_ && read_ > 5;
}

}  // namespace

int main(int count, char** arguments) {
  return finish("large replies", LargeReplyTest(parse_options(count, arguments)).run());
}
