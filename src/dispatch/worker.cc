#include "dispatch/worker.h"

#include "dispatch/lane.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "keyspace/expiry.h"
#include "structures/memory.h"

namespace dispatch {
namespace {

constexpr size_t kOutBytes = 64 * 1024;
constexpr size_t kOutBytesKept = 1024 * 1024;  // a larger reply's buffer is given back
constexpr int64_t kExpiryMs = 16;
constexpr int64_t kCronMs = 100;

}  // namespace

Worker::Worker(Context& context, uint32_t index)
    : context_(context),
      index_(index),
      stats_(context.commands.size(), context.keyspace.database_count()),
      random_(base::Random::from_entropy()),
      settings_(context.settings),
      users_(context.users),
      unit_(make_unit()),
      out_(kOutBytes),
      read_buffer_(new char[kReadBytes]) {
  context.keyspace.add_thread(stats_);
  loop_.every(kExpiryMs, [this] { expire_slice(); });
  loop_.every(kCronMs, [this] { cron(); });
}

Worker::~Worker() {
  join();
  context_.keyspace.remove_thread(stats_);
  for (Slot& slot : slots_) slot.client.reset();
}

bool Worker::start() {
  const auto body = [](void* worker) -> void* {
    auto& self = *static_cast<Worker*>(worker);
    pthread_setname_np(pthread_self(), ("io_thd_" + std::to_string(self.index_)).c_str());
    self.context_.on_worker_start();
    self.run();
    return nullptr;
  };
  pthread_t thread = {};
  if (pthread_create(&thread, nullptr, body, this) != 0) return false;
  thread_ = thread;
  return true;
}

void Worker::run() { loop_.run(); }

void Worker::join() {
  if (thread_) pthread_join(*thread_, nullptr);
  thread_.reset();
}

void Worker::adopt(net::Accepted accepted, uint64_t id, const std::shared_ptr<const tls::Context>& tls) {
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
  slot.client = std::make_unique<Client>(*this, handle, std::move(accepted), id, tls.get());
  stats_.total_connections_received.add();
  const std::lock_guard hold(occupants_mutex_);
  if (at >= occupants_.size()) occupants_.resize(at + 1);
  occupants_[at] = {id, handle};
}

std::optional<uint64_t> Worker::handle_of(uint64_t id) const {
  if (id == 0) return std::nullopt;
  const std::lock_guard hold(occupants_mutex_);
  for (const Occupant& occupant : occupants_) {
    if (occupant.id == id) return occupant.handle;
  }
  return std::nullopt;
}

bool Worker::has_client(uint64_t handle, uint64_t id) const {
  const auto at = static_cast<uint32_t>(handle >> 32);
  const std::lock_guard hold(occupants_mutex_);
  return at < occupants_.size() && occupants_[at].id == id;
}

Client* Worker::find(uint64_t handle) {
  const auto at = static_cast<uint32_t>(handle >> 32);
  if (at >= slots_.size() || slots_[at].generation != static_cast<uint32_t>(handle)) return nullptr;
  return slots_[at].client.get();
}

void Worker::remove(Client& client) {
  const auto at = static_cast<uint32_t>(client.handle() >> 32);
  if (at >= slots_.size() || slots_[at].client.get() != &client) return;  // the worker itself is ending
  if (client.session().monitor) context_.forget_monitor(*this, client.handle());
  if (client.session().subscriptions.any()) context_.forget_listener(*this, client.handle());
  if (client.session().tracking != nullptr) context_.forget_tracker(*this, client);
  {
    const std::lock_guard hold(occupants_mutex_);
    occupants_[at] = {};
  }
  give_up_locks(client);
  if (client.runs_again()) context_.abandon_command(*this, client.session());
  end_transaction(client.session());
  graveyard_.push_back(std::move(slots_[at].client));
  free_slots_.push_back(at);
  context_.clients.fetch_sub(1, std::memory_order_relaxed);
  if (graveyard_.size() == 1) loop_.at_end_of_turn([this] { graveyard_.clear(); });
}

void Worker::finish(const Deferral& deferral, const std::function<void(resp::Writer&)>& write) {
  Client* client = find(deferral.client);
  if (client == nullptr || client->suspension() != Client::Suspension::kDeferred) return;
  resp::Writer reply(out_, client->session().protocol);
  const size_t reply_start = out_.size();
  write(reply);
  const std::string_view written = out_.view().substr(reply_start);
  if (written.starts_with('-')) {
    stats_.total_error_replies.add();
    context_.count_error(written);
  }
  if (deferral.part != Deferral::kWhole) {
    const std::string part(written);
    out_.truncate(reply_start);
    fill_part(*client, deferral.part, part);
    if (client->assembly() != nullptr) return;  // more is to come
  }
  if (client->session().replies != session::Session::Replies::kOn) settle_reply(client->session(), reply_start);
  client->resume();
}

void Worker::retry(const keyspace::Waiter& waiter, uint32_t shard) {
  using Suspension = Client::Suspension;
  Client* client = find(waiter.connection);
  if (client != nullptr && client->suspension() == Suspension::kLocks &&
      keyspace::Keyspace::take_wake_up(waiter, shard, client->attempt())) {
    client->resume();
  }
  // Whatever came of it, the turn goes on: the command may have been refused, paused, or failed at another shard.
  if (shard != keyspace::Keyspace::kTokenLine) context_.keyspace.pass_on(shard);
}

void Worker::give_up_locks(Client& client) {
  if (client.attempt().waits()) {
    context_.keyspace.withdraw({.loop = index_, .connection = client.handle()}, client.attempt());
  } else {
    client.attempt() = {};
  }
}

void Worker::resume_paused() {
  std::vector<uint64_t> waiting;
  waiting.swap(paused_);
  for (const uint64_t handle : waiting) {
    Client* client = find(handle);
    if (client != nullptr && client->suspension() == Client::Suspension::kPause) client->resume();
  }
}

void Worker::ring_bells() {
  for (const runtime::Mailbox* mailbox : bells_) mailbox->ring();
  bells_.clear();
}

std::unique_ptr<keyspace::Unit> Worker::make_unit() {
  return std::make_unique<keyspace::Unit>(keyspace::Unit{.keyspace = context_.keyspace,
                                                         .locks = locks_,
                                                         .stats = stats_,
                                                         .random = random_,
                                                         .garbage = garbage_,
                                                         .captures = &captures_});
}

keyspace::Unit& Worker::begin_unit() {
  // Not settings(): what the caller holds of them must stay.
  const config::Settings& settings = settings_.held();
  keyspace::Unit& unit = *unit_;
  DCHECK(unit.ready.empty() && unit.invalidations.empty());
  unit.actor = nullptr;
  unit.touches = true;
  unit.sees_expired = false;
  unit.lfu = settings.maxmemory_policy == config::MaxmemoryPolicy::kAllkeysLfu ||
             settings.maxmemory_policy == config::MaxmemoryPolicy::kVolatileLfu;
  unit.lfu_settings = {settings.lfu_log_factor, settings.lfu_decay_time};
  unit.expires = !settings.import_mode && context_.pause_mode.load(std::memory_order_relaxed) == PauseMode::kNone;
  constexpr uint32_t kChannels = config::kEventsKeyspace | config::kEventsKeyevent;
  const uint32_t wanted = settings.notify_keyspace_events;
  unit.events = (wanted & kChannels) != 0 ? wanted & ~kChannels : 0;
  unit.sink = this;
  return unit;
}

void Worker::free_garbage() {
  if (garbage_.empty()) return;
  uint64_t objects = garbage_.texts.size() + garbage_.collections.size();
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
  if (!context_.active_expire.load(std::memory_order_relaxed) || context_.is_loading()) return;
  settings();  // begin_unit() takes what is held
  constexpr int kEntriesPerShard = 2000;
  constexpr int64_t kSliceNs = 1'000'000;
  keyspace::Keyspace& keyspace = context_.keyspace;
  const base::MonoTime start = loop_.clock().mono();
  const int64_t now_ms = loop_.clock().wall().ms();
  const keyspace::Tick passed = keyspace.tick(now_ms) - 1;
  const uint32_t workers = context_.worker_count.load(std::memory_order_acquire);
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
    keyspace::Unit& unit = begin_unit();
    unit.now_ms = now_ms;
    if (unit.expires) keyspace::expire_shard(unit, shard, kEntriesPerShard);
    tell_of_changes(unit, loop_.clock().wall());
    keyspace.release(locks_);
    if (!bells_.empty()) ring_bells();
    free_garbage();
  }
  if (!leaving_.empty()) leave_queues_now();
  const int64_t taken_ns = loop_.clock().mono().ns - start.ns;
  stats_.expire_cycle_ns.add(static_cast<uint64_t>(taken_ns));
  note_latency(settings_.held(), LatencyEvent::kExpireCycle, taken_ns);
}

