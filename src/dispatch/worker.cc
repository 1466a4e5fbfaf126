#include "dispatch/worker.h"

#include <pthread.h>

#include <algorithm>
#include <string>

#include "base/log.h"
#include "keyspace/expiry.h"
#include "keyspace/memory.h"

namespace dispatch {
namespace {

constexpr size_t kOutBytes = 64 * 1024;
constexpr size_t kOutBytesKept = 1024 * 1024;  // a larger reply's buffer is given back
constexpr int64_t kExpiryMs = 16;
constexpr int64_t kCronMs = 100;

}  // namespace

Worker::Worker(Context& context, uint32_t index)
    : context_(context), index_(index), stats_(context.commands.size()), random_(base::Random::from_entropy()),
      settings_(context.settings), out_(kOutBytes), read_buffer_(new char[kReadBytes]) {
  loop_.every(kExpiryMs, [this] { expire_slice(); });
  loop_.every(kCronMs, [this] { cron(); });
}

Worker::~Worker() {
  join();
  for (Slot& slot : slots_) slot.client.reset();
}

void Worker::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("io_thd_" + std::to_string(index_)).c_str());
    run();
  });
}

void Worker::run() { loop_.run(); }

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::adopt(net::Accepted accepted) {
  const config::Settings& settings = this->settings();
  if (!accepted.is_unix) net::tune_tcp(accepted.socket.get(), static_cast<int>(settings.tcp_keepalive));
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t at = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[at];
  const uint64_t handle = (static_cast<uint64_t>(at) << 32) | ++slot.generation;
  const uint64_t id = context_.next_client_id.fetch_add(1, std::memory_order_relaxed);
  slot.client = std::make_unique<Client>(*this, handle, std::move(accepted), id, settings.requirepass.empty());
  stats_.total_connections_received.add();
}

Client* Worker::find(uint64_t handle) {
  const auto at = static_cast<uint32_t>(handle >> 32);
  if (at >= slots_.size() || slots_[at].generation != static_cast<uint32_t>(handle)) return nullptr;
  return slots_[at].client.get();
}

void Worker::remove(Client& client) {
  const auto at = static_cast<uint32_t>(client.handle() >> 32);
  if (at >= slots_.size() || slots_[at].client.get() != &client) return;  // the worker itself is ending
  if (client.session().monitor) context_.monitors.fetch_sub(1);
  graveyard_.push_back(std::move(slots_[at].client));
  free_slots_.push_back(at);
  context_.clients.fetch_sub(1, std::memory_order_relaxed);
  if (graveyard_.size() == 1) loop_.at_end_of_turn([this] { graveyard_.clear(); });
}

void Worker::finish(uint64_t handle, const std::function<void(resp::Writer&)>& write) {
  Client* client = find(handle);
  if (client == nullptr || client->suspension() != Client::Suspension::kDeferred) return;
  resp::Writer reply(out_, client->session().protocol);
  write(reply);
  client->resume();
}

void Worker::retry(const keyspace::Waiter& waiter, uint32_t shard) {
  Client* client = find(waiter.connection);
  if (client == nullptr || client->suspension() != Client::Suspension::kLocks) {
    context_.keyspace.pass_on(waiter, shard);
    return;
  }
  client->attempt().woken = true;
  client->resume();
}

void Worker::resume_paused() {
  std::vector<uint64_t> waiting;
  waiting.swap(paused_);
  for (const uint64_t handle : waiting) {
    Client* client = find(handle);
    if (client != nullptr && client->suspension() == Client::Suspension::kPause) client->resume();
  }
}

keyspace::Unit Worker::make_unit() {
  const config::Settings& settings = this->settings();
  keyspace::Unit unit{.keyspace = context_.keyspace, .locks = locks_, .stats = stats_, .random = random_, .garbage = garbage_};
  unit.lfu = settings.maxmemory_policy == config::MaxmemoryPolicy::kAllkeysLfu ||
             settings.maxmemory_policy == config::MaxmemoryPolicy::kVolatileLfu;
  unit.lfu_settings = {settings.lfu_log_factor, settings.lfu_decay_time};
  unit.expires = !settings.import_mode;
  return unit;
}

