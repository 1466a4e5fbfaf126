// What a worker does for a snapshot: it captures shards in slices between its turns.
#include "dispatch/worker.h"

namespace dispatch {

Worker::Captured Worker::capture_slice(uint32_t shard, base::MonoTime until) {
  keyspace::Keyspace& keyspace = context_.keyspace;
  if (!keyspace.try_acquire_shard(locks_, shard)) return Captured::kNothing;
  const auto enough = [&] { return loop_.clock().mono().ns >= until.ns; };
  const bool all = keyspace.capture_some(locks_, shard, captures_, enough, garbage_.tables);
  keyspace.release(locks_);
  free_garbage();
  return all ? Captured::kAll : Captured::kSome;
}

keyspace::Unit& Worker::begin_background_unit() {
  settings();  // begin_unit() takes what is held
  keyspace::Unit& unit = begin_unit();
  unit.now_ms = loop_.clock().wall().ms();
  return unit;
}

std::string Worker::run_alone(std::span<const std::string_view> words) {
  const command::Command* const named = context_.commands.find(words[0]);
  CHECK(named != nullptr);
  const command::Command* const called = command::Table::called(*named, words);
  session::Session session;
  begin_session(session);
  resp::Buffer bytes;
  resp::Writer reply(bytes, session.protocol);
  keyspace::Unit& unit = begin_background_unit();
  command::Call call(*called->spec, words, {}, session, unit, held_settings(), loop_.clock().wall(), reply, *this);
  called->spec->handler(call);
  return std::string(bytes.view());
}

bool Worker::try_with_all_locks(const std::function<void()>& work) {
  if (!context_.keyspace.try_acquire_all(locks_)) return false;
  work();
  context_.keyspace.release(locks_);
  ring_bells();
  return true;
}

}  // namespace dispatch
