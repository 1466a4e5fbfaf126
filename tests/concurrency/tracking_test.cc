// Client-side caching: whoever keeps what it has read, and drops what it is told to drop, keeps nothing that is stale.
//
// Shape   Each key has one writer, which numbers the values that it writes, so a larger number is newer; it also
// deletes
//         the key and lets it expire. Caching clients read keys that they do not have: each in another mode of CLIENT
//         TRACKING, alone, in pipelines, by MGET and inside MULTI, one also by large replies and by replies that come
//         later (CLIENT LIST inside MULTI). Clients are killed and come again with empty caches; databases are flushed.
//         What is checked:
//         - on the way: a caching client notes what the writers have been told is done, asks for PONG, and then has no
//           number below that;
//         - when all writers rest: what a client keeps is what the server has;
//         - a client that tracks by its reads is told of a key no more often than it has read it.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kWriters = 3;
constexpr int kKeysEach = 12;
constexpr int kKeys = kWriters * kKeysEach;
constexpr int kLargeLength = 12'000;  // more than what counts as many (command/call.h)

enum class Mode { kReads, kOptIn, kBroadcast, kPrefixes, kNoLoop, kToPush, kToChannel, kLarge };
constexpr Mode kModes[] = {Mode::kReads,  Mode::kOptIn,  Mode::kBroadcast, Mode::kPrefixes,
                           Mode::kNoLoop, Mode::kToPush, Mode::kToChannel, Mode::kLarge};

std::string key_of(int number) { return (number % 2 == 0 ? "even:" : "odd:") + std::to_string(number); }
const std::string kLargeKey = "even:large";

// The number of the last write of each key that was answered.
std::atomic<uint64_t> written[kKeys];
std::atomic<uint64_t> written_large{0};

class Failures {
 public:
  bool good() const { return good_; }
  void add(const std::string& what, const std::string& detail) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), detail.substr(0, 500).c_str());
  }

 private:
  std::atomic<bool> good_{true};
};

// One application with a cache: a connection that reads, and perhaps another that is told.
class CachingClient {
 public:
  CachingClient(const TestOptions& options, Mode mode, int number, Failures& failures)
      : options_(options), mode_(mode), number_(number), failures_(failures), random_(options.seed * 1000 + number) {}

  void begin();
  void read_some();
  // No number is older than what was written before it was called.
  void check_floor();
  // REQUIRES: nobody writes. `truth` is what the server has.
  void check_all(const std::map<std::string, std::string>& truth);
  uint64_t id() const { return id_; }
  uint64_t told() const { return told_; }
  uint64_t checked() const { return checked_; }

 private:
  bool redirects() const { return mode_ == Mode::kToPush || mode_ == Mode::kToChannel; }
  bool by_reads() const { return mode_ != Mode::kBroadcast && mode_ != Mode::kPrefixes; }
  // The next reply on the connection that reads; what comes between is taken in. Nothing: the connection has ended.
  std::optional<std::string> reply();
  bool take_if_message(const std::string& message);
  void invalidate(const std::string& key);
  void keep(const std::string& key, const std::string& value);
  void settle();
  void read_alone(const std::string& key);
  void read_many();
  void read_in_transaction();
  void read_large();
  void write_own();
  std::string random_key() { return key_of(below(random_, kKeys)); }

  const TestOptions& options_;
  const Mode mode_;
  const int number_;
  Failures& failures_;
  Random random_;
  std::unique_ptr<Client> reader_, listener_;
  std::map<std::string, std::string> cache_;  // "" stands for an absent key
  std::map<std::string, int64_t> owed_;       // by key: how often it was read and not yet told of
  std::atomic<uint64_t> id_{0};
  uint64_t told_ = 0, checked_ = 0, own_ = 0;
};

