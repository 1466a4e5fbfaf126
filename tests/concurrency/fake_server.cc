// A small server that is wrong on purpose, so that the tests can show what they catch.
//
// Shape   `fake_server --port N --fault NAME`: one thread a connection, one map, one mutex. With the fault `none` it is
//         correct. The others break one promise once in some hundred commands:
//         stale_read    GET gives the value before the last change
//         lost_update   INCR and APPEND read and write in two locked sections
//         torn_write    MSET, MSETNX, MSETEX and DEL let go of the lock between their keys
//         torn_read     MGET lets go of the lock between its keys
//         torn_rename   RENAME and RENAMENX take the old key away in one section and put the new one in another
//         late_effect   a write is answered before it happens
//         torn_stray    DEBUG STRAY lets go of the lock between its keys
//         crossed_reply a reply of ECHO goes out with another text
// Limits  Just the commands that the tests send; a command of any other name gets an error.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "string_model.h"
#include "test_options.h"

namespace {

std::mutex lock;
std::map<std::string, std::string> store;
std::map<std::string, KeyState> previous;
std::string fault;

bool strikes(Random& random, const char* name) { return fault == name && below(random, 200) == 0; }

// Lets another thread in, at a place where a correct server would not.
void gap(std::unique_lock<std::mutex>& held) {
  held.unlock();
  std::this_thread::sleep_for(std::chrono::microseconds(300));
  held.lock();
}

KeyState read(const std::string& key) {
  const auto found = store.find(key);
  return found == store.end() ? KeyState() : KeyState(found->second);
}

void write(const std::string& key, const KeyState& state) {
  previous[key] = read(key);
  if (state) {
    store[key] = *state;
  } else {
    store.erase(key);
  }
}

std::string integer(long long value) { return ":" + std::to_string(value) + "\r\n"; }
std::string bulk(const KeyState& state) {
  return state ? "$" + std::to_string(state->size()) + "\r\n" + *state + "\r\n" : "$-1\r\n";
}

bool to_operation(const Command& command, KeyOperation* operation) {
  static const std::map<std::string, Verb> kVerbsByName = {
      {"GET", Verb::kGet},           {"SET", Verb::kSet},
      {"SETNX", Verb::kSetNx},       {"GETSET", Verb::kGetSet},
      {"GETDEL", Verb::kGetDel},     {"INCR", Verb::kIncr},
      {"APPEND", Verb::kAppend},     {"DELIFEQ", Verb::kDelIfEqual},
      {"SETRANGE", Verb::kSetRange}, {"STRLEN", Verb::kStrlen}};
  const auto found = kVerbsByName.find(command[0]);
  if (found == kVerbsByName.end() || command.size() < 2) return false;
  operation->verb = found->second;
  if (command.size() > 2) operation->value = command[2];
  if (operation->verb == Verb::kSet && command.size() == 5) {
    operation->verb = Verb::kSetIfEqual;
    operation->condition = command[4];
  }
  if (operation->verb == Verb::kDelIfEqual) operation->condition = command[2];
  if (operation->verb == Verb::kSetRange) {
    operation->offset = std::atoi(command[2].c_str());
    operation->value = command[3];
  }
  return true;
}

std::string single_key(const KeyOperation& operation, const std::string& key, Random& random,
                       std::unique_lock<std::mutex>& held) {
  if (operation.verb == Verb::kGet && strikes(random, "stale_read")) return bulk(previous[key]);
  KeyState state = read(key);
  const KeyState before = state;
  const std::string reply = apply_to_key(operation, state);
  const bool adds = operation.verb == Verb::kIncr || operation.verb == Verb::kAppend;
  if (adds && strikes(random, "lost_update")) gap(held);
  if (state != before && strikes(random, "late_effect")) {
    std::thread([key, state] {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const std::lock_guard<std::mutex> held_later(lock);
      write(key, state);
    }).detach();
    return reply;
  }
  if (state != before) write(key, state);
  return reply;
}

std::string write_many(const Command& command, Random& random, std::unique_lock<std::mutex>& held) {
  const bool extended = command[0] == "MSETEX";
  const size_t first = extended ? 2 : 1;
  const size_t end = extended ? first + 2 * static_cast<size_t>(std::atoi(command[1].c_str())) : command.size();
  if (command[0] == "MSETNX") {
    for (size_t i = first; i < end; i += 2) {
      if (read(command[i])) return integer(0);
    }
  }
  const bool torn = strikes(random, "torn_write");
  for (size_t i = first; i < end; i += 2) {
    write(command[i], command[i + 1]);
    if (torn && i == first) gap(held);
  }
  return command[0] == "MSET" ? "+OK\r\n" : integer(1);
}

std::string over_keys(const Command& command, Random& random, std::unique_lock<std::mutex>& held) {
  long long count = 0;
  std::string values = "*" + std::to_string(command.size() - 1) + "\r\n";
  const bool torn =
      (command[0] == "MGET" && strikes(random, "torn_read")) || (command[0] == "DEL" && strikes(random, "torn_write"));
  for (size_t i = 1; i < command.size(); i++) {
    const KeyState state = read(command[i]);
    count += state.has_value();
    values += bulk(state);
    if (state && (command[0] == "DEL" || command[0] == "UNLINK")) write(command[i], KeyState());
    if (torn && i == command.size() / 2) gap(held);
  }
  return command[0] == "MGET" ? values : integer(count);
}

std::string move_key(const Command& command, Random& random, std::unique_lock<std::mutex>& held) {
  const KeyState state = read(command[1]);
  if (command[0] == "COPY") {
    if (!state) return integer(0);
    write(command[2], state);
    return integer(1);
  }
  if (!state) return "-ERR no such key\r\n";
  if (command[0] == "RENAMENX" && read(command[2])) return integer(0);
  write(command[1], KeyState());
  if (strikes(random, "torn_rename")) gap(held);
  write(command[2], state);
  return command[0] == "RENAME" ? "+OK\r\n" : integer(1);
}

std::string stray(const Command& command, Random& random, std::unique_lock<std::mutex>& held) {
  const bool torn = strikes(random, "torn_stray");
  for (size_t i = 2; i < command.size(); i++) {
    KeyState state = read(command[i]);
    apply_to_key(KeyOperation{.verb = Verb::kIncr}, state);
    if (torn && i > 2) gap(held);  // between reading and writing, so that totals suffer too
    write(command[i], state);
  }
  return "+OK\r\n";
}

std::string execute(const Command& command, Random& random) {
  std::unique_lock<std::mutex> held(lock);
  KeyOperation operation;
  const std::string& name = command[0];
  if (to_operation(command, &operation)) return single_key(operation, command[1], random, held);
  if (name == "MSET" || name == "MSETNX" || name == "MSETEX") return write_many(command, random, held);
  if (name == "MGET" || name == "DEL" || name == "UNLINK" || name == "EXISTS") return over_keys(command, random, held);
  if (name == "RENAME" || name == "RENAMENX" || name == "COPY") return move_key(command, random, held);
  if (name == "DEBUG") return stray(command, random, held);
  if (name == "DBSIZE") return integer(static_cast<long long>(store.size()));
  if (name == "CONFIG") return "+OK\r\n";
  if (name == "PING") return "+PONG\r\n";
  if (name == "ECHO") return bulk(strikes(random, "crossed_reply") ? "another's" : command[1]);
  return "-ERR unknown command\r\n";
}

// The next command of `bytes` from `*at`; empty while it is incomplete. Just arrays of bulk strings.
Command next_command(const std::string& bytes, size_t* at) {
  size_t line_end = bytes.find("\r\n", *at);
  if (line_end == std::string::npos) return {};
  const int count = std::atoi(bytes.c_str() + *at + 1);
  size_t cursor = line_end + 2;
  Command command;
  for (int i = 0; i < count; i++) {
    line_end = bytes.find("\r\n", cursor);
    if (line_end == std::string::npos) return {};
    const size_t length = std::strtoull(bytes.c_str() + cursor + 1, nullptr, 10);
    if (bytes.size() < line_end + 4 + length) return {};
    command.push_back(bytes.substr(line_end + 2, length));
    cursor = line_end + 4 + length;
  }
  *at = cursor;
  return command;
}

void serve(int socket, uint64_t seed) {
  Random random(seed);
  std::string bytes;
  char chunk[16384];
  while (true) {
    const ssize_t count = recv(socket, chunk, sizeof chunk, 0);
    if (count <= 0) break;
    bytes.append(chunk, static_cast<size_t>(count));
    size_t at = 0;
    std::string replies;
    for (Command command = next_command(bytes, &at); !command.empty(); command = next_command(bytes, &at)) {
      replies += execute(command, random);
    }
    bytes.erase(0, at);
    if (!replies.empty() && send(socket, replies.data(), replies.size(), MSG_NOSIGNAL) < 0) break;
  }
  close(socket);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5 || std::strcmp(arguments[1], "--port") != 0 || std::strcmp(arguments[3], "--fault") != 0) {
    std::fprintf(stderr, "usage: fake_server --port N --fault NAME\n");
    return 2;
  }
  fault = arguments[4];
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(arguments[2])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 512) != 0)
    return 1;
  for (uint64_t number = 1;; number++) {
    const int socket = accept(listener, nullptr, nullptr);
    if (socket < 0) continue;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread(serve, socket, number).detach();
  }
}