void Worker::free_garbage() {
  if (garbage_.empty()) return;
  uint64_t objects = garbage_.entries.size();
  for (const keyspace::Table& table : garbage_.tables) objects += table.size();
  context_.lazy_free_pending.fetch_add(objects, std::memory_order_relaxed);
  auto taken = std::make_shared<keyspace::Garbage>(std::move(garbage_));
  garbage_ = {};
  context_.background.post([taken, objects, &context = context_] {
    keyspace::free_garbage(*taken);
    context.lazy_free_pending.fetch_sub(objects, std::memory_order_relaxed);
    context.lazy_freed.fetch_add(objects, std::memory_order_relaxed);
  });
}

// Each worker sees to the shards whose number is its own, modulo the number of workers.
void Worker::expire_slice() {
  if (!context_.active_expire.load(std::memory_order_relaxed)) return;
  constexpr int kEntriesPerShard = 2000;
  constexpr int64_t kSliceNs = 1'000'000;
  keyspace::Keyspace& keyspace = context_.keyspace;
  const base::MonoTime start = loop_.clock().mono();
  const int64_t now_ms = loop_.clock().wall().ms();
  const keyspace::Tick passed = keyspace.tick(now_ms) - 1;
  const auto workers = static_cast<uint32_t>(context_.workers.size());
  const uint32_t shards = keyspace.shard_count();
  for (uint32_t step = 0; step < shards; ++step) {
    const uint32_t shard = (next_shard_ + step) % shards;
    if (shard % workers != index_ || keyspace.due_hint(shard) > passed) continue;
    if (loop_.clock().mono().ns - start.ns > kSliceNs) {
      stats_.expired_time_cap_reached.add();
      next_shard_ = shard;
      break;
    }
    if (!keyspace.try_acquire_shard(locks_, shard)) continue;
    keyspace::Unit unit = make_unit();
    unit.now_ms = now_ms;
    if (unit.expires) keyspace::expire_shard(unit, shard, kEntriesPerShard);
    keyspace.release(locks_);
    free_garbage();
  }
  stats_.expire_cycle_ns.add(static_cast<uint64_t>(loop_.clock().mono().ns - start.ns));
}

void Worker::cron() {
  constexpr int kCheckEvery = 10;  // in cron runs: once a second
  if (++cron_count_ % kCheckEvery == 0) check_clients();
  if (context_.pause_mode.load(std::memory_order_relaxed) == PauseMode::kNone ||
      loop_.clock().wall().ms() >= context_.pause_until_ms.load(std::memory_order_relaxed)) {
    if (!paused_.empty()) resume_paused();
  }
  if (out_.capacity() > kOutBytesKept && out_.empty()) out_ = resp::Buffer(kOutBytes);
  keyspace::flush_memory_count();
  context_.on_cron(*this);
}

// Idle clients, soft limits of output buffers, and the gauges that INFO adds up.
void Worker::check_clients() {
  const config::Settings& settings = this->settings();
  const base::MonoTime now = loop_.clock().mono();
  uint64_t count = 0, input = 0, output = 0, memory = 0, longest_input = 0, longest_output = 0;
  std::vector<Client*> ending;
  for_each_client([&](Client& client) {
    const int64_t idle_s = (now.ns - client.session().last_active.ns) / 1'000'000'000;
    const bool waits = client.suspension() != Client::Suspension::kNone;
    if (settings.timeout > 0 && idle_s > settings.timeout && !waits && !client.session().monitor) {
      ending.push_back(&client);
    } else if (client.over_output_limit(loop_.clock().wall().ms())) {
      stats_.output_buffer_limit_disconnections.add();
      ending.push_back(&client);
    }
    ++count;
    input += client.input_capacity();
    output += client.output_capacity();
    memory += client.memory_bytes();
    longest_input = std::max<uint64_t>(longest_input, client.input_bytes());
    longest_output = std::max<uint64_t>(longest_output, client.output_bytes());
  });
  for (Client* client : ending) client->close();
  stats_.clients.set(count);
  stats_.client_input_bytes.set(input);
  stats_.client_output_bytes.set(output);
  stats_.client_memory_bytes.set(memory);
  stats_.longest_input_bytes.set(longest_input);
  stats_.longest_output_bytes.set(longest_output);
}

}  // namespace dispatch
