#include "fuzz/server_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/words.h"
#include "config/load.h"
#include "fuzz/reply_parser.h"

namespace fuzz {
namespace {

using Replies = session::Session::Replies;
using Suspension = dispatch::Client::Suspension;

// One value; with `any_number`, whole values, however many.
void check(const std::string& request, const std::string& reply, int protocol, bool any_number) {
  std::string_view left(reply);
  size_t values = 0;
  for (; !left.empty(); ++values) {
    const size_t length = reply_length(left, protocol);
    if (length == 0) break;
    left.remove_prefix(length);
  }
  if (left.empty() && (any_number || values == 1)) return;
  std::fprintf(stderr, "%zu values, then %zu bytes that are none, in the reply to\n%s\n: %s\n", values, left.size(),
               request.c_str(), base::quote_word(reply.substr(0, 4096)).c_str());
  std::abort();
}

}  // namespace

std::unique_ptr<server::Server> make_server() {
  auto settings = config::load_text("port 0\nproto-max-bulk-len 1mb\nsave \"\"\nrdbcompression no\n");
  CHECK(static_cast<bool>(settings));
  keyspace::Keyspace::Options options;
  options.shards = 8;
  options.seed = {1, 2};
  auto made = std::make_unique<server::Server>(server::StartOptions{std::move(*settings), "", ""}, 1, options);
  CHECK(made->workers[0]->start());
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

void run_on_worker(const std::function<void(server::Server&)>& task) {
  server::Server& server = *the_server();
  std::promise<void> done;
  server.workers[0]->loop().mailbox().post([&] {
    task(server);
    done.set_value();
  });
  done.get_future().wait();
  std::promise<void> idle;
  server.background.post([&] { idle.set_value(); });
  idle.get_future().wait();
}

std::string to_request(const std::vector<std::string>& words) {
  std::string request = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return request;
}

ServerConnection::ServerConnection(server::Server& server) : server_(server), worker_(*server.workers[0]) {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  own_ = net::Descriptor(ends[0]);
  net::Accepted accepted;
  accepted.socket = net::Descriptor(ends[1]);
  accepted.peer = accepted.local = "/fuzz:0";
  accepted.is_unix = true;
  server_.clients.fetch_add(1);
  const uint64_t id = server_.next_client_id.fetch_add(1);
  worker_.adopt(std::move(accepted), id, nullptr);
  worker_.for_each_client([&](dispatch::Client& client) {
    if (client.session().id == id) handle_ = client.handle();
  });
}

ServerConnection::~ServerConnection() {
  if (dispatch::Client* client = worker_.find(handle_)) client->close();
}

bool ServerConnection::exchange(const std::string& request, bool any_number) {
  dispatch::Client* client = worker_.find(handle_);
  if (client == nullptr) return false;
  const Replies replies = client->session().replies;
  const bool monitor = client->session().monitor;
  const int protocol = client->session().protocol;
  CHECK(::send(own_.get(), request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  reply_.clear();
  if (!serve()) return false;
  client = worker_.find(handle_);
  const bool gone = client == nullptr;
  const bool silent = replies != Replies::kOn || (!gone && client->session().replies != Replies::kOn);
  const int protocol_now = gone ? protocol : client->session().protocol;
  check(request, reply_, std::max(protocol, protocol_now), silent || gone || monitor || any_number || pushes_);
  return !gone;
}

// Lets the client read, answer and write until all is done. False if it waits for what may take long, or forever.
bool ServerConnection::serve() {
  for (int turn = 0;; ++turn) {
    dispatch::Client* client = worker_.find(handle_);
    if (client != nullptr) client->on_ready(client->interest() | runtime::kWritable);  // a monitor's lines too
    if (!worker_.loop().mailbox().empty()) worker_.loop().mailbox().drain();
    receive();
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

void ServerConnection::receive() {
  static char buffer[1 << 16];
  for (ssize_t got = 0; (got = recv(own_.get(), buffer, sizeof buffer, 0)) > 0;)
    reply_.append(buffer, static_cast<size_t>(got));
}

}  // namespace fuzz
