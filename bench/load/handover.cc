// Two connections in one loop that never sleeps.
#include "load/handover.h"

#include <string_view>

#include "load/connection.h"

namespace load {
namespace {

constexpr std::string_view kPop = "*3\r\n$5\r\nBLPOP\r\n$8\r\nhandover\r\n$1\r\n0\r\n";
constexpr std::string_view kPopped = "*2\r\n$8\r\nhandover\r\n$4\r\nitem\r\n";
constexpr std::string_view kPush = "*3\r\n$5\r\nRPUSH\r\n$8\r\nhandover\r\n$4\r\nitem\r\n";
constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";

void send_all(Connection& connection, std::string_view bytes) {
  for (size_t sent = 0; sent < bytes.size();) connection.send(bytes, sent);
}

// Spins until the reply is there, which must be this one.
void expect(Connection& connection, std::string_view reply) {
  for (;;) {
    const std::string_view received = connection.receive();
    if (received == reply) return;
    if (received.size() >= reply.size() || !reply.starts_with(received)) give_up_on_reply(received);
    connection.keep(received);
  }
}

}  // namespace

Handover find_handover(const Options& options) {
  Handover found;
  Connection waiter(options.host, options.port), pusher(options.host, options.port);
  const uint64_t begin = now();
  const auto warm = begin + static_cast<uint64_t>(options.warm_up * 1e9);
  const auto end = warm + static_cast<uint64_t>(options.seconds * 1e9);
  Usage start = Usage::read(options.server_pid);
  bool counts = false;
  for (uint64_t time = begin; time < end;) {
    if (!counts && time >= warm) {
      counts = true;
      start = Usage::read(options.server_pid);
    }
    send_all(waiter, kPop);
    send_all(pusher, kPing);
    expect(pusher, "+PONG\r\n");
    const uint64_t pushed = now();
    send_all(pusher, kPush);
    expect(waiter, kPopped);
    time = now();
    if (counts) found.latency.record(time - pushed);
    expect(pusher, ":1\r\n");
  }
  found.usage = Usage::read(options.server_pid).since(start);
  return found;
}

}  // namespace load
