// What a running script does to the world: the commands that it calls, with the locks that they turn out to need.
#include <string>

#include "dispatch/worker.h"

namespace dispatch {
namespace {

using command::Spec;
using keyspace::LockClass;

}  // namespace

void Worker::count_script_error(std::string_view reply_line) {
  stats_.total_error_replies.add();
  context_.count_error(reply_line);
}

bool Worker::is_out_of_memory(uint32_t database) const {
  const int64_t limit = context_.maxmemory.load(std::memory_order_relaxed);
  return (limit != 0 && context_.used_memory() > limit) || is_over_limit(held_settings(), database);
}

void Worker::tell_monitors_first(command::Call& script) {
  if (context_.monitors.load(std::memory_order_relaxed) == 0) return;
  context_.feed_monitors(
      *this,
      {.spec = script.spec(), .words = script.words(), .session = script.session(), .started_us = script.now().us});
}

void Worker::refuse_to_script(resp::Writer& reply, std::string_view error) {
  reply.error(error);
  count_script_error("-" + std::string(error));
}

const command::Command* Worker::resolve_for_script(std::span<const std::string_view> words, resp::Writer& reply) {
  const command::Command* found = context_.commands.find(words[0]);
  if (found == nullptr) {
    refuse_to_script(reply, "ERR Unknown command called from script");
    return nullptr;
  }
  found = command::Table::called(*found, words);
  if (found == nullptr) {
    refuse_to_script(reply, command::unknown_subcommand(words[0], words[1]));
    return nullptr;
  }
  if (!found->spec->takes(words.size()) || found->spec->is_container()) {
    stats_.commands[found->index].rejected_calls.add();
    refuse_to_script(reply, "ERR Wrong number of args calling command from script");
    return nullptr;
  }
  return found;
}

bool Worker::admit_from_script(const command::ScriptRun& run, const command::Command& command,
                               std::span<const std::string_view> words, resp::Writer& reply) {
  const Spec& spec = *command.spec;
  if (spec.has(command::kNoScript)) {
    refuse_to_script(reply, "ERR This Valkey command is not allowed from script");
    return false;
  }
  if (!may_run_from_script(*find(locks_.owner().connection), command, words, reply)) return false;
  if (run.read_only && spec.has(command::kWrite | command::kMayReplicate)) {
    refuse_to_script(reply, "ERR Write commands are not allowed from read-only scripts.");
    return false;
  }
  if (spec.has(command::kDenyOom) && !run.allows_oom && !run.wrote &&
      is_out_of_memory(find(locks_.owner().connection)->session().database)) {
    refuse_to_script(reply, command::kOutOfMemory.text());
    return false;
  }
  return true;
}

// The keys of the command, whose shards are held now; with more than that, all are. Until the next call.
std::span<const keyspace::Key> Worker::lock_for_script(const command::Command& command,
                                                       std::span<const std::string_view> words) {
  keyspace::Keyspace& keyspace = context_.keyspace;
  script_keys_.clear();
  add_keys(command, words, script_keys_);
  if (command.spec->locks_for(words) > LockClass::kKeys) {
    keyspace.stray_to_all(locks_);  // what chooses its shard itself finds that it has all
  } else {
    for (const keyspace::Key& key : script_keys_) keyspace.stray(locks_, keyspace.shard_of(key));
  }
  if (context_.script_is_busy.load(std::memory_order_relaxed)) publish_script_shards();
  return script_keys_;
}

void Worker::run_from_script(command::Call& script, command::ScriptRun& run, std::span<const std::string_view> words,
                             resp::Writer& reply) {
  const command::Command* command = resolve_for_script(words, reply);
  const bool admitted = command != nullptr && admit_from_script(run, *command, words, reply);
  if (!admitted) {
    if (command != nullptr) stats_.commands[command->index].rejected_calls.add();
    return;
  }
  const Spec& spec = *command->spec;
  session::Session& session = script.session();
  const std::span<const keyspace::Key> keys = lock_for_script(*command, words);
  if (spec.has(command::kWrite) && !run.begin_to_write()) {
    const bool is_function = context_.scripts.runs() == scripting::Kind::kFunction;
    reply.error(is_function ? "ERR Script killed by user with FUNCTION KILL."
                            : "ERR Script killed by user with SCRIPT KILL.");
    return;
  }
  keyspace::Unit& unit = script.db().unit();
  unit.touches = !session.no_touch || spec.name == "touch";
  const base::MonoTime start = loop_.clock().mono();
  command::Call call(spec, words, keys, session, unit, script.settings(), script.now(), reply, *this);
  call.set_waiting(command::Call::Waiting::kForbidden);
  call.set_by_script();
  spec.handler(call);
  if (session.tracking != nullptr && session.tracking->remembers()) {
    track_keys(spec, call.keys(), session.tracking->tracker);
  }
  tell_monitors(call, true);
  const int64_t ns = loop_.clock().mono().ns - start.ns;
  count_call(*command, script.settings(), ns);
  sample_keys(call, ns, 0);
  if (const std::string_view error = reply.sink_error(); !error.empty()) {
    stats_.commands[command->index].failed_calls.add();
    count_script_error("-" + std::string(error));
  }
  log_from_script(call, ns);
}

void Worker::log_from_script(const command::Call& call, int64_t ns) {
  const int64_t limit_us = call.settings().commandlog_execution_slower_than;
  if (limit_us < 0 || ns / 1000 < limit_us || call.spec().has(command::kSkipCommandLog)) return;
  context_.log_command({.spec = call.spec(),
                        .words = call.words(),
                        .session = call.session(),
                        .started_us = call.now().us,
                        .duration_us = ns / 1000});
}

void Worker::kill_script(command::Call& call, bool is_function) {
  using Kill = scripting::Engine::Kill;
  using scripting::Kind;
  switch (context_.scripts.kill(is_function ? Kind::kFunction : Kind::kScript)) {
    case Kill::kNothingRuns: return call.fail("NOTBUSY No scripts in execution right now.");
    case Kill::kHasWritten:
      return call.fail(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the "
          "script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.");
    case Kill::kIsOfOtherKind: return call.fail(busy_with(is_function ? Kind::kScript : Kind::kFunction));
    case Kill::kWillEnd: return call.reply().ok();
  }
}

std::optional<bool> Worker::script_may_run(command::Call& script, std::span<const std::string_view> words) {
  const command::Command* command = context_.commands.find(words[0]);
  if (command != nullptr) command = command::Table::called(*command, words);
  if (command == nullptr || command->spec->is_container()) return std::nullopt;
  const session::Session& session = script.session();
  return check_rights(session, *command, words, session.database).allows();
}

}  // namespace dispatch
