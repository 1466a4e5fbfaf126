// Fuzzes command sequences against a whole server in this process, by a connection of its only worker: after every
// command its reply must be exactly one value, as an independent reader sees it.
//
// Input    lines, each the words of one command, quoted as in an inline command. A line that cannot be split is sent as
//          it is. Every input begins with a new connection and empty databases.
// Limits   commands that would end this process, open files or ports, or start threads are passed over: see
// is_skipped().
//          proto-max-bulk-len is 1 MB, so that no string is larger. CLIENT PAUSE and CONFIG SET cost a new server.
// Threads  a letter to the worker runs the whole input there, as the loop would; the fuzzer's thread waits for it.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/words.h"
#include "config/load.h"
#include "fuzz/command_mutator.h"
#include "fuzz/reply_parser.h"
#include "server/server.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using Words = std::vector<std::string>;
using Replies = session::Session::Replies;
using Suspension = dispatch::Client::Suspension;

std::string lower(std::string text) {
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte + 32);
  }
  return text;
}

std::unique_ptr<server::Server> make_server() {
  auto settings = config::load_text("port 0\nproto-max-bulk-len 1mb\nsave \"\"\n");
  CHECK(static_cast<bool>(settings));
  keyspace::Keyspace::Options options;
  options.shards = 8;
  options.seed = {1, 2};
  auto made = std::make_unique<server::Server>(server::StartOptions{std::move(*settings), "", ""}, 1, options);
  made->workers[0]->start();
  return made;
}

std::unique_ptr<server::Server>& the_server() {
  static std::unique_ptr<server::Server>* const server = [] {
    base::calibrate_clock();
    [[maybe_unused]] const auto opened = base::set_log_file("/dev/null");
    // Its thread must not outlive what it uses.
    std::atexit([] { the_server().reset(); });
    return new std::unique_ptr<server::Server>(make_server());
  }();
  return *server;
}

// CONFIG SET of what changes how commands run, and nothing outside.
bool may_set(const std::string& name) {
  constexpr std::array<std::string_view, 10> kNames{"maxmemory",
                                                    "maxmemory-policy",
                                                    "maxmemory-samples",
                                                    "lfu-log-factor",
                                                    "lfu-decay-time",
                                                    "latency-tracking",
                                                    "commandlog-execution-slower-than",
                                                    "import-mode",
                                                    "lazyfree-lazy-user-del",
                                                    "requirepass"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// A quadratic command on large strings is slow by its nature.
bool has_large_number(const Words& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return std::llabs(std::atoll(word.c_str() + (word.starts_with('#') ? 1 : 0))) > 2048;
  });
}