void CachingClient::begin() {
  cache_.clear();
  owed_.clear();
  while (failures_.good()) {
    listener_.reset();
    Command track{"CLIENT", "TRACKING", "ON"};
    if (redirects()) {
      listener_ = std::make_unique<Client>(options_.port);
      if (mode_ == Mode::kToPush) listener_->call({"HELLO", "3"});
      const auto to = listener_->call({"CLIENT", "ID"});
      if (mode_ == Mode::kToChannel) listener_->call({"SUBSCRIBE", "__redis__:invalidate"});
      if (!to) continue;
      track.insert(track.end(), {"REDIRECT", payload(*to).value_or("")});
    }
    if (mode_ == Mode::kOptIn) track.emplace_back("OPTIN");
    if (mode_ == Mode::kNoLoop) track.emplace_back("NOLOOP");
    if (mode_ == Mode::kBroadcast) track.emplace_back("BCAST");
    if (mode_ == Mode::kPrefixes) track.insert(track.end(), {"BCAST", "PREFIX", "even:", "PREFIX", "odd:"});
    reader_ = std::make_unique<Client>(options_.port);
    if (!redirects()) reader_->call({"HELLO", "3"});
    const auto id = reader_->call({"CLIENT", "ID"});
    const auto done = reader_->call(track);
    if (!id || !done) continue;  // killed already
    if (*done != "+OK\r\n") return failures_.add("CLIENT TRACKING", *done);
    id_ = std::stoull(payload(*id).value_or("0"));
    return;
  }
}

void CachingClient::invalidate(const std::string& key) {
  cache_.erase(key);
  told_++;
  if (by_reads() && --owed_[key] < 0) failures_.add("told more often than it has read", key);
}

bool CachingClient::take_if_message(const std::string& message) {
  const bool channel = mode_ == Mode::kToChannel;
  if (message[0] != (channel ? '*' : '>')) return false;
  std::vector<std::string> parts = elements(message);
  if (channel && !parts.empty()) parts.erase(parts.begin());
  if (parts.size() < 2 || payload(parts[0]) != (channel ? "__redis__:invalidate" : "invalidate")) {
    failures_.add("no such message", message);
    return true;
  }
  if (parts.size() == 2 && !payload(parts[1])) {
    cache_.clear();
    owed_.clear();  // what was under way before may still come
    for (int key = 0; key < kKeys; key++) owed_[key_of(key)] = 1'000'000;
    owed_[kLargeKey] = 1'000'000;
    told_++;
    return true;
  }
  for (size_t at = 2; at < parts.size(); at++) invalidate(payload(parts[at]).value_or(""));
  return true;
}

std::optional<std::string> CachingClient::reply() {
  while (true) {
    std::optional<std::string> next = reader_->read_reply();
    if (!next || redirects() || !take_if_message(*next)) return next;
  }
}

void CachingClient::keep(const std::string& key, const std::string& value) {
  cache_[key] = value;
  owed_[key]++;
}

// What was told before this call has been taken in, or the client has begun anew.
void CachingClient::settle() {
  reader_->send(encode({"PING"}));
  const auto pong = reply();
  if (!pong) return begin();
  if (*pong != "+PONG\r\n") return failures_.add("no PONG", *pong);
  if (!redirects()) return;
  listener_->send(encode({"PING"}));
  while (true) {
    const auto next = listener_->read_reply();
    if (!next) return begin();
    if (*next == "+PONG\r\n" || (mode_ == Mode::kToChannel && elements(*next).size() == 2)) return;
    if (!take_if_message(*next)) return failures_.add("no message", *next);
  }
}

void CachingClient::read_alone(const std::string& key) {
  std::string bytes;
  if (mode_ == Mode::kOptIn) bytes += encode({"CLIENT", "CACHING", "YES"});
  reader_->send(bytes + encode({"GET", key}));
  if (mode_ == Mode::kOptIn && !reply()) return begin();
  const auto value = reply();
  if (!value) return begin();
  keep(key, payload(*value).value_or(""));
}

void CachingClient::read_many() {
  Command command{"MGET"};
  for (int count = 1 + below(random_, 6); count > 0; count--) command.push_back(random_key());
  if (mode_ == Mode::kOptIn) reader_->send(encode({"CLIENT", "CACHING", "YES"}));
  reader_->send(encode(command));
  if (mode_ == Mode::kOptIn && !reply()) return begin();
  const auto values = reply();
  if (!values) return begin();
  const std::vector<std::string> each = elements(*values);
  if (each.size() + 1 != command.size()) return failures_.add("MGET", *values);
  for (size_t at = 0; at < each.size(); at++) keep(command[at + 1], payload(each[at]).value_or(""));
}

