#include "dispatch/context.h"

#include "dispatch/worker.h"

namespace dispatch {
namespace {

keyspace::Keyspace::Options with_waker(keyspace::Keyspace::Options options, keyspace::Waker* waker) {
  options.waker = waker;
  return options;
}

}  // namespace

Context::Context(config::Settings start, std::span<const std::span<const command::Spec>> families,
                 const keyspace::Keyspace::Options& options)
    : settings(std::move(start)), commands(families), users(commands), keyspace(with_waker(options, this)) {
  workers.reserve(kMaxWorkers);
}

Context::~Context() = default;

void Context::wake(const keyspace::Waiter& waiter, uint32_t shard) {
  Worker& worker = *workers[waiter.loop];
  worker.loop().mailbox().post([&worker, waiter, shard] { worker.retry(waiter, shard); });
}

std::optional<ClientHandle> Context::find_client(uint64_t id) const {
  for (uint32_t at = 0; at < worker_count.load(std::memory_order_acquire); ++at) {
    if (const auto handle = workers[at]->handle_of(id)) return ClientHandle{at, *handle};
  }
  return std::nullopt;
}

uint64_t Context::client_memory() const {
  uint64_t bytes = mailed_bytes.load(std::memory_order_relaxed);
  for (uint32_t at = 0; at < worker_count.load(std::memory_order_acquire); ++at) {
    bytes += workers[at]->stats().client_memory_bytes.get();
  }
  return bytes;
}

void Context::end_pause_if_due(int64_t now_ms) {
  if (pause_mode.load(std::memory_order_relaxed) == PauseMode::kNone) return;
  const std::lock_guard hold(pause_mutex);
  if (now_ms >= pause_until_ms.load(std::memory_order_relaxed))
    pause_mode.store(PauseMode::kNone, std::memory_order_relaxed);
}

void Context::count_error(std::string_view line) {
  constexpr size_t kMaxKinds = 128;
  line.remove_prefix(1);
  const std::string_view code = line.substr(0, line.find_first_of(" \r\n"));
  const std::lock_guard hold(error_counts_mutex);
  const auto at = error_counts.find(code);
  if (at != error_counts.end()) {
    ++at->second;
  } else if (error_counts.size() < kMaxKinds) {
    error_counts.emplace(std::string(code), 1);
  }
}

}  // namespace dispatch
