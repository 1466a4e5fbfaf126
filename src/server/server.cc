#include "server/server.h"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>

#include "base/log.h"
#include "server/client_text.h"
#include "server/command_table.h"
#include "server/crash_report.h"
#include "server/listener.h"
#include "server/memory_limit.h"
#include "server/process.h"
#include "structures/memory.h"

namespace server {
namespace {

constexpr std::string_view kProtectedModeError =
    "-DENIED Running in protected mode because protected mode is enabled and no password is set for the default user. "
    "In this mode connections are only accepted from the loopback interface. If you want to connect from external "
    "computers, you may adopt one of the following solutions: 1) Just disable protected mode sending the command "
    "'CONFIG SET protected-mode no' from the loopback interface by connecting from the same host the server is "
    "running, "
    "however MAKE SURE it's not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change "
    "permanent. 2) Alternatively you can just disable the protected mode by editing the configuration file, and "
    "setting "
    "the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for "
    "testing, restart it with the '--protected-mode no' option. 4) Set up an authentication password for the default "
    "user. NOTE: You only need to do one of the above things in order for the server to start accepting connections "
    "from "
    "the outside.\r\n";

void refuse(const net::Accepted& accepted, std::string_view why) {
  [[maybe_unused]] const ssize_t sent =
      ::send(accepted.socket.get(), why.data(), why.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string random_hex_id() {
  unsigned char bytes[20];
  base::fill_with_entropy(bytes, sizeof bytes);
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// SIGTERM and SIGINT, read by the first worker's loop like anything else.
class Signals final : public runtime::Watcher {
 public:
  explicit Signals(Server& server) : server_(server) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    fd_ = net::Descriptor(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    server_.workers[0]->loop().watch(fd_.get(), runtime::kReadable, *this);
  }

  void on_ready(uint32_t) override {
    signalfd_siginfo info{};
    if (read(fd_.get(), &info, sizeof info) != sizeof info) return;
    const bool interrupted = info.ssi_signo == SIGINT;
    base::log_warning("Received {}, scheduling shutdown...", interrupted ? "SIGINT" : "SIGTERM");
    const config::Snapshot settings = server_.settings.current();
    const uint32_t flags = interrupted ? settings->shutdown_on_sigint : settings->shutdown_on_sigterm;
    using Save = ShutdownWish::Save;
    ShutdownWish wish;
    if ((flags & config::kShutdownSave) != 0) wish.save = Save::kYes;
    if ((flags & config::kShutdownNosave) != 0) wish.save = Save::kNo;
    wish.force = (flags & config::kShutdownForce) != 0;
    server_.shutdown.ask(wish, nullptr);
  }

 private:
  Server& server_;
  net::Descriptor fd_;
};

}  // namespace

Server::Server(StartOptions options, uint32_t count, const keyspace::Keyspace::Options& keyspace_options)
    : Context(std::move(options.settings), all_families(), keyspace_options),
      active_workers(count),
      pubsub(keyspace_options.seed, mailed_bytes),
      tracking(*this),
      config_file_(std::move(options.config_file)),
      executable_(std::move(options.executable)),
      run_id_(random_hex_id()),
      replication_id_(random_hex_id()),
      start_time_(base::kernel_wall_time()),
      system_memory_(server::system_memory()) {
  CHECK(rename_commands(commands, settings.current()->renamed_commands));
  for (uint32_t at = 0; at < count; ++at) workers.push_back(std::make_unique<dispatch::Worker>(*this, at));
  worker_count.store(count);
  for (const auto& worker : workers) worker->loop().yield_between_turns(count > 1);
  if (count > 1) keyspace.become_threaded(false);
  resolve_memory_limits(*settings.current());
  signals_ = std::make_unique<Signals>(*this);
  saving_ = std::make_unique<Saving>(*this);
  structures::flush_memory_count();
  startup_memory_ =
      std::max(static_cast<int64_t>(structures::thread_heap_bytes()) - structures::allocated_bytes(), int64_t{0});
}

Server::~Server() {
  listeners_.clear();
  for (const auto& worker : workers) worker->loop().stop();
  for (const auto& worker : workers) worker->join();
  signals_.reset();
  data_load.stop();
  saving_.reset();
  disk_.reset();
  workers.clear();
}

void Server::tell_ready() {
  const config::Snapshot snapshot = settings.current();
  if (snapshot->port != 0) base::log_notice("Ready to accept connections tcp");
  if (!snapshot->unixsocket.empty()) base::log_notice("Ready to accept connections unix");
  if (snapshot->tls_port != 0) base::log_notice("Ready to accept connections tls");
  notify_ready();
}

int Server::run() {
  for (size_t at = 1; at < workers.size(); ++at) {
    if (workers[at]->start()) continue;
    base::log_warning("Can't create {} threads: {}", workers.size(), std::strerror(EAGAIN));
    return 1;
  }
  const bool loads = data_load.begin([this](bool loaded) {
    if (loaded) return tell_ready();
    base::log_warning("Fatal error loading the DB, check server logs. Exiting.");
    stop(1);
  });
  if (!loads) tell_ready();
  workers[0]->run();
  listeners_.clear();
  for (const auto& worker : workers) worker->loop().stop();
  for (const auto& worker : workers) worker->join();
  notify_stopping();
  base::log_warning("Sigrun is now ready to exit, bye bye...");
  return exit_code_.load();
}

void Server::pause_writes() {
  const std::lock_guard hold(pause_mutex);
  pause_until_ms.store(std::numeric_limits<int64_t>::max());
  if (pause_mode.load() == dispatch::PauseMode::kNone) pause_mode.store(dispatch::PauseMode::kWrites);
  epoch.fetch_add(1);
}

void Server::end_pause() {
  {
    const std::lock_guard hold(pause_mutex);
    pause_mode.store(dispatch::PauseMode::kNone);
  }
  epoch.fetch_add(1);
  for (const auto& worker : workers) {
    worker->loop().mailbox().post([worker = worker.get()] { worker->resume_paused(); });
  }
}

void Server::stop(int exit_code) {
  exit_code_.store(exit_code);
  shutting_down.store(true);
  workers[0]->loop().stop();
}

bool Server::grow_workers(uint32_t count) {
  if (count > workers.size()) keyspace.become_threaded(true);
  while (workers.size() < count) {
    workers.push_back(std::make_unique<dispatch::Worker>(*this, static_cast<uint32_t>(workers.size())));
    if (!workers.back()->start()) {
      workers.pop_back();
      return false;
    }
    worker_count.store(static_cast<uint32_t>(workers.size()), std::memory_order_release);
    saving_->admit(*workers.back());
  }
  active_workers.store(count);
  for (const auto& worker : workers) worker->loop().yield_between_turns(count > 1);
  return true;
}

void Server::accept(net::Accepted accepted, bool is_tls) {
  const config::Snapshot snapshot = settings.current();
  if (clients.load(std::memory_order_relaxed) >= static_cast<uint64_t>(snapshot->maxclients)) {
    workers[0]->stats().rejected_connections.add();
    return is_tls ? void() : refuse(accepted, "-ERR max number of clients reached\r\n");
  }
  if (snapshot->protected_mode && users.current()->default_user()->no_password && !accepted.is_unix &&
      !accepted.is_loopback) {
    workers[0]->stats().rejected_connections.add();
    return is_tls ? void() : refuse(accepted, kProtectedModeError);
  }
  const Tls::Snapshot context = is_tls ? tls.current() : nullptr;
  if (is_tls && context == nullptr) return;  // between two settings of tls-port
  clients.fetch_add(1, std::memory_order_relaxed);
  const uint64_t id = next_client_id.fetch_add(1, std::memory_order_relaxed);
  dispatch::Worker& worker = *workers[next_worker_++ % active_workers.load(std::memory_order_relaxed)];
  if (&worker == workers[0].get()) return worker.adopt(std::move(accepted), id, context);
  auto moved = std::make_shared<net::Accepted>(std::move(accepted));
  worker.loop().mailbox().post([&worker, moved, id, context] { worker.adopt(std::move(*moved), id, context); });
}

void Server::resolve_memory_limits(const config::Settings& changed) {
  maxmemory.store(static_cast<int64_t>(changed.maxmemory.bytes(memory_limit(system_memory_))));
}

void Server::publish_event(dispatch::Worker& worker, std::string_view name, uint32_t database, std::string_view key) {
  if (pubsub.clients() == 0) return;
  const uint32_t wanted = worker.held_settings().notify_keyspace_events;
  const auto publish = [&](std::string_view kind, std::string_view about, std::string_view payload) {
    const std::string channel = fmt::format("__{}@{}__:{}", kind, database, about);
    pubsub.publish(worker, pubsub::Kind::kChannel, keyspace.key(channel), payload);
  };
  if ((wanted & config::kEventsKeyspace) != 0) publish("keyspace", key, name);
  if ((wanted & config::kEventsKeyevent) != 0) publish("keyevent", name, key);
}

int64_t Server::used_memory() const { return startup_memory_ + structures::allocated_bytes(); }

void Server::log_command(const dispatch::Ran& ran) { command_log.note(ran, *settings.current()); }

void Server::log_denied(const dispatch::Client& client, acl::Log::Entry entry) {
  const session::Session& session = client.session();
  if (session.in_transaction() && entry.context == acl::Context::kTopLevel) entry.context = acl::Context::kMulti;
  // Any worker may come here, and a loop's clock is its own.
  entry.client = describe(client, base::kernel_mono_time(), 0);
  entry.client.pop_back();  // the line's end
  acl_log.add(std::move(entry), base::kernel_wall_time().ms(), static_cast<size_t>(settings.current()->acllog_max_len));
}

void Server::on_worker_start() { use_alternate_stack(); }

void Server::on_cron(dispatch::Worker& worker) {
  structures::merge_allocator_counts();
  if (worker.index() != 0) return;
  saving_->on_cron(worker);
  vitals_.sample(*this, worker.loop().clock().mono(), used_memory());
  constexpr uint32_t kCronsASecond = 10;
  if (++cron_count_ % kCronsASecond != 0) return;
  const int64_t now_s = worker.loop().clock().mono().ns / 1'000'000'000;
  tls.check_files(*settings.current(), now_s, *disk_);
  user_files.check(*this, *settings.current(), now_s);
  if (memory_return_.due(static_cast<int64_t>(resident_bytes()), used_memory())) return_memory();
}

void Server::return_memory() {
  for (uint32_t at = 0; at < worker_count.load(std::memory_order_acquire); ++at) {
    workers[at]->loop().mailbox().post([] { structures::purge_memory(); });
  }
}

}  // namespace server