// With CLIENT LIST inside, the reply waits for all I/O threads.
void CachingClient::read_in_transaction() {
  const std::string one = random_key(), two = random_key();
  if (mode_ == Mode::kOptIn) reader_->send(encode({"CLIENT", "CACHING", "YES"}));
  reader_->send(encode({"MULTI"}) + encode({"GET", one}) + encode({"CLIENT", "LIST", "ID", "1"}) +
                encode({"GET", two}) + encode({"EXEC"}));
  for (int replies = mode_ == Mode::kOptIn ? 5 : 4; replies > 0; replies--) {
    if (!reply()) return begin();
  }
  const auto values = reply();
  if (!values) return begin();
  const std::vector<std::string> each = elements(*values);
  if (each.size() != 3) return failures_.add("EXEC", *values);
  keep(one, payload(each[0]).value_or(""));
  keep(two, payload(each[2]).value_or(""));
}

void CachingClient::read_large() {
  reader_->send(encode({"LRANGE", kLargeKey, "0", "-1"}));
  const auto values = reply();
  if (!values) return begin();
  const std::vector<std::string> each = elements(*values);
  if (!each.empty() && each.size() != kLargeLength) return failures_.add("LRANGE", std::to_string(each.size()));
  keep(kLargeKey, each.empty() ? "" : payload(each[0]).value_or(""));
}

// A key of its own: it keeps what it writes, and is not told of that.
void CachingClient::write_own() {
  const std::string key = "even:own:" + std::to_string(number_), value = std::to_string(++own_);
  reader_->send(encode({"GET", key}) + encode({"SET", key, value}) + encode({"GET", key}));
  for (int replies = 0; replies < 3; replies++) {
    const auto got = reply();
    if (!got) return begin();
    if (replies != 1) keep(key, payload(*got).value_or(""));
  }
}

void CachingClient::read_some() {
  for (int count = 1 + below(random_, 5); count > 0; count--) {
    const std::string key = random_key();
    if (!cache_.contains(key)) read_alone(key);
  }
  if (below(random_, 4) == 0) read_many();
  if (below(random_, 8) == 0) read_in_transaction();
  if (mode_ == Mode::kLarge && !cache_.contains(kLargeKey)) read_large();
  if (mode_ == Mode::kNoLoop && below(random_, 8) == 0) write_own();
}

void CachingClient::check_floor() {
  uint64_t floor[kKeys];
  for (int key = 0; key < kKeys; key++) floor[key] = written[key];
  const uint64_t large = written_large;
  settle();
  const auto check = [&](const std::string& key, uint64_t least) {
    const auto kept = cache_.find(key);
    if (kept == cache_.end() || kept->second.empty()) return;
    checked_++;
    if (std::stoull(kept->second) < least) {
      failures_.add("stale", key + " is " + kept->second + ", was " + std::to_string(least) + " before, mode " +
                                 std::to_string(static_cast<int>(mode_)));
    }
  };
  for (int key = 0; key < kKeys; key++) check(key_of(key), floor[key]);
  check(kLargeKey, large);
}

void CachingClient::check_all(const std::map<std::string, std::string>& truth) {
  settle();
  for (const auto& [key, value] : cache_) {
    const auto found = truth.find(key);
    if (found == truth.end()) continue;  // a client's own
    checked_++;
    if (value != found->second) {
      failures_.add("stale at rest", key + " is '" + value + "', not '" + found->second + "', mode " +
                                         std::to_string(static_cast<int>(mode_)));
    }
  }
}

class TrackingTest {
 public:
  explicit TrackingTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void write(int number, uint64_t count);
  void write_large();
  void disturb();
  std::map<std::string, std::string> truth();

  const TestOptions options_;
  Failures failures_;
  std::atomic<bool> writing_{false};
  std::atomic<int> writers_left_{0};
  std::vector<std::unique_ptr<CachingClient>> clients_;
};

