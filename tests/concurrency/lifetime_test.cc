// Clients that come, go and are killed under load: the server must live, and no reply may reach the wrong client.
//
// Shape   200 connections over a few threads send random pipelines, some cut in the middle, some reset before their
//         replies came. Meanwhile one thread kills clients and one changes settings and databases: CLIENT KILL by id,
//         address and type, CONFIG SET, FLUSHALL, FLUSHDB, SWAPDB, CLIENT PAUSE. Many keys expire within milliseconds.
//         Each pipeline carries ECHOs of unique texts, whose replies must come back in their places.
//         A prober asks for PING on new connections: one that gets no answer within 10 s fails the test.
// Errors  A connection that ends is no error (it may have been killed). Bytes that are no RESP, a foreign ECHO, a
// client
//         that waits for 20 s, a server of another run_id and a server that is gone are.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kThreads = 8;
constexpr int kConnections = 200;

class LifetimeTest {
 public:
  explicit LifetimeTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what, const std::string& detail) {
    if (good_.exchange(false)) std::printf("FAILURE: %s: %s\n", what.c_str(), detail.c_str());
  }
  bool running() const { return good_ && !stop_; }
  std::string pipeline(Random& random, std::vector<std::string>* echoes);
  void read_replies(Client& client, const std::vector<std::string>& echoes);
  void busy_round(Client& client, Random& random);
  void busy(int number);
  void kill_clients();
  void change_everything();
  void probe();
  std::string run_id(Client& client);
  void check_after();

  const TestOptions options_;
  std::atomic<bool> good_{true}, stop_{false};
  std::atomic<uint64_t> replies_{0}, lost_{0}, kills_{0}, changes_{0}, probes_{0}, texts_{0}, refused_settings_{0};
  std::atomic<int64_t> slowest_probe_ns_{0};
};

// It meets keys that it did not declare; now and then it takes so many turns of a loop in between.
Command random_script(Random& random, const std::string& key, const std::string& other) {
  const int turns = below(random, 20) == 0 ? 1'000'000 : 10;
  return {"EVAL",
          "server.pcall('INCR', KEYS[1]) for i = 1, tonumber(ARGV[2]) do end "
          "server.pcall('RENAME', KEYS[1], ARGV[1]) return server.pcall('GET', ARGV[1])",
          "1",
          key,
          other,
          std::to_string(turns)};
}

Command random_command(Random& random) {
  const std::string key = "life:" + std::to_string(below(random, 300));
  const std::string other = "life:" + std::to_string(below(random, 300));
  switch (below(random, 25)) {
    case 0:
      return {"SET", key, std::string(static_cast<size_t>(below(random, 3000)), 'x'), "PX",
              std::to_string(1 + below(random, 50))};
    case 1: return {"SET", key, std::to_string(below(random, 1000))};
    case 2: return {"INCR", key};
    case 3: return {"APPEND", key, "more"};
    case 4: return {"MSET", key, "1", other, "2"};
    case 5: return {"MGET", key, other, "life:1", "life:2"};
    case 6: return {"DEL", key, other};
    case 7: return {"UNLINK", key};
    case 8: return {"RENAME", key, other};
    case 9: return {"COPY", key, other, "REPLACE"};
    case 10: return {"PEXPIRE", key, std::to_string(1 + below(random, 30))};
    case 11: return {"TTL", key};
    case 12: return {"SELECT", std::to_string(below(random, 3))};
    case 13: return {"SCAN", "0", "COUNT", "20"};
    case 14: return {"SETRANGE", key, std::to_string(below(random, 4000)), "tail"};
    case 15: return {"GETDEL", key};
    case 16: return {"CLIENT", "SETNAME", "busy" + std::to_string(below(random, 9))};
    case 17: return {"RANDOMKEY"};
    case 18: return {"MOVE", key, std::to_string(below(random, 3))};
    case 19: return {"CLIENT", "INFO"};
    case 20: return {"DBSIZE"};
    case 21: return {"TYPE", key, "one", "too", "many"};
    case 22: return random_script(random, key, other);
    default: return {"GET", key};
  }
}

// One element an expected reply: the text of an ECHO, or "" for any reply.
std::string LifetimeTest::pipeline(Random& random, std::vector<std::string>* echoes) {
  std::string bytes;
  for (int left = 1 + below(random, below(random, 8) == 0 ? 100 : 12); left > 0; left--) {
    if (below(random, 4) == 0) {
      echoes->push_back("text" + std::to_string(++texts_));
      bytes += encode({"ECHO", echoes->back()});
    } else {
      echoes->push_back("");
      bytes += encode(random_command(random));
    }
  }
  return bytes;
}

