#include "server/saving.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/version.h"
#include "rdb/file_writer.h"
#include "server/server.h"

namespace server {
namespace {

using dispatch::Worker;

// Captured bytes that may wait for the disk before the walk does, too.
constexpr uint64_t kMostQueued = 32 << 20;
constexpr int64_t kRetryAfterFailureS = 5;

constexpr int64_t kSliceNs = 100'000;

// Where commands ran since the last slice, the next one waits, so that they have nine tenths of the time; where nothing
// did, it is at once.
bool is_too_soon(Worker& worker, int64_t last_ns) {
  constexpr int64_t kIdleNs = 50'000, kEnoughNs = 900'000;
  const int64_t since_ns = worker.loop().clock().mono().ns - last_ns;
  return since_ns > kIdleNs && since_ns < kEnoughNs;
}

}  // namespace

// One snapshot on its way.
struct Saving::Job {
  std::shared_ptr<persistence::SnapshotOutput> output = std::make_shared<persistence::SnapshotOutput>();
  persistence::SnapshotFile file;
  Then then;
  uint64_t changes = 0;  // at the cut
  base::MonoTime began;
  std::atomic<bool> cancelled{false};
  std::atomic<uint32_t> next_shard{0};
  std::atomic<uint32_t> unflushed{0};
  std::atomic<bool> flushing{false};
  // By worker, which alone looks at it.
  struct Walk {
    std::optional<uint32_t> shard;  // that it captures
    int64_t last_ns = 0;            // when its last slice ended
  };
  std::optional<uint32_t> take_shard(uint32_t count) {
    if (next_shard.load() >= count) return std::nullopt;
    const uint32_t taken = next_shard.fetch_add(1);
    return taken < count ? std::optional(taken) : std::nullopt;
  }

  std::vector<Walk> walks = std::vector<Walk>(dispatch::Context::kMaxWorkers);
};

Saving::Saving(Server& server)
    : server_(server),
      last_save_s_(base::kernel_wall_time().seconds()),
      writer_(std::make_unique<runtime::Background>()) {}

Saving::~Saving() {
  if (in_progress()) {
    const std::lock_guard hold(mutex_);
    job_->cancelled.store(true);
    job_->output->queue.close();
  }
  writer_.reset();
}

uint64_t Saving::total_changes() const {
  uint64_t sum = 0;
  for (uint32_t at = 0; at < server_.worker_count.load(std::memory_order_acquire); ++at) {
    sum += server_.workers[at]->stats().changes.get();
  }
  return sum;
}

uint64_t Saving::changes() const { return total_changes() - changes_saved_.load(); }

int64_t Saving::current_duration_s() const {
  const std::lock_guard hold(mutex_);
  return job_ == nullptr ? -1 : (base::Clock().mono().ns - job_->began.ns) / 1'000'000'000;
}

uint64_t Saving::keys_captured() const {
  const std::lock_guard hold(mutex_);
  return job_ == nullptr ? 0 : job_->output->keys.load();
}

void Saving::count_as_saved() {
  changes_saved_.store(total_changes());
  last_save_s_.store(base::kernel_wall_time().seconds());
}

std::string Saving::head_of(const config::Settings& settings, const keyspace::LockSet& locks) const {
  std::string head;
  rdb::write_note(head, "valkey-ver", base::kValkeyVersion);
  rdb::write_note(head, "redis-bits", "64");
  rdb::write_note(head, "ctime", std::to_string(base::kernel_wall_time().seconds()));
  rdb::write_note(head, "used-mem", std::to_string(server_.used_memory()));
  rdb::write_note(head, "aof-base", "0");
  for (const auto& [name, library] : server_.scripts.libraries().all()) rdb::write_library(head, library.code);
  for (uint32_t database = 0; database < settings.databases; ++database) {
    const uint64_t keys = server_.keyspace.size(locks, database);
    if (keys == 0) continue;
    rdb::write_database(head, database);
    rdb::write_sizes(head, keys, server_.keyspace.expiring(locks, database));
  }
  return head;
}

void Saving::begin(Worker& worker, Then then) {
  CHECK(!in_progress());
  const keyspace::LockSet& locks = worker.locks();
  const config::Settings& settings = worker.held_settings();
  using config::MaxmemoryPolicy;
  const MaxmemoryPolicy policy = settings.maxmemory_policy;
  auto job = std::make_shared<Job>();
  persistence::SnapshotOutput& output = *job->output;
  output.compress = settings.rdbcompression;
  output.access = policy == MaxmemoryPolicy::kAllkeysLfu || policy == MaxmemoryPolicy::kVolatileLfu
                      ? persistence::AccessNote::kFrequency
                  : policy == MaxmemoryPolicy::kAllkeysLru || policy == MaxmemoryPolicy::kVolatileLru
                      ? persistence::AccessNote::kIdle
                      : persistence::AccessNote::kNone;
  output.now_ms = base::Clock().wall().ms();
  job->file = {.name = settings.dbfilename,
               .head = head_of(settings, locks),
               .checksum = settings.rdbchecksum,
               .syncs_as_it_goes = settings.rdb_save_incremental_fsync,
               .delay_us = settings.rdb_key_save_delay};
  job->then = std::move(then);
  job->changes = total_changes();
  job->began = base::Clock().mono();
  uint64_t keys = 0;
  for (uint32_t database = 0; database < settings.databases; ++database) keys += server_.keyspace.size(locks, database);
  keys_total_.store(keys);
  for (const auto& each : server_.workers) each->captures().begin(job->output);
  server_.keyspace.begin_snapshot(locks);
  {
    const std::lock_guard hold(mutex_);
    job_ = job;
  }
  scheduled_.store(false);
  in_progress_.store(true, std::memory_order_release);
  for (const auto& each : server_.workers) {
    const bool is_first = each == server_.workers.front();
    runtime::Mailbox& mailbox = each->loop().mailbox();
    const bool ring = mailbox.push([this, &own = *each, job = is_first ? job : nullptr] {
      if (job != nullptr) write(job);
      walk(own);
    });
    if (ring) worker.ring_after_release(mailbox);
  }
}

void Saving::write(const std::shared_ptr<Job>& job) {
  writer_->post([this, job] {
    auto written = persistence::write_snapshot(job->file, job->output->queue, job->cancelled);
    server_.workers[0]->loop().mailbox().post([this, done = std::move(written)] { ended(done); });
  });
}

bool Saving::try_begin(Worker& worker, Then then) {
  if (in_progress()) return false;
  worker.settings();  // begin() takes what is held
  return worker.try_with_all_locks([&] { begin(worker, then); });
}

void Saving::admit(Worker& worker) {
  if (!in_progress()) return;
  const std::lock_guard hold(mutex_);
  if (!job_->flushing.load()) worker.captures().begin(job_->output);
}

bool Saving::cancel() {
  const bool was_scheduled = scheduled_.exchange(false);
  const std::lock_guard hold(mutex_);
  if (job_ == nullptr) return was_scheduled;
  job_->cancelled.store(true);
  return true;
}

void Saving::walk(Worker& worker) {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard hold(mutex_);
    job = job_;
  }
  if (job == nullptr) return;
  Job::Walk& walk_of_worker = job->walks[worker.index()];
  if (job->output->queue.bytes() > kMostQueued || is_too_soon(worker, walk_of_worker.last_ns)) {
    worker.loop().after(1, [this, &worker] { walk(worker); });
    return;
  }
  const base::Clock& clock = worker.loop().clock();
  const base::MonoTime until{clock.mono().ns + kSliceNs};
  do {
    std::optional<uint32_t>& current = walk_of_worker.shard;
    if (!current && !(current = job->take_shard(server_.keyspace.shard_count()))) {
      // Other workers may still be at theirs; who is last hands all over.
      if (server_.keyspace.shards_to_capture() == 0 && !job->flushing.exchange(true)) flush_all();
      return;
    }
    const Worker::Captured captured = worker.capture_slice(*current, until);
    if (captured == Worker::Captured::kAll) current.reset();
    if (captured == Worker::Captured::kNothing) break;
  } while (clock.mono().ns < until.ns);
  walk_of_worker.last_ns = clock.mono().ns;
  worker.loop().mailbox().post([this, &worker] { walk(worker); });
}

