// While a script runs: its worker serves other clients in between, and who waits for what the script holds is told when
// that takes long.
//
// The script stays on the stack, so all that its command has of the worker is put aside for a turn of the loop, and its
// client can neither run anything nor end. In that turn nothing waits for a lock: it is taken at once or its connection
// queues, as always. Settings and users stay as they are: who changes them needs the token U.
#include "dispatch/lane.h"
#include "dispatch/worker.h"

namespace dispatch {

void Worker::exchange_lane(Lane& lane) {
  std::swap(locks_, lane.locks);
  std::swap(garbage_, lane.garbage);
  std::swap(unit_, lane.unit);
  std::swap(batch_, lane.batch);
  std::swap(transaction_batch_, lane.transaction_batch);
  std::swap(deferred_part_, lane.deferred_part);
  out_.swap(lane.out);
  std::swap(read_buffer_, lane.read_buffer);
  std::swap(bells_, lane.bells);
  std::swap(running_, lane.running);
  std::swap(served_, lane.served);
  std::swap(delivers_after_command_, lane.delivers_after_command);
  std::swap(has_own_invalidations_, lane.has_own_invalidations);
  std::swap(error_is_counted_, lane.error_is_counted);
  std::swap(reply_start_, lane.reply_start);
}

void Worker::work_on(command::Call& script) {
  if (loop_.stopping() || context_.shutting_down.load()) return context_.scripts.kill_for_shutdown();
  const base::MonoTime now = base::kernel_mono_time();
  if (script_since_.ns == 0) script_since_ = now;
  const bool is_long = (now.ns - script_since_.ns) / 1'000'000 >= script.settings().busy_reply_threshold;
  if (is_long && !context_.script_is_busy.load(std::memory_order_relaxed)) tell_script_is_busy();
  if (spare_lane_ == nullptr) {
    spare_lane_ = std::make_unique<Lane>();
    spare_lane_->unit = make_unit();
  }
  Client& client = *find(locks_.owner().connection);
  client.suspend(Client::Suspension::kOnStack);
  exchange_lane(*spare_lane_);
  context_.keyspace.reserve_if_alone(true);
  loop_.turn_inside();
  context_.keyspace.reserve_if_alone(false);
  exchange_lane(*spare_lane_);
  client.leave_stack();
}

void Worker::script_ended() {
  if (script_since_.ns == 0) return;  // it was short
  script_since_ = {};
  if (context_.script_is_busy.load(std::memory_order_relaxed)) {
    context_.script_is_busy.store(false);
    for (auto& shards : context_.script_shards) shards.store(0, std::memory_order_relaxed);
  }
  run_again_who_waits();
}

// Those on this worker that wait for the end of a script, with one thread.
void Worker::run_again_who_waits() {
  std::vector<uint64_t> waiting;
  waiting.swap(script_waiters_);
  for (const uint64_t handle : waiting) {
    loop_.mailbox().post([this, handle] { run_again(handle); });
  }
}

void Worker::publish_script_shards() {
  for (uint32_t shard = 0; shard < context_.keyspace.shard_count(); ++shard) {
    if (!locks_.holds_all() && !locks_.holds(shard)) continue;
    context_.script_shards[shard / 64].fetch_or(uint64_t{1} << (shard % 64), std::memory_order_relaxed);
  }
}

// Whoever waits tries again, and is refused if it is the script that it waits for.
void Worker::tell_script_is_busy() {
  publish_script_shards();
  context_.script_is_busy.store(true);
  run_again_who_waits();
  for (uint32_t at = 0; at < context_.worker_count.load(std::memory_order_acquire); ++at) {
    Worker& worker = *context_.workers[at];
    worker.loop().mailbox().post([&worker] {
      std::vector<uint64_t> waiting;
      worker.for_each_client([&](const Client& client) {
        if (client.suspension() == Client::Suspension::kLocks) waiting.push_back(client.handle());
      });
      for (const uint64_t handle : waiting) worker.run_again(handle);
    });
  }
}

bool Worker::is_held_up_by_script(keyspace::LockClass lock_class, const keyspace::Attempt& attempt) const {
  if (!context_.script_is_busy.load()) return false;
  if (lock_class > keyspace::LockClass::kKeys) return attempt.in_line;
  const uint32_t shard = attempt.queued_at;
  if (shard == keyspace::Attempt::kNowhere) return false;
  return (context_.script_shards[shard / 64].load(std::memory_order_relaxed) >> (shard % 64) & 1) != 0;
}

std::string_view Worker::busy_with(scripting::Kind kind) {
  return kind == scripting::Kind::kFunction
             ? "BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
             : "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
}

Worker::Outcome Worker::refuse_busy(Client& client, const command::Command& command, resp::Writer& reply) {
  give_up_locks(client);
  stats_.commands[command.index].rejected_calls.add();
  reply.error(busy_with(context_.scripts.runs().value_or(scripting::Kind::kScript)));
  count_script_error("-BUSY");
  if (command.spec->locks == keyspace::LockClass::kQueued && client.session().in_transaction()) {
    fail_transaction(client.session(), &command, reply_start_);
  }
  return Outcome::kDone;
}

Worker::Outcome Worker::wait_for_script(Client& client, const command::Command& command, resp::Writer& reply) {
  if (context_.script_is_busy.load(std::memory_order_relaxed)) return refuse_busy(client, command, reply);
  script_waiters_.push_back(client.handle());
  return suspend(client);
}

}  // namespace dispatch