void LifetimeTest::read_replies(Client& client, const std::vector<std::string>& echoes) {
  for (const std::string& text : echoes) {
    const std::optional<std::string> reply = client.read_reply();
    if (!reply) {
      if (client.state() == Client::State::kHung) fail("a client hangs", "waited for 20 s");
      if (client.state() == Client::State::kMalformed) fail("a reply is no RESP", "");
      lost_++;
      return;
    }
    replies_++;
    if (!text.empty() && payload(*reply) != text && (*reply)[0] != '-')
      fail("ECHO " + text + " was answered with", *reply);
  }
}

void LifetimeTest::busy_round(Client& client, Random& random) {
  std::vector<std::string> echoes;
  std::string bytes = pipeline(random, &echoes);
  switch (below(random, 40)) {
    case 0:  // cut in the middle and reset
      client.send(
          std::string_view(bytes).substr(0, 1 + static_cast<size_t>(below(random, static_cast<int>(bytes.size())))));
      client.reset();
      return;
    case 1:  // all sent, no reply read, reset
      client.send(bytes);
      client.reset();
      return;
    case 2:  // all sent, closed in order
      client.send(bytes);
      client.close();
      return;
    case 3: {  // in two pieces, with a pause
      const size_t middle = bytes.size() / 2;
      client.send(std::string_view(bytes).substr(0, middle));
      std::this_thread::sleep_for(std::chrono::microseconds(below(random, 3000)));
      client.send(std::string_view(bytes).substr(middle));
      break;
    }
    default: client.send(bytes);
  }
  read_replies(client, echoes);
}

void LifetimeTest::busy(int number) {
  Random random(options_.seed * 100 + number);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kConnections / kThreads; i++) clients.push_back(std::make_unique<Client>(options_.port));
  while (running()) {
    Client& client = *clients[static_cast<size_t>(below(random, static_cast<int>(clients.size())))];
    if (client.state() != Client::State::kOpen && !client.connect()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    busy_round(client, random);
  }
}

// Kills by each of the filters. The list of clients gives the ids and addresses.
void LifetimeTest::kill_clients() {
  Random random(options_.seed * 100 + 50);
  Client client(options_.port);
  while (running()) {
    if (client.state() != Client::State::kOpen) client.connect();
    const std::string list = client.call({"CLIENT", "LIST"}).value_or("");
    std::vector<std::string> ids, addresses;
    for (size_t at = list.find("id="); at != std::string::npos; at = list.find("\nid=", at)) {
      if (list[at] == '\n') at++;
      ids.push_back(list.substr(at + 3, list.find(' ', at) - at - 3));
      const size_t address = list.find("addr=", at);
      if (address != std::string::npos)
        addresses.push_back(list.substr(address + 5, list.find(' ', address) - address - 5));
      at++;
    }
    if (ids.empty() || addresses.empty()) continue;
    const size_t some = static_cast<size_t>(below(random, static_cast<int>(ids.size())));
    switch (below(random, 12)) {
      case 0: client.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); break;
      case 1: client.call({"CLIENT", "KILL", addresses[some % addresses.size()]}); break;
      case 2: client.call({"CLIENT", "KILL", "ADDR", addresses[some % addresses.size()]}); break;
      case 3: client.call({"CLIENT", "KILL", "ID", ids[some], "SKIPME", "no"}); break;
      default: client.call({"CLIENT", "KILL", "ID", ids[some]});
    }
    kills_++;
    std::this_thread::sleep_for(std::chrono::microseconds(below(random, 5000)));
  }
}

void LifetimeTest::change_everything() {
  static const std::vector<Command> kChanges = {
      {"CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"},
      {"CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction"},
      {"CONFIG", "SET", "maxmemory", "3mb", "maxmemory-policy", "allkeys-random"},
      {"CONFIG", "SET", "maxmemory", "3mb", "maxmemory-policy", "volatile-ttl"},
      {"CONFIG", "SET", "hz", "100"},
      {"CONFIG", "SET", "hz", "10"},
      {"CONFIG", "SET", "timeout", "0"},
      {"CONFIG", "SET", "lazyfree-lazy-user-del", "yes"},
      {"CONFIG", "SET", "lazyfree-lazy-user-del", "no"},
      {"CONFIG", "SET", "io-threads", "1"},
      {"CONFIG", "SET", "io-threads", "4"},
      {"CONFIG", "SET", "notify-keyspace-events", "KEA"},
      {"CONFIG", "SET", "notify-keyspace-events", ""},
      {"CONFIG", "SET", "slowlog-log-slower-than", "0"},
      {"CONFIG", "SET", "slowlog-log-slower-than", "10000"},
      {"CONFIG", "GET", "*"},
      {"CONFIG", "RESETSTAT"},
      {"INFO", "everything"},
      {"SLOWLOG", "GET", "50"},
      {"MEMORY", "STATS"},
      {"FLUSHALL", "SYNC"},
      {"FLUSHALL", "ASYNC"},
      {"FLUSHDB"},
      {"SWAPDB", "0", "1"},
      {"SWAPDB", "1", "2"},
      {"SCRIPT", "KILL"},
      {"SCRIPT", "FLUSH"},
      {"CONFIG", "SET", "busy-reply-threshold", "2"},
      {"CONFIG", "SET", "busy-reply-threshold", "5000"},
      {"CLIENT", "PAUSE", "15", "WRITE"},
      {"CLIENT", "PAUSE", "10", "ALL"},
      {"CLIENT", "UNPAUSE"},
      {"KEYS", "life:1*"},
      {"CLIENT", "LIST"},
      {"COMMAND", "COUNT"},
      {"LATENCY", "RESET"}};
  Random random(options_.seed * 100 + 51);
  Client client(options_.port);
  while (running()) {
    if (client.state() != Client::State::kOpen) client.connect();
    const Command& change = kChanges[static_cast<size_t>(below(random, static_cast<int>(kChanges.size())))];
    const std::optional<std::string> reply = client.call(change);
    if (reply && (*reply)[0] == '-') refused_settings_++;
    if (client.state() == Client::State::kHung) fail("hangs", change[0] + " " + change[1]);
    changes_++;
    std::this_thread::sleep_for(std::chrono::microseconds(below(random, 20000)));
  }
}