// All is captured: what the workers still have goes to the file, whose end it is.
void Saving::flush_all() {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard hold(mutex_);
    job = job_;
  }
  const uint32_t count = server_.worker_count.load(std::memory_order_acquire);
  job->unflushed.store(count);
  for (uint32_t at = 0; at < count; ++at) {
    Worker& worker = *server_.workers[at];
    worker.loop().mailbox().post([&worker, job] {
      worker.captures().end();
      if (job->unflushed.fetch_sub(1) == 1) job->output->queue.close();
    });
  }
}

void Saving::note_failure(bool failed) {
  last_failed_.store(failed);
  server_.restrict(dispatch::Context::kLastSaveFailed, failed);
}

void Saving::ended(const base::Result<base::Done, base::Failure>& written) {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard hold(mutex_);
    job = std::exchange(job_, nullptr);
  }
  const base::Clock clock;
  const int64_t now_s = clock.wall().seconds();
  last_attempt_s_.store(now_s);
  last_duration_s_.store((clock.mono().ns - job->began.ns) / 1'000'000'000);
  const bool cancelled = !written && job->cancelled.load();
  if (written) {
    saves_.fetch_add(1);
    changes_saved_.store(job->changes);
    last_save_s_.store(now_s);
    note_failure(false);
    base::log_notice("DB saved on disk");
  } else if (cancelled) {
    base::log_warning("Background saving cancelled");
  } else {
    note_failure(true);
    base::log_warning("Background saving error: {}", written.error().text());
  }
  in_progress_.store(false, std::memory_order_release);
  if (job->then) job->then(static_cast<bool>(written));
}

void Saving::on_cron(Worker& worker) {
  if (in_progress() || server_.shutting_down.load() || server_.is_loading()) return;
  const int64_t now_s = worker.loop().clock().wall().seconds();
  const bool may_retry = !last_failed_.load() || now_s - last_attempt_s_.load() > kRetryAfterFailureS;
  if (!may_retry) return;
  if (scheduled_.load()) {
    if (try_begin(worker, nullptr)) base::log_notice("Background saving started");
    return;
  }
  const uint64_t changed = changes();
  for (const config::SavePoint& point : worker.settings().save) {
    if (changed < static_cast<uint64_t>(point.changes) || now_s - last_save_s_.load() <= point.seconds) continue;
    if (try_begin(worker, nullptr)) {
      base::log_notice("{} changes in {} seconds. Saving...", point.changes, point.seconds);
      base::log_notice("Background saving started");
    }
    return;
  }
}

}  // namespace server