void Worker::cron() {
  constexpr int kCheckEvery = 10;  // in cron runs: once a second
  settings();
  if (++cron_count_ % kCheckEvery == 0) check_clients();
  context_.end_pause_if_due(loop_.clock().wall().ms());
  if (!paused_.empty() && context_.pause_mode.load(std::memory_order_relaxed) == PauseMode::kNone) resume_paused();
  evict_clients();
  if (!stale_watches_.empty()) sweep_watches();
  limit_tracked_keys();
  if (out_.capacity() > kOutBytesKept && out_.empty()) out_ = resp::Buffer(kOutBytes);
  spare_ = resp::Buffer();
  batch_.trim();
  transaction_batch_.trim();
  if (is_large(key_words_)) key_words_ = {};
  if (is_large(script_keys_) && !context_.scripts.runs()) script_keys_ = {};
  structures::flush_memory_count();
  context_.on_cron(*this);
}

resp::Buffer Worker::take_buffer() {
  if (spare_.capacity() == 0) return resp::Buffer(kOutBytes);
  return std::move(spare_);
}

void Worker::give_buffer(resp::Buffer buffer) {
  constexpr size_t kMost = 4 * 1024 * 1024;
  if (buffer.capacity() <= kOutBytes || buffer.capacity() > kMost || buffer.capacity() < spare_.capacity()) return;
  buffer.clear();
  spare_ = std::move(buffer);
}

