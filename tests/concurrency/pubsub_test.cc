// Pub/Sub: every subscriber has all messages of a publisher, in the order in which they were published.
//
// Shape   Publishers number their messages and send them to a few channels, in pipelines, alone and inside MULTI;
//         subscribers, each on a connection of its own, listen to all channels by name, by pattern, or to the shard
//         channels. A message is `publisher:number`; each subscriber must see every publisher's numbers one by one from
//         0 on. Others come and go meanwhile. At last every publisher says how many it has sent: `publisher:=count`.
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

constexpr int kChannels = 3;
constexpr int kPublishers = 4;
constexpr int kSubscribers = 3;  // of each way

enum class Way { kName, kPattern, kShard };

std::string channel(int number) { return "channel:" + std::to_string(number); }

class PubSubTest {
 public:
  explicit PubSubTest(const TestOptions& options) : options_(options) {}
  bool run();

 private:
  void fail(const std::string& what, const std::string& detail) {
    if (good_.exchange(false)) std::printf("VIOLATION: %s: %s\n", what.c_str(), detail.c_str());
  }
  void publish(int number);
  void listen(Client& client, Way way, int number);
  void come_and_go();

  const TestOptions options_;
  std::atomic<bool> good_{true}, publishers_stop_{false};
  std::atomic<uint64_t> published_{0}, received_{0};
};

void subscribe(Client& client, Way way) {
  Command command{way == Way::kName ? "SUBSCRIBE" : way == Way::kPattern ? "PSUBSCRIBE" : "SSUBSCRIBE"};
  if (way == Way::kPattern) {
    command.emplace_back("channel:*");
  } else {
    for (int number = 0; number < kChannels; number++) command.push_back(channel(number));
  }
  client.send(encode(command));
  for (size_t reply = 1; reply < command.size(); reply++) client.read_reply();
}

// Each number goes to both kinds of channels.
void PubSubTest::publish(int number) {
  Random random(options_.seed * 100 + number);
  Client client(options_.port);
  const uint64_t each = options_.operations / kPublishers;
  uint64_t sent = 0;
  const auto message = [&](bool last) {
    const std::string text = std::to_string(number) + ":" + (last ? "=" : "") + std::to_string(sent);
    const std::string to = channel(below(random, kChannels));
    return encode({"PUBLISH", to, text}) + encode({"SPUBLISH", to, text});
  };
  while (good_ && sent < each) {
    std::string bytes;
    const int count = 1 + below(random, 8);
    const bool transaction = below(random, 3) == 0;
    if (transaction) bytes += encode({"MULTI"});
    for (int left = count; left > 0; left--, sent++) bytes += message(false);
    if (transaction) bytes += encode({"EXEC"});
    client.send(bytes);
    for (int replies = 2 * count + (transaction ? 2 : 0); replies > 0; replies--) {
      const std::optional<std::string> reply = client.read_reply();
      if (!reply || (*reply)[0] == '-') return fail("a publisher was answered", reply.value_or("nothing"));
    }
    published_ += count;
  }
  client.send(message(true));
  client.read_reply();
  client.read_reply();
}

void PubSubTest::listen(Client& client, Way way, int number) {
  std::map<std::string, uint64_t> next;
  for (int ended = 0; good_ && ended < kPublishers;) {
    const std::optional<std::string> reply = client.read_reply();
    if (!reply) return fail("a subscriber lost the server", std::to_string(number));
    const std::vector<std::string> parts = elements(*reply);
    const std::string text = parts.empty() ? "" : payload(parts.back()).value_or("");
    const size_t colon = text.find(':');
    if (parts.size() != (way == Way::kPattern ? 4U : 3U) || colon == std::string::npos)
      return fail("no message", *reply);
    const std::string publisher = text.substr(0, colon), said = text.substr(colon + 1);
    if (said[0] == '=') {
      ended++;
      if (said != "=" + std::to_string(next[publisher]))
        fail("lost", text + ", not " + std::to_string(next[publisher]));
    } else if (said != std::to_string(next[publisher]++)) {
      fail("out of order, lost or doubled", text + ", expected " + std::to_string(next[publisher] - 1));
    }
    received_++;
  }
}

// Subscriptions that come, go and break off beside those that stay.
void PubSubTest::come_and_go() {
  Random random(options_.seed);
  while (!publishers_stop_) {
    Client client(options_.port);
    subscribe(client, static_cast<Way>(below(random, 3)));
    for (int reads = below(random, 20); reads > 0 && !publishers_stop_; reads--) {
      if (!client.read_reply()) break;
    }
    if (below(random, 2) == 0) client.reset();
  }
}

bool PubSubTest::run() {
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::thread> subscribers, publishers;
  for (int number = 0; number < 3 * kSubscribers; number++) {
    const Way way = static_cast<Way>(number % 3);
    clients.push_back(std::make_unique<Client>(options_.port));
    subscribe(*clients.back(), way);
    subscribers.emplace_back([this, way, number, &client = *clients.back()] { listen(client, way, number); });
  }
  std::thread passer([this] { come_and_go(); });
  for (int number = 0; number < kPublishers; number++) {
    publishers.emplace_back([this, number] { publish(number); });
  }
  for (std::thread& thread : publishers) thread.join();
  for (std::thread& thread : subscribers) thread.join();
  publishers_stop_ = true;
  Client last(options_.port);
  last.call({"PUBLISH", channel(0), "x"});  // who still waits for a message has one
  last.call({"SPUBLISH", channel(0), "x"});
  passer.join();
  std::printf("%llu messages published, %llu deliveries checked\n", static_cast<unsigned long long>(published_.load()),
              static_cast<unsigned long long>(received_.load()));
  return good_ && published_ > 0;
}

}  // namespace

int main(int count, char** arguments) {
  const TestOptions options = parse_options(count, arguments);
  return finish("pubsub", PubSubTest(options).run());
}
