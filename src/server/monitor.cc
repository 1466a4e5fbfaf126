// MONITOR: the lines, their way to the clients, and the command.
#include "server/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "command/call.h"
#include "server/command_table.h"
#include "server/redaction.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Spec;

// One byte of an argument as MONITOR shows it between its double quotes.
void append_byte(std::string& line, char byte) {
  switch (byte) {
    case '\\': line += "\\\\"; return;
    case '"': line += "\\\""; return;
    case '\n': line += "\\n"; return;
    case '\r': line += "\\r"; return;
    case '\t': line += "\\t"; return;
    case '\a': line += "\\a"; return;
    case '\b': line += "\\b"; return;
    default: break;
  }
  if (byte >= 0x20 && byte < 0x7f) {
    line += byte;
  } else {
    fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(byte));
  }
}

// +1795375064.434716 [3 127.0.0.1:60650] "SELECT" "3"
std::string line_of(const dispatch::Ran& ran) {
  const std::string_view peer = ran.session.peer;
  constexpr int64_t kSecond = 1'000'000;
  std::string line =
      fmt::format("+{}.{:06} [{} ", ran.started_us / kSecond, ran.started_us % kSecond, ran.session.database);
  if (ran.session.is_unix) {
    line += "unix:";
    line += peer.substr(0, peer.rfind(':'));
  } else {
    line += peer;
  }
  line += "]";
  for (const std::string_view word : redacted(ran.spec, ran.words)) {
    line += " \"";
    for (const char byte : word) append_byte(line, byte);
    line += '"';
  }
  line += "\r\n";
  return line;
}

void deliver(dispatch::Worker& worker, const std::vector<uint64_t>& clients, const std::string& line) {
  for (const uint64_t handle : clients) {
    dispatch::Client* client = worker.find(handle);
    if (client == nullptr || !client->session().monitor) continue;
    if (client->session().replies != session::Session::Replies::kOff) client->send_out_of_band(line);
  }
}

void monitor(Call& call) {
  if (call.session().monitor) return;  // and no reply, as in Valkey
  call.session().monitor = true;
  server_of(call).monitoring.add(worker_of(call), client_of(call).handle());
  call.reply().ok();
}

constexpr Spec kMonitor[] = {
    {.name = "monitor",
     .arity = 1,
     .flags = command::kAdmin | command::kLoading | command::kNoScript | command::kStale,
     .locks = keyspace::LockClass::kNone,
     .handler = monitor,
     .group = command::Group::kServer,
     .since = "1.0.0",
     .summary = "Streams every command that the server runs."},
};
static_assert(command::well_formed(kMonitor));

}  // namespace

void Monitors::add(dispatch::Worker& worker, uint64_t client) {
  const std::lock_guard hold(mutex_);
  if (clients_.size() <= worker.index()) clients_.resize(worker.index() + 1);
  auto& list = clients_[worker.index()];
  auto changed = list == nullptr ? std::make_shared<Handles>() : std::make_shared<Handles>(*list);
  changed->push_back(client);
  list = std::move(changed);
  worker.context().monitors.fetch_add(1);
}

void Monitors::remove(dispatch::Worker& worker, uint64_t client) {
  const std::lock_guard hold(mutex_);
  auto& list = clients_[worker.index()];
  auto changed = std::make_shared<Handles>(*list);
  changed->erase(std::remove(changed->begin(), changed->end(), client), changed->end());
  list = changed->empty() ? nullptr : std::move(changed);
  worker.context().monitors.fetch_sub(1);
}

void Monitors::feed(dispatch::Worker& worker, const dispatch::Ran& ran) {
  const auto line = std::make_shared<const std::string>(line_of(ran));
  const std::lock_guard hold(mutex_);
  for (size_t at = 0; at < clients_.size(); ++at) {
    if (clients_[at] == nullptr) continue;
    dispatch::Worker& receiver = *worker.context().workers[at];
    runtime::Mailbox& mailbox = receiver.loop().mailbox();
    const bool ring = mailbox.push([&receiver, clients = clients_[at], line] { deliver(receiver, *clients, *line); });
    if (ring) worker.ring_after_release(mailbox);
  }
}

std::span<const Spec> monitor_commands() { return kMonitor; }

}  // namespace server