void Worker::count_client_memory(int64_t change) {
  constexpr int64_t kTellAtOnce = 16 * 1024;
  stats_.client_memory_bytes.add(static_cast<uint64_t>(change));
  structures::count_memory(change);
  if (change >= kTellAtOnce || -change >= kTellAtOnce) structures::flush_memory_count();
}

void Worker::client_grew(size_t bytes) {
  if (bytes > largest_client_.load(std::memory_order_relaxed)) largest_client_.store(bytes, std::memory_order_relaxed);
  evict_clients();
}

void Worker::ask_to_evict() {
  if (asked_to_evict_.load() || asked_to_evict_.exchange(true)) return;
  loop_.mailbox().post([this] {
    asked_to_evict_.store(false);
    const config::Settings& now = settings();
    evict_clients();
    const int64_t limit = context_.maxmemory.load(std::memory_order_relaxed);
    const bool paused = context_.pause_mode.load(std::memory_order_relaxed) != PauseMode::kNone;
    if (limit != 0 && !paused && context_.used_memory() > limit && !evict_keys(now)) ask_to_evict();
  });
}

uint64_t Worker::client_memory_limit() const {
  const auto maxmemory = static_cast<uint64_t>(context_.maxmemory.load(std::memory_order_relaxed));
  return held_settings().maxmemory_clients.bytes(maxmemory);
}

bool Worker::clients_over_limit() const {
  const uint64_t limit = client_memory_limit();
  return limit != 0 && context_.client_memory() > limit;
}

// The other worker that has said to have a client larger than `bytes`, the largest of all; null if there is none.
Worker* Worker::owner_of_larger_client(uint64_t bytes) {
  Worker* owner = nullptr;
  for (uint32_t at = 0; at < context_.worker_count.load(std::memory_order_acquire); ++at) {
    Worker& other = *context_.workers[at];
    const uint64_t largest = other.largest_client_.load(std::memory_order_relaxed);
    if (&other == this || largest <= bytes) continue;
    owner = &other;
    bytes = largest;
  }
  return owner;
}

// While the clients of all workers take more than maxmemory-clients, the largest of all goes. Who has it not asks the
// worker that seems to have it: that one looks, says what it really has, and evicts it or asks the next.
void Worker::evict_clients() {
  if (!clients_over_limit()) return;
  std::vector<std::pair<uint64_t, Client*>> candidates;
  for_each_client([&](Client& client) {
    const bool runs = client.suspension() == Client::Suspension::kOnStack;
    if (!client.session().no_evict && !runs) candidates.emplace_back(client.memory_bytes(), &client);
  });
  std::sort(candidates.begin(), candidates.end());
  while (clients_over_limit()) {
    const auto [bytes, client] = candidates.empty() ? std::pair<uint64_t, Client*>{} : candidates.back();
    largest_client_.store(bytes, std::memory_order_relaxed);
    if (Worker* other = owner_of_larger_client(bytes)) return other->ask_to_evict();
    if (client == nullptr) return;
    base::log_notice("Evicting client: id={} addr={} tot-mem={}", client->session().id, client->session().peer, bytes);
    stats_.evicted_clients.add();
    client->close();
    candidates.pop_back();
  }
}

// Idle clients, soft limits of output buffers, and gauges that INFO adds up.
void Worker::check_clients() {
  const config::Settings& settings = this->settings();
  const base::MonoTime now = loop_.clock().mono();
  uint64_t count = 0, input = 0, output = 0, longest_input = 0, longest_output = 0;
  std::vector<Client*> ending;
  for_each_client([&](Client& client) {
    const int64_t idle_s = (now.ns - client.session().last_active.ns) / 1'000'000'000;
    const bool waits = client.suspension() != Client::Suspension::kNone;
    if (settings.timeout > 0 && idle_s > settings.timeout && !waits && !client.session().monitor &&
        !client.session().subscriptions.any()) {
      base::log_verbose("Closing idle client: id={} addr={}", client.session().id, client.session().peer);
      ending.push_back(&client);
    } else if (client.over_output_limit(loop_.clock().wall().ms())) {
      stats_.output_buffer_limit_disconnections.add();
      ending.push_back(&client);
    }
    ++count;
    input += client.input_capacity();
    output += client.output_capacity();
    longest_input = std::max<uint64_t>(longest_input, client.input_bytes());
    longest_output = std::max<uint64_t>(longest_output, client.output_bytes());
  });
  for (Client* client : ending) client->close();
  stats_.clients.set(count);
  stats_.client_input_bytes.set(input);
  stats_.client_output_bytes.set(output);
  stats_.longest_input_bytes.set(longest_input);
  stats_.longest_output_bytes.set(longest_output);
}

}  // namespace dispatch
