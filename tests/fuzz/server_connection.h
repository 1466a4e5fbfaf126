// ServerConnection: a whole server in this process, and a connection of its only worker that a fuzz target drives by
// hand: each exchange runs on the worker's thread to its end, and its reply is checked to be exactly one value.
//
// Threads  the worker's own: a letter to it runs an input (run_on_worker).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.h"
#include "server/server.h"

namespace fuzz {

// Payloads are not compressed, since LZF does not make the same bytes of a text each time.
std::unique_ptr<server::Server> make_server();
// The one that inputs share; who spoilt it makes another.
std::unique_ptr<server::Server>& the_server();
// Runs the task on the worker's thread, waits for it, and then for what the server frees in the background: what waits
// there would look leaked.
void run_on_worker(const std::function<void(server::Server&)>& task);

std::string to_request(const std::vector<std::string>& words);

class ServerConnection {
 public:
  explicit ServerConnection(server::Server& server);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // False when nothing more can be sent: the connection is gone, or waits for a pause. With `any_number`, or after
  // expect_pushes(), any number of values is a right reply.
  bool exchange(const std::string& request, bool any_number);
  bool run(const std::vector<std::string>& words) { return exchange(to_request(words), false); }
  const std::string& reply() const { return reply_; }  // to the last exchange
  void expect_pushes() { pushes_ = true; }

 private:
  bool serve();
  void receive();

  server::Server& server_;
  dispatch::Worker& worker_;
  net::Descriptor own_;
  uint64_t handle_ = 0;
  std::string reply_;
  bool pushes_ = false;  // a reply a channel, and messages: any number of values may come
};

}  // namespace fuzz