// One connection, and what its commands have done so far.
class Session {
 public:
  explicit Session(server::Server& server) : server_(server), worker_(*server.workers[0]) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    own_ = net::Descriptor(ends[0]);
    net::Accepted accepted;
    accepted.socket = net::Descriptor(ends[1]);
    accepted.peer = accepted.local = "/fuzz:0";
    accepted.is_unix = true;
    server_.clients.fetch_add(1);
    const uint64_t id = server_.next_client_id.fetch_add(1);
    worker_.adopt(std::move(accepted), id);
    worker_.for_each_client([&](dispatch::Client& client) {
      if (client.session().id == id) handle_ = client.handle();
    });
  }
  ~Session() {
    if (dispatch::Client* client = worker_.find(handle_)) client->close();
  }

  // False when the input ends here: the connection is gone, or waits for a pause.
  bool run_line(const std::string& line) {
    const auto words = base::split_words(line);
    if (!words) {
      exchange(line + "\n", true);
      return false;
    }
    if (words->empty() || is_skipped(*words)) return true;
    std::string request = "*" + std::to_string(words->size()) + "\r\n";
    for (const std::string& word : *words) request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    return exchange(request, false);
  }
  bool spoilt() const { return spoilt_; }

 private:
  bool is_skipped(const Words& words) {
    const std::string name = lower(words[0]);
    const std::string second = words.size() > 1 ? lower(words[1]) : "";
    if (name == "shutdown" || name == "debug" || name == "module") return true;
    if (name == "config" && second == "rewrite") return true;
    if (name == "config" && second == "set") {
      for (size_t at = 2; at < words.size(); at += 2) {
        if (!may_set(lower(words[at]))) return true;
      }
      spoilt_ = true;
    }
    if (name == "client" && (second == "pause" || second == "unpause")) spoilt_ = true;
    if (name == "lcs") return large_;
    large_ = large_ || has_large_number(words);
    return false;
  }

  bool exchange(const std::string& request, bool ends) {
    dispatch::Client* client = worker_.find(handle_);
    if (client == nullptr) return false;
    const Replies replies = client->session().replies;
    const bool monitor = client->session().monitor;
    const int protocol = client->session().protocol;
    CHECK(::send(own_.get(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
    std::string reply;
    if (!serve(reply)) return false;
    client = worker_.find(handle_);
    const bool gone = client == nullptr;
    const bool silent = replies != Replies::kOn || (!gone && client->session().replies != Replies::kOn);
    const int protocol_now = gone ? protocol : client->session().protocol;
    check(request, reply, std::max(protocol, protocol_now), silent || gone || monitor || ends);
    return !gone;
  }

  // Lets the client read, answer and write until all is done. False if it waits for what may take long, or forever.
  bool serve(std::string& reply) {
    for (int turn = 0;; ++turn) {
      dispatch::Client* client = worker_.find(handle_);
      if (client != nullptr) client->on_ready(client->interest() | runtime::kWritable);  // a monitor's lines too
      if (!worker_.loop().mailbox().empty()) worker_.loop().mailbox().drain();
      receive(reply);
      client = worker_.find(handle_);
      if (client == nullptr) return true;
      if (client->suspension() == Suspension::kPause || client->block() != nullptr) return false;
      pollfd unread{client->fd(), POLLIN, 0};
      const bool all_read = poll(&unread, 1, 0) == 0;
      if (client->suspension() == Suspension::kNone && client->output_bytes() == 0 && all_read) return true;
      constexpr int kMostTurns = 100'000;
      CHECK(turn < kMostTurns);  // nothing that can happen here takes that long
    }
  }

  void receive(std::string& reply) {
    static char buffer[1 << 16];
    for (ssize_t got = 0; (got = recv(own_.get(), buffer, sizeof buffer, 0)) > 0;)
      reply.append(buffer, static_cast<size_t>(got));
  }

  // One value; with `any_number`, whole values, however many.
  static void check(const std::string& request, const std::string& reply, int protocol, bool any_number) {
    std::string_view left(reply);
    size_t values = 0;
    for (; !left.empty(); ++values) {
      const size_t length = fuzz::reply_length(left, protocol);
      if (length == 0) break;
      left.remove_prefix(length);
    }
    if (left.empty() && (any_number || values == 1)) return;
    std::fprintf(stderr, "%zu values, then %zu bytes that are none, in the reply to\n%s\n: %s\n", values, left.size(),
                 request.c_str(), base::quote_word(reply.substr(0, 4096)).c_str());
    std::abort();
  }

  server::Server& server_;
  dispatch::Worker& worker_;
  net::Descriptor own_;
  uint64_t handle_ = 0;
  bool spoilt_ = false;  // the server is not what it was at the start
  bool large_ = false;   // there may be large strings
};

uint64_t commands_run = 0;

bool run_input(server::Server& server, std::string_view text) {
  Session session(server);
  CHECK(session.run_line("flushall sync"));
  bool more = true;
  while (more && !text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    more = session.run_line(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++commands_run;
  }
  // Keys that stay would look leaked: the leak checker does not know the table's packed addresses.
  if (!session.spoilt()) CHECK(Session(server).run_line("flushall sync"));
  return session.spoilt();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  base::Random random(seed);
  if (random.below(4) == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string text(reinterpret_cast<const char*>(data), size);
  const uint64_t times = 1 + random.below(4);
  for (uint64_t time = 0; time < times; ++time) text = fuzz::mutate_lines(text, the_server()->commands, random);
  if (text.size() > max_size) text.resize(max_size);
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::unique_ptr<server::Server>& server = the_server();
  std::promise<bool> done;
  server->workers[0]->loop().mailbox().post([&] { done.set_value(run_input(*server, text)); });
  if (done.get_future().get()) {
    server.reset();
    server = make_server();
  }
  std::promise<void> idle;  // what waits to be freed would look leaked, too
  server->background.post([&] { idle.set_value(); });
  idle.get_future().wait();
  return 0;
}