// One command a time for each key, so that what is answered is done.
void TrackingTest::write(int number, uint64_t count) {
  static std::atomic<uint64_t> round{0};
  Random random(options_.seed * 77 + ++round);
  Client client(options_.port);
  for (uint64_t done = 0; done < count && failures_.good();) {
    std::string bytes;
    std::vector<int> keys;
    for (int each = 1 + below(random, 4); each > 0; each--) {
      const int key = number * kKeysEach + below(random, kKeysEach);
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
    const int how = below(random, 20);
    Command several{"MSET"};
    for (const int key : keys) {
      const std::string name = key_of(key), value = std::to_string(written[key] + 1);
      if (how == 0) {
        bytes += encode({"DEL", name});
      } else if (how == 1) {
        bytes += encode({"SET", name, value, "PX", "3"});
      } else if (how < 6) {
        several.insert(several.end(), {name, value});
      } else {
        bytes += encode({"SET", name, value});
      }
    }
    if (several.size() > 1) bytes = encode(several);
    client.send(bytes);
    for (size_t replies = several.size() > 1 ? 1 : keys.size(); replies > 0; replies--) {
      if (!client.read_reply()) return failures_.add("a writer lost the server", std::to_string(number));
    }
    for (const int key : keys) written[key]++;
    done += keys.size();
  }
  if (--writers_left_ == 0) writing_ = false;
}

void TrackingTest::write_large() {
  Client client(options_.port);
  while (writing_ && failures_.good()) {
    const std::string value = std::to_string(written_large + 1);
    const auto done = client.call({"LSET", kLargeKey, "0", value});
    if (!done) return failures_.add("a writer lost the server", kLargeKey);
    if ((*done)[0] == '-') {  // it was flushed
      Command push{"RPUSH", kLargeKey};
      push.resize(2 + kLargeLength, value);
      client.call(push);
    }
    written_large++;
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}

void TrackingTest::disturb() {
  Random random(options_.seed);
  Client client(options_.port);
  while (writing_ && failures_.good()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + below(random, 20)));
    const int what = below(random, 12);
    if (what == 0) {
      client.call({"FLUSHALL"});
    } else if (what == 1) {
      client.call({"FLUSHDB"});
    } else if (what < 5) {
      const CachingClient& victim = *clients_[below(random, static_cast<int>(clients_.size()))];
      client.call({"CLIENT", "KILL", "ID", std::to_string(victim.id())});
    }
  }
}

std::map<std::string, std::string> TrackingTest::truth() {
  Client client(options_.port);
  std::map<std::string, std::string> values;
  for (int key = 0; key < kKeys; key++) {
    values[key_of(key)] = payload(client.call({"GET", key_of(key)}).value_or("$-1\r\n")).value_or("");
  }
  values[kLargeKey] = payload(client.call({"LINDEX", kLargeKey, "0"}).value_or("$-1\r\n")).value_or("");
  return values;
}

bool TrackingTest::run() {
  constexpr int kRounds = 8;
  int number = 0;
  for (const Mode mode : kModes) {
    clients_.push_back(std::make_unique<CachingClient>(options_, mode, number++, failures_));
    clients_.back()->begin();
  }
  for (int round = 0; round < kRounds && failures_.good(); round++) {
    writing_ = true;
    writers_left_ = kWriters;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < kWriters; writer++) {
      threads.emplace_back([this, writer] { write(writer, 1 + options_.operations / kWriters / kRounds); });
    }
    threads.emplace_back([this] { write_large(); });
    threads.emplace_back([this] { disturb(); });
    for (const auto& client : clients_) {
      threads.emplace_back([this, &client = *client] {
        while (writing_ && failures_.good()) {
          client.read_some();
          client.check_floor();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // until keys that were to expire are gone
    const auto values = truth();
    for (const auto& client : clients_) client->check_all(values);
  }
  uint64_t checked = 0, told = 0;
  for (const auto& client : clients_) {
    checked += client->checked();
    told += client->told();
  }
  std::printf("%llu kept values checked, %llu invalidations\n", static_cast<unsigned long long>(checked),
              static_cast<unsigned long long>(told));
  return failures_.good() && checked > 0 && told > 0;
}

}  // namespace

int main(int count, char** arguments) {
  const TestOptions options = parse_options(count, arguments);
  return finish("tracking", TrackingTest(options).run());
}