void LifetimeTest::probe() {
  int64_t answered = now_ns();
  while (running()) {
    const int64_t start = now_ns();
    Client client(options_.port);
    const std::optional<std::string> reply = client.call({"PING"});
    if (reply == "+PONG\r\n") {
      answered = now_ns();
      slowest_probe_ns_ = std::max(slowest_probe_ns_.load(), answered - start);
      probes_++;
    } else if (reply) {
      fail("PING was answered with", *reply);
    }
    if (now_ns() - answered > 10'000'000'000) fail("no PING was answered", "for 10 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string LifetimeTest::run_id(Client& client) {
  const std::string info = client.call({"INFO", "server"}).value_or("");
  const size_t at = info.find("run_id:");
  return at == std::string::npos ? "" : info.substr(at, 47);
}

// All is quiet: the server is the same one, has no old clients and does its work.
void LifetimeTest::check_after() {
  Client client(options_.port);
  for (const Command& command : {Command{"CLIENT", "UNPAUSE"}, Command{"CONFIG", "SET", "maxmemory", "0"},
                                 Command{"FLUSHALL"}, Command{"SET", "after", "all"}}) {
    std::optional<std::string> reply = client.call(command);
    // The last script may have some of its loop left, on a busy machine.
    for (int tries = 0; tries < 200 && reply && reply->starts_with("-BUSY"); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      reply = client.call(command);
    }
    if (reply != "+OK\r\n") fail(command[0] + " afterwards was answered with", reply.value_or("nothing"));
  }
  if (client.call({"GET", "after"}) != "$3\r\nall\r\n") fail("GET afterwards", "");
  if (client.call({"DBSIZE"}) != ":1\r\n") fail("DBSIZE afterwards", "");
  for (int tries = 0; tries < 100; tries++) {
    const std::string list = client.call({"CLIENT", "LIST"}).value_or("");
    if (std::count(list.begin(), list.end(), '\n') <= 3) return;  // this one, and the bulk's own line ends
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  fail("clients that are gone are still listed", "after 5 s");
}

bool LifetimeTest::run() {
  Client first(options_.port);
  const std::string id_before = run_id(first);
  first.close();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) threads.emplace_back([this, i] { busy(i); });
  threads.emplace_back([this] { kill_clients(); });
  threads.emplace_back([this] { change_everything(); });
  threads.emplace_back([this] { probe(); });
  const int64_t end = now_ns() + static_cast<int64_t>(options_.seconds * 1e9);
  while (good_ && now_ns() < end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stop_ = true;
  for (std::thread& thread : threads) thread.join();
  Client last(options_.port);
  if (id_before.empty()) fail("INFO server names no run_id", "");
  if (run_id(last) != id_before) fail("the server is another one than before, or gone", id_before);
  last.close();
  if (good_) check_after();
  std::printf(
      "%llu replies, %llu pipelines lost by kills, %llu kills, %llu changes (%llu refused), %llu probes, slowest %.1f "
      "ms\n",
      static_cast<unsigned long long>(replies_.load()), static_cast<unsigned long long>(lost_.load()),
      static_cast<unsigned long long>(kills_.load()), static_cast<unsigned long long>(changes_.load()),
      static_cast<unsigned long long>(refused_settings_.load()), static_cast<unsigned long long>(probes_.load()),
      static_cast<double>(slowest_probe_ns_.load()) / 1e6);
  return good_ && replies_ > 1000 && kills_ > 10 && changes_ > 10 && probes_ > 5 && lost_ > 0;
}

}  // namespace

int main(int count, char** arguments) {
  return finish("lifetime", LifetimeTest(parse_options(count, arguments)).run());
}
