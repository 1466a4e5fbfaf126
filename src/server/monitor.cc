// MONITOR: the lines, their way to the clients, and the command.
#include "server/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "command/call.h"
#include "server/command_table.h"
#include "server/redaction.h"
#include "server/server.h"
#include "structures/memory.h"

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
  if (ran.by_script) {
    line += "lua";
  } else if (ran.session.is_unix) {
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

void monitor(Call& call) {
  if (call.nested()) return call.fail("ERR MONITOR isn't allowed for DENY BLOCKING client");
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
  if (workers_.size() <= worker.index()) workers_.resize(worker.index() + 1);
  auto& list = workers_[worker.index()].receivers;
  auto changed = std::make_shared<Receivers>(*list);
  changed->push_back(std::make_shared<Receiver>(Receiver{client, worker.find(client)->mail(), {}}));
  list = std::move(changed);
  worker.context().monitors.fetch_add(1);
}

void Monitors::remove(dispatch::Worker& worker, uint64_t client) {
  const std::lock_guard hold(mutex_);
  auto& list = workers_[worker.index()].receivers;
  auto changed = std::make_shared<Receivers>(*list);
  std::erase_if(*changed, [client](const auto& receiver) { return receiver->client == client; });
  if (changed->size() == list->size()) return;  // it was dropped before
  list = std::move(changed);
  worker.context().monitors.fetch_sub(1);
}

void Monitors::drop_stalled(dispatch::Worker& worker, uint32_t at, int64_t now_ms) {
  const config::OutputBufferLimit& limit =
      worker.held_settings().client_output_buffer_limit[static_cast<size_t>(config::ClientClass::kNormal)];
  auto& list = workers_[at].receivers;
  Receivers stalled;
  for (const auto& receiver : *list) {
    if (receiver->limit.exceeded(limit, receiver->mail->bytes(), now_ms)) stalled.push_back(receiver);
  }
  if (stalled.empty()) return;
  auto changed = std::make_shared<Receivers>(*list);
  std::erase_if(*changed,
                [&](const auto& one) { return std::find(stalled.begin(), stalled.end(), one) != stalled.end(); });
  list = std::move(changed);
  worker.context().monitors.fetch_sub(stalled.size());
  dispatch::Worker& owner = *worker.context().workers[at];
  runtime::Mailbox& mailbox = owner.loop().mailbox();
  const bool ring = mailbox.push([&owner, stalled = std::move(stalled)] {
    for (const auto& receiver : stalled) {
      dispatch::Client* client = owner.find(receiver->client);
      if (client != nullptr) client->close_over_output_limit();
    }
  });
  if (ring) worker.ring_after_release(mailbox);
}

void Monitors::queue_line(dispatch::Worker& worker, uint32_t at, const std::string& line) {
  OfWorker& receiver = workers_[at];
  if (receiver.queue.empty()) {
    dispatch::Worker& owner = *worker.context().workers[at];
    runtime::Mailbox& mailbox = owner.loop().mailbox();
    if (mailbox.push([this, &owner] { deliver(owner); })) worker.ring_after_release(mailbox);
  }
  if (receiver.queue.empty() || receiver.queue.back().receivers != receiver.receivers) {
    receiver.queue.push_back({receiver.receivers, {}});
  }
  receiver.queue.back().lines += line;
  structures::count_memory(static_cast<int64_t>(line.size()));
  for (const auto& one : *receiver.receivers) one->mail->queued.fetch_add(line.size(), std::memory_order_relaxed);
  worker.context().mailed_bytes.fetch_add(line.size() * receiver.receivers->size(), std::memory_order_relaxed);
  if (worker.clients_over_limit()) worker.context().workers[at]->ask_to_evict();
}

void Monitors::feed(dispatch::Worker& worker, const dispatch::Ran& ran) {
  constexpr int64_t kUsInMs = 1000;
  const std::string line = line_of(ran);
  const std::lock_guard hold(mutex_);
  for (uint32_t at = 0; at < workers_.size(); ++at) {
    if (workers_[at].receivers->empty()) continue;
    drop_stalled(worker, at, ran.started_us / kUsInMs);
    if (!workers_[at].receivers->empty()) queue_line(worker, at, line);
  }
}

void Monitors::deliver(dispatch::Worker& worker) {
  std::vector<Text> arrived;
  {
    const std::lock_guard hold(mutex_);
    arrived.swap(workers_[worker.index()].queue);
  }
  for (const Text& text : arrived) {
    structures::count_memory(-static_cast<int64_t>(text.lines.size()));
    worker.context().mailed_bytes.fetch_sub(text.lines.size() * text.receivers->size(), std::memory_order_relaxed);
    for (const auto& receiver : *text.receivers) {
      receiver->mail->queued.fetch_sub(text.lines.size(), std::memory_order_relaxed);
      dispatch::Client* client = worker.find(receiver->client);
      if (client == nullptr || !client->session().monitor) continue;
      if (client->session().replies != session::Session::Replies::kOff) client->send_out_of_band(text.lines);
    }
  }
}

std::span<const Spec> monitor_commands() { return kMonitor; }

}  // namespace server
