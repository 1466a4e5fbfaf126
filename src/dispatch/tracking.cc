// What a worker does for clients that track keys (CLIENT TRACKING): it notes what they read, tells of what changes, and
// keeps the number of tracked keys within tracking-table-max-keys.
#include <algorithm>
#include <iterator>

#include "dispatch/worker.h"

namespace dispatch {

void Worker::track_keys(const command::Spec& spec, std::span<const keyspace::Key> keys,
                        const std::shared_ptr<keyspace::Tracker>& reader) {
  if (!spec.has(command::kReadOnly) || spec.has(command::kPubsub) || spec.lock_hash != nullptr) return;
  for (const keyspace::Key& key : keys) context_.keyspace.track(key, reader);
  if (keys.empty() || limits_tracked_keys_) return;
  const auto limit = static_cast<uint64_t>(held_settings().tracking_table_max_keys);
  if (limit == 0 || context_.keyspace.tracked.keys.load(std::memory_order_relaxed) <= limit) return;
  limits_tracked_keys_ = true;
  loop_.at_end_of_turn([this] { limit_tracked_keys(); });
}

void Worker::tell_trackers(keyspace::Unit& unit) {
  context_.tell_trackers(*this, unit.invalidations);
  unit.invalidations.clear();
}

void Worker::tell_readers(keyspace::Unit& unit) {
  using keyspace::Invalidation;
  const auto later =
      std::stable_partition(unit.invalidations.begin(), unit.invalidations.end(),
                            [](const Invalidation& change) { return change.kind != Invalidation::Kind::kPrefix; });
  std::vector<Invalidation> now(std::make_move_iterator(unit.invalidations.begin()), std::make_move_iterator(later));
  unit.invalidations.erase(unit.invalidations.begin(), later);
  if (!now.empty()) context_.tell_trackers(*this, now);
}

void Worker::deliver_own_invalidations() {
  has_own_invalidations_ = false;
  context_.deliver_own_invalidations(*this);
}

void Worker::owe_prefix_messages() {
  if (owes_prefix_messages_) return;
  owes_prefix_messages_ = true;
  loop_.at_end_of_turn([this] { deliver_prefix_messages(); });
}

void Worker::deliver_prefix_messages() {
  if (!owes_prefix_messages_) return;  // it was done meanwhile
  owes_prefix_messages_ = false;
  context_.deliver_prefix_messages(*this);
}

// CLIENT CACHING counts up to the next command that is none of CLIENT's, or for the whole of a transaction.
void Worker::end_caching(session::Session& session) {
  const bool is_clients =
      session.last_command != nullptr && std::string_view(session.last_command).starts_with("client|");
  if (!is_clients && !session.in_transaction()) session.tracking->caching = false;
}

// What is too much at once, or in a shard that is not free, waits for the next cron.
void Worker::limit_tracked_keys() {
  constexpr int kMostAtOnce = 5000;
  limits_tracked_keys_ = false;
  const auto limit = static_cast<uint64_t>(settings().tracking_table_max_keys);
  const keyspace::TrackedCounts& tracked = context_.keyspace.tracked;
  for (int times = 0; limit != 0 && times < kMostAtOnce; ++times) {
    if (tracked.keys.load(std::memory_order_relaxed) <= limit || !forget_some_tracked_key()) break;
  }
  if (!bells_.empty()) ring_bells();
}

bool Worker::forget_some_tracked_key() {
  keyspace::Keyspace& keyspace = context_.keyspace;
  const uint32_t shards = keyspace.shard_count();
  const auto first = static_cast<uint32_t>(random_.below(shards));
  for (uint32_t step = 0; step < shards; ++step) {
    const uint32_t shard = (first + step) % shards;
    if (!keyspace.try_acquire_shard(locks_, shard)) continue;
    keyspace::Unit& unit = begin_unit();
    const bool found = keyspace::note_some_forgotten(unit, shard);
    if (!unit.invalidations.empty()) tell_trackers(unit);
    keyspace.release(locks_);
    if (found) return true;
  }
  return false;
}

}  // namespace dispatch
