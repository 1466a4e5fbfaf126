// Nobody who waits for a shard is forgotten: after each burst of commands, all of them have been answered.
//
// Shape   Rounds. In a round each of some connections sends one command: BITCOUNT of a large value, which holds its
// shard
//         for milliseconds, or EXISTS of several, which queues behind such ones at one shard after another. Then all is
//         still until every reply is there. Where commands never stop, the next one wakes who was forgotten; here
//         nothing comes, so a lost wake-up is a client that waits for ever.
// Limits  A reply that takes 20 s counts as lost.
// Source  tests/model/README.md, what the model taught.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "test_options.h"

namespace {

constexpr int kKeys = 4;
constexpr size_t kBytes = 32 << 20;

std::string key_name(int key) { return "large:" + std::to_string(key); }

Command random_command(Random& random) {
  if (below(random, 2) == 0) return {"BITCOUNT", key_name(below(random, kKeys))};
  Command command{"EXISTS"};
  for (int left = 1 + below(random, 3); left > 0; left--) command.push_back(key_name(below(random, kKeys)));
  // Very many keys at times: more than a server looks at ahead, which might wake who was forgotten by luck.
  if (below(random, 2) == 0) command.insert(command.end(), 2000, command.back());
  return command;
}

bool is_right(const Command& command, const std::string& reply) {
  if (command[0] == "BITCOUNT") return reply == ":1\r\n";
  return reply == ":" + std::to_string(command.size() - 1) + "\r\n";
}

// The commands of a round that is staged: two queue behind a long one at the second key, and before it ends another
// long one holds the first key. So the one that is woken fails at the first key, and must pass its turn on to the
// other.
std::vector<Command> staged_commands(Random& random) {
  const int first = below(random, kKeys);
  const int second = (first + 1 + below(random, kKeys - 1)) % kKeys;
  Command both{"EXISTS"};
  for (int i = 0; i < 2000; i++) both.push_back(key_name(i % 2 == 0 ? first : second));
  return {{"BITCOUNT", key_name(second)}, both, {"EXISTS", key_name(second)}, {"BITCOUNT", key_name(first)}};
}

bool run_round(std::vector<std::unique_ptr<Client>>& clients, Random& random, int round) {
  const bool staged = below(random, 2) == 0;
  std::vector<Command> commands;
  if (staged) commands = staged_commands(random);
  while (!staged && commands.size() < clients.size()) commands.push_back(random_command(random));
  for (size_t i = 0; i < commands.size(); i++) {
    clients[i]->send(encode(commands[i]));
    if (staged) std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  bool good = true;
  for (size_t i = 0; i < commands.size(); i++) {
    const std::optional<std::string> reply = clients[i]->read_reply();
    if (reply && is_right(commands[i], *reply)) continue;
    std::printf("VIOLATION: round %d, connection %zu: %s %s%s\n", round, i, commands[i][0].c_str(),
                commands[i][1].c_str(), reply ? (" answered " + *reply).c_str() : " was never answered");
    good = false;
    break;
  }
  return good;
}

bool run(const TestOptions& options) {
  Random random(options.seed);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < options.clients; i++) clients.push_back(std::make_unique<Client>(options.port));
  for (int key = 0; key < kKeys; key++) {
    clients[0]->call({"DEL", key_name(key)});
    clients[0]->call({"SETBIT", key_name(key), std::to_string(kBytes * 8 - 1), "1"});
  }
  int round = 0;
  const int64_t end = now_ns() + static_cast<int64_t>(options.seconds * 1e9);
  constexpr int kFewest = 6;  // however slow the server's build is
  for (; now_ns() < end || round < kFewest; round++) {
    if (!run_round(clients, random, round)) return false;
  }
  std::printf("%d bursts of %d commands\n", round, options.clients);
  return true;
}

}  // namespace

int main(int count, char** arguments) { return finish("burst", run(parse_options(count, arguments))); }
