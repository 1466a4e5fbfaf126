// How one command runs: what it is, whether it may, its locks, its handler, and what is counted afterwards.
#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "dispatch/worker.h"
#include "keyspace/eviction.h"
#include "structures/memory.h"

namespace dispatch {
namespace {

using command::Spec;
using keyspace::EvictionPolicy;
using keyspace::LockClass;

EvictionPolicy policy_of(config::MaxmemoryPolicy policy) {
  switch (policy) {
    case config::MaxmemoryPolicy::kVolatileLru: return EvictionPolicy::kVolatileLru;
    case config::MaxmemoryPolicy::kVolatileLfu: return EvictionPolicy::kVolatileLfu;
    case config::MaxmemoryPolicy::kVolatileRandom: return EvictionPolicy::kVolatileRandom;
    case config::MaxmemoryPolicy::kVolatileTtl: return EvictionPolicy::kVolatileTtl;
    case config::MaxmemoryPolicy::kAllkeysLru: return EvictionPolicy::kAllKeysLru;
    case config::MaxmemoryPolicy::kAllkeysLfu: return EvictionPolicy::kAllKeysLfu;
    case config::MaxmemoryPolicy::kAllkeysRandom: return EvictionPolicy::kAllKeysRandom;
    case config::MaxmemoryPolicy::kNoeviction: break;
  }
  return EvictionPolicy::kNoEviction;
}

// "ERR unknown command 'foo', with args beginning with: 'bar' 'baz' ", both parts cut at 128 bytes.
std::string unknown_command(std::span<const std::string_view> words) {
  constexpr size_t kShown = 128;
  std::string arguments;
  for (size_t at = 1; at < words.size() && arguments.size() < kShown; ++at) {
    arguments += "'" + std::string(command::repeated(words[at].substr(0, kShown - arguments.size()))) + "' ";
  }
  const std::string name(command::repeated(words[0].substr(0, kShown)));
  return "ERR unknown command '" + name + "', with args beginning with: " + arguments;
}

bool speaks_http(std::string_view word) {
  return command::same_word(word, "post") || command::same_word(word, "host:");
}

// What a command may do; EXEC what all that it will run may do.
uint32_t flags_of(const session::Session& session, const Spec& spec) {
  const bool executes = spec.locks == LockClass::kQueued && session.in_transaction();
  return executes ? spec.flags | session.transaction->flags : spec.flags;
}

}  // namespace

void Worker::add_keys(const command::Command& command, std::span<const std::string_view> words,
                      std::vector<keyspace::Key>& keys) {
  const Spec& spec = *command.spec;
  const keyspace::Keyspace& keyspace = context_.keyspace;
  if (command.only_key != 0) return keys.push_back(keyspace.key(words[command.only_key]));
  if (spec.lock_hash != nullptr) return keys.push_back({{}, spec.lock_hash(words, keyspace.hash())});
  if (spec.keys[0].find == command::KeySpec::Find::kNone) return;
  key_words_.clear();
  command::find_keys(spec, words, key_words_);
  for (const command::KeyWord& key : key_words_) {
    if ((key.flags & command::kNotKey) == 0) keys.push_back(keyspace.key(words[key.index]));
  }
}

void Worker::prepare(Batch& batch, uint32_t database) {
  std::string_view name;  // of the request before: a pipeline often says the same again
  const command::Command* named = nullptr;
  for (Request& request : batch.requests) {
    const auto words = batch.words_of(request);
    if (words[0] != name) {
      name = words[0];
      named = context_.commands.find(name);
    }
    request.command = named;
    request.first_key = static_cast<uint32_t>(batch.keys.size());
    const command::Command* command = named == nullptr ? nullptr : command::Table::called(*named, words);
    if (command == nullptr || !command->spec->takes(words.size())) continue;
    const Spec& spec = *command->spec;
    if (spec.element != 0 && words.size() > spec.element && batch.requests.size() > 1) {
      batch.elements.push_back({request.first_key, structures::text_hash(words[spec.element])});
    }
    if (command->only_key != 0) {  // mostly, and in line
      batch.keys.push_back(context_.keyspace.key(words[command->only_key]));
      request.key_count = 1;
      continue;
    }
    add_keys(*command, words, batch.keys);
    request.key_count = static_cast<uint32_t>(batch.keys.size()) - request.first_key;
  }
  // A command of many keys warms its own as it goes (Call::warm).
  constexpr size_t kMostPrefetched = 2 * Batch::kCommands;
  if (batch.keys.size() <= 1 || batch.keys.size() > kMostPrefetched) return;
  context_.keyspace.prefetch(batch.keys, database);
  if (batch.elements.size() > 1) context_.keyspace.prefetch_elements(batch.keys, batch.elements, database);
}

const command::Command* Worker::resolve(session::Session& session, const Batch& batch, const Request& request,
                                        resp::Writer& reply) {
  const auto words = batch.words_of(request);
  const command::Command* found = request.command;
  session.last_command = nullptr;
  if (found == nullptr) {
    reply.error(unknown_command(words));
    return nullptr;
  }
  found = command::Table::called(*found, words);
  if (found == nullptr) {
    reply.error(command::unknown_subcommand(words[0], words[1]));
    return nullptr;
  }
  session.last_command = found->spec->name.data();
  if (!found->spec->takes(words.size()) || found->spec->is_container()) {
    stats_.commands[found->index].rejected_calls.add();
    reply.error(command::wrong_arity(found->spec->name));
    return nullptr;
  }
  return found;
}

// Even CLIENT UNPAUSE waits while all commands are paused, as in Valkey.
bool Worker::must_pause(uint32_t flags) {
  const PauseMode mode = context_.pause_mode.load(std::memory_order_relaxed);
  if (mode == PauseMode::kNone) return false;
  if (loop_.clock().wall().ms() >= context_.pause_until_ms.load(std::memory_order_relaxed)) return false;
  return mode == PauseMode::kAll || (flags & (command::kWrite | command::kMayReplicate)) != 0;
}

bool Worker::make_memory(int64_t limit, uint32_t flags, resp::Writer& reply, const config::Settings& settings) {
  if (context_.pause_mode.load(std::memory_order_relaxed) != PauseMode::kNone) return true;  // nothing is evicted now
  // Near the limit what this thread has not yet told the others counts.
  if (context_.used_memory() + (1 << 16) > limit) structures::flush_memory_count();
  if (context_.used_memory() <= limit || !evict_keys(settings)) return true;  // the next command goes on
  if (context_.used_memory() <= limit || (flags & command::kDenyOom) == 0) return true;
  reply.error(command::kOutOfMemory.text());
  return false;
}

bool Worker::is_over_limit(const config::Settings& settings, uint32_t database) const {
  for (const config::DatabaseLimit& limit : settings.db_maxmemory) {
    if (limit.database != database) continue;
    uint64_t used = 0;
    for (uint32_t at = 0; at < context_.worker_count.load(std::memory_order_acquire); ++at) {
      const metrics::DatabaseStats* stats = context_.workers[at]->stats_.existing_database(database);
      if (stats != nullptr) used += stats->bytes.get();
    }
    return static_cast<int64_t>(used) > limit.bytes;
  }
  return false;
}

// As make_memory(), for the part of one database.
bool Worker::make_room(uint32_t database, uint32_t flags, resp::Writer& reply, const config::Settings& settings) {
  if (!is_over_limit(settings, database)) return true;
  if (context_.pause_mode.load(std::memory_order_relaxed) != PauseMode::kNone) return true;
  if (!evict_keys(settings, database, [&] { return !is_over_limit(settings, database); })) return true;
  if (!is_over_limit(settings, database) || (flags & command::kDenyOom) == 0) return true;
  reply.error(command::kDatabaseFull.text());
  return false;
}

bool Worker::evict_keys(const config::Settings& settings) {
  const int64_t limit = context_.maxmemory.load(std::memory_order_relaxed);
  return evict_keys(settings, std::nullopt, [this, limit] { return context_.used_memory() <= limit; });
}

bool Worker::evict_keys(const config::Settings& settings, std::optional<uint32_t> database,
                        const std::function<bool()>& enough) {
  constexpr int64_t kEvictionNs = 500'000;
  const keyspace::EvictionOptions options{.policy = policy_of(settings.maxmemory_policy),
                                          .samples = static_cast<uint32_t>(settings.maxmemory_samples),
                                          .database = database};
  const int64_t start_ns = loop_.clock().mono().ns;
  bool found = !settings.import_mode;
  int64_t taken_ns = 0;
  while (found && !enough() && taken_ns <= kEvictionNs) {
    keyspace::Unit& unit = begin_unit();
    unit.now_ms = loop_.clock().wall().ms();
    found = keyspace::evict_one(unit, options, [&] { tell_of_changes(unit, loop_.clock().wall()); });
    if (!bells_.empty()) ring_bells();
    taken_ns = loop_.clock().mono().ns - start_ns;
  }
  note_latency(settings, LatencyEvent::kEvictionCycle, taken_ns);
  return taken_ns <= kEvictionNs;
}

// Of Context::restrictions.
bool Worker::may_run_though(uint32_t restrictions, const session::Session& session, const Spec& spec,
                            resp::Writer& reply) {
  const config::Settings& settings = held_settings();
  const bool writes = (flags_of(session, spec) & command::kWrite) != 0 || spec.name == "ping";
  if ((restrictions & Context::kLastSaveFailed) != 0 && writes && settings.stop_writes_on_bgsave_error &&
      !settings.save.empty()) {
    reply.error(
        "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands "
        "that may modify the data set are disabled, because this instance is configured to report errors during writes "
        "if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Valkey logs for details "
        "about the RDB error.");
    return false;
  }
  if ((restrictions & Context::kIsLoading) == 0 || spec.has(command::kLoading)) return true;
  reply.error("LOADING Valkey is loading the dataset in memory");
  return false;
}

bool Worker::admit(Client& client, const command::Command& command, std::span<const std::string_view> words,
                   resp::Writer& reply) {
  const config::Settings& settings = held_settings();
  const Spec& spec = *command.spec;
  if (client.session().in_transaction() && spec.has(command::kNoMulti)) {
    reply.error("ERR Command '" + std::string(spec.name) + "' not allowed inside a transaction");
    return false;
  }
  if (spec.has(command::kProtectedDebug | command::kProtectedModule)) {
    const bool debug = spec.has(command::kProtectedDebug);
    const config::Access access = debug ? settings.enable_debug_command : settings.enable_module_command;
    const bool local = client.session().is_unix || client.session().peer.starts_with("127.") ||
                       client.session().peer.starts_with("[::1]");
    if (access == config::Access::kNo || (access == config::Access::kLocal && !local)) {
      const std::string name = debug ? "DEBUG" : "MODULE";
      const std::string option = debug ? "enable-debug-command" : "enable-module-command";
      reply.error(
          "ERR " + name + " command not allowed. If the " + option +
          " option is set to \"local\", you can run it "
          "from a local connection, otherwise you need to set this option in the configuration file, and then restart "
          "the server.");
      return false;
    }
  }
  if (!client.session().user->may_all && !may_run(client, command, words, reply)) return false;
  const int64_t limit = context_.maxmemory.load(std::memory_order_relaxed);
  if (limit != 0 && !make_memory(limit, flags_of(client.session(), spec), reply, settings)) return false;
  if (!settings.db_maxmemory.empty() &&
      !make_room(client.session().database, flags_of(client.session(), spec), reply, settings)) {
    return false;
  }
  const uint32_t restrictions = context_.restrictions.load(std::memory_order_relaxed);
  if (restrictions != 0 && !may_run_though(restrictions, client.session(), spec, reply)) return false;
  if (client.session().only_listens() && !spec.has(command::kWhileListening)) {
    reply.error("ERR Can't execute '" + std::string(spec.name) +
                "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
    return false;
  }
  if (!client.session().monitor || !spec.has(command::kWrite | command::kReadOnly | command::kMayReplicate))
    return true;
  reply.error("ERR Replica can't interact with the keyspace");
  return false;
}

Worker::Outcome Worker::run_command(Client& client, const Batch& batch, const Request& request) {
  served_ = &client;
  reply_start_ = out_.size();
  const Outcome outcome = check_and_run(client, batch, request);
  running_ = served_ = nullptr;
  return outcome;
}

Worker::Outcome Worker::check_and_run(Client& client, const Batch& batch, const Request& request) {
  settings();  // the newest, for held_settings()
  session::Session& session = client.session();
  resp::Writer reply(out_, session.protocol);
  const auto words = batch.words_of(request);
  const command::Command* command = nullptr;
  if (request.command == nullptr && speaks_http(words[0])) {
    refuse_http(client);
    return Outcome::kDone;
  }
  if (context_.users.version() != session.user_version && !take_over_user(session)) {
    client.close();
    return Outcome::kDone;
  }
  const bool may_enter = session.authenticated ||
                         (request.command != nullptr && request.command->spec->has(command::kNoAuth)) ||
                         users().is_open();
  if (!may_enter) {
    reply.error(command::kNoAuthentication.text());
  } else {
    command = resolve(session, batch, request, reply);
  }
  Outcome outcome = Outcome::kDone;
  bool ran = false, queued = false;
  if (command != nullptr) {
    const bool admitted = admit(client, *command, words, reply);
    if (has_own_invalidations_) deliver_own_invalidations();
    if (admitted) {
      if (must_pause(flags_of(session, *command->spec)) && !session.monitor) {
        give_up_locks(client);
        client.suspend(Client::Suspension::kPause);
        paused_.push_back(client.handle());
        return Outcome::kSuspended;
      }
      queued = session.in_transaction() && queue(session, *command, words, reply);
      if (!queued) {
        running_ = &client;
        outcome = execute(client, *command, words, batch.keys_of(request), request.end - request.begin, reply);
        if (outcome == Outcome::kSuspended) return outcome;
        ran = true;
      }
    } else {
      stats_.commands[command->index].rejected_calls.add();
    }
  }
  if (ran) {
    client.runs_again() = false;
    if (client.block() == nullptr) ++session.commands;  // else when its reply is made
  } else if (!queued) {
    give_up_locks(client);
    if (std::exchange(client.runs_again(), false)) context_.abandon_command(*this, session);
    const bool executes = request.command != nullptr && request.command->spec->locks == LockClass::kQueued;
    if (session.in_transaction() || executes) fail_transaction(session, request.command, reply_start_);
    stats_.total_error_replies.add();
    context_.count_error(out_.view().substr(reply_start_));
  }
  if (session.replies != session::Session::Replies::kOn && outcome == Outcome::kDone) {
    const bool by_push = ran && command->spec->has(command::kRepliesByPush);
    settle_reply(session, by_push ? out_.size() : reply_start_);
  }
  if (std::exchange(delivers_after_command_, false)) context_.deliver_published(*this, client);
  if (has_own_invalidations_) deliver_own_invalidations();
  if (session.tracking != nullptr && client.block() == nullptr) end_caching(session);
  return outcome;
}

void Worker::insert_before_reply(std::string_view message) {
  out_.replace(reply_start_, 0, message);
  reply_start_ += message.size();
}

// What CLIENT REPLY says of a reply that is complete.
void Worker::settle_reply(session::Session& session, size_t reply_start) {
  using Replies = session::Session::Replies;
  out_.truncate(reply_start);
  if (session.replies == Replies::kSkipNext) {
    session.replies = Replies::kSkipThis;
  } else if (session.replies == Replies::kSkipThis) {
    session.replies = Replies::kOn;
  }
}

// A web page can make a browser send us a request whose body holds commands; its first line gives it away.
void Worker::refuse_http(Client& client) {
  static std::atomic<int64_t> logged_ms{-1'000'000};
  constexpr int64_t kQuietMs = 60'000;
  const int64_t now_ms = loop_.clock().mono().ns / 1'000'000;
  int64_t last_ms = logged_ms.load(std::memory_order_relaxed);
  if (now_ms - last_ms > kQuietMs && logged_ms.compare_exchange_strong(last_ms, now_ms)) {
    base::log_warning(
        "Possible SECURITY ATTACK detected. A client sent a line of HTTP (POST or Host:), as a browser does that "
        "a foreign page uses to run commands here (cross protocol scripting). Connection from {} aborted.",
        client.session().peer);
  }
  client.close();
}

// Settings, rights or a pause changed between a command's checks and its locks: it is checked again from the start.
void Worker::check_again(Client& client) {
  context_.keyspace.release_to_retry(locks_, client.attempt());
  ++client.attempt().failures;
  client.suspend(Client::Suspension::kLocks);
  loop_.mailbox().post([this, handle = client.handle()] { run_again(handle); });
}

// Until the client is told to run its command (again).
Worker::Outcome Worker::suspend(Client& client) {
  client.suspend(Client::Suspension::kLocks);
  return Outcome::kSuspended;
}

Worker::Outcome Worker::suspend_to_run_again(Client& client) {
  client.runs_again() = true;
  return suspend(client);
}

void Worker::run_again(uint64_t client) {
  Client* waiting = find(client);
  if (waiting != nullptr && waiting->suspension() == Client::Suspension::kLocks) waiting->resume();
}

Worker::Outcome Worker::execute(Client& client, const command::Command& command,
                                std::span<const std::string_view> words, std::span<const keyspace::Key> keys,
                                size_t request_bytes, resp::Writer& reply) {
  const Spec& spec = *command.spec;
  session::Session& session = client.session();
  const uint64_t epoch = context_.epoch.load(std::memory_order_acquire);
  keyspace::Attempt& attempt = client.attempt();
  LockClass lock_class = spec.locks_for(words);
  if (lock_class == LockClass::kQueued) {
    lock_class = prepare_transaction(session);
    keys = transaction_batch_.keys;
  }
  if (context_.keyspace.reserved() && lock_class != LockClass::kNone) return wait_for_script(client, command, reply);
  locks_.set_owner({.loop = index_, .connection = client.handle()});
  const bool acquired = context_.keyspace.acquire(locks_, lock_class, keys, attempt);
  attempt.woken_at = keyspace::Attempt::kNowhere;
  if (!acquired) {
    if (is_held_up_by_script(lock_class, attempt)) return refuse_busy(client, command, reply);
    ++attempt.failures;
    stats_.lock_waits.add();
    return suspend(client);
  }
  if (context_.epoch.load(std::memory_order_acquire) != epoch) {
    check_again(client);
    return Outcome::kSuspended;
  }
  const bool writes = (flags_of(session, spec) & command::kWrite) != 0;
  if (writes && waits_for_large_reply(client, keys)) return suspend(client);
  if (writes && context_.keyspace.any_observers(keys) && !hold_what_is_carried(keys, attempt)) {
    context_.keyspace.release_to_retry(locks_, attempt);
    ++attempt.failures;
    return execute(client, command, words, keys, request_bytes, reply);
  }
  const bool again = attempt.wants_all;
  context_.keyspace.settle(locks_, attempt);
  const config::Settings& settings = this->settings();
  const base::MonoTime start = loop_.clock().mono();
  const base::WallTime now = loop_.clock().wall_at(start);
  keyspace::Unit& unit = begin_unit();
  unit.now_ms = now.ms();
  unit.touches = !session.no_touch || spec.name == "touch";
  unit.sees_expired = session.import_source && settings.import_mode;
  if (session.tracking != nullptr) unit.actor = session.tracking->tracker.get();
  const size_t reply_start = out_.size();
  command::Call call(spec, words, keys, session, unit, settings, now, reply, *this);
  spec.handler(call);
  if (session.tracking != nullptr && session.tracking->remembers()) {
    track_keys(spec, keys, session.tracking->tracker);
  }
  if (call.wanted()) begin_wait(client, command, call, request_bytes);
  tell_of_changes(unit, now);
  if (!call.wants_all_locks() && !call.runs_again_later()) tell_monitors(call);
  const bool in_slices = call.has_slices();
  if (in_slices) begin_large_reply(client, command, call, request_bytes, reply_start);
  context_.keyspace.release(locks_);
  if (!bells_.empty()) ring_bells();
  if (in_slices) {
    if (!garbage_.empty()) free_garbage();
    client.suspend(Client::Suspension::kDeferred);
    return Outcome::kDeferred;
  }
  if (call.runs_again_later()) return suspend_to_run_again(client);
  if (call.wants_all_locks()) {
    DCHECK(!again);
    out_.truncate(reply_start);
    client.attempt().wants_all = true;
    return execute(client, command, words, keys, request_bytes, reply);
  }
  return conclude(client, command, call, start, request_bytes, reply_start);
}

// What comes behind the locks: the call is counted, or that waits for its reply.
Worker::Outcome Worker::conclude(Client& client, const command::Command& command, const command::Call& call,
                                 base::MonoTime start, size_t request_bytes, size_t reply_start) {
  const int64_t ns = loop_.clock().mono().ns - start.ns;
  if (Block* block = client.block()) {
    block->command = &command;
    block->ns = ns;
    block->request_bytes = request_bytes;
    client.suspend(Client::Suspension::kBlocked);
    return Outcome::kDeferred;
  }
  // CONFIG SET is judged by the settings that it made.
  const config::Snapshot made = command.spec->has(command::kAdmin) ? context_.settings.current() : nullptr;
  account(client, command, call.words(), made != nullptr ? *made : call.settings(), call.now(), ns, request_bytes,
          reply_start);
  // EXEC's keys were those of its queue, which counted its own and has gone.
  if (command.spec->locks != LockClass::kQueued) sample_keys(call, ns, request_bytes + out_.size() - reply_start);
  if (!garbage_.empty()) free_garbage();
  if (!call.deferred()) return Outcome::kDone;
  client.suspend(Client::Suspension::kDeferred);
  return Outcome::kDeferred;
}

void Worker::tell_monitors(command::Call& call, bool by_script) {
  const Spec& spec = call.spec();
  if (context_.monitors.load(std::memory_order_relaxed) == 0) return;
  if (spec.has(command::kSkipMonitor | command::kAdmin)) return;
  context_.feed_monitors(*this, {.spec = spec,
                                 .words = call.words(),
                                 .session = call.session(),
                                 .started_us = call.now().us,
                                 .by_script = by_script});
}

void Worker::note_latency(const config::Settings& settings, LatencyEvent event, int64_t ns) {
  if (settings.latency_monitor_threshold == 0) return;
  const int64_t ms = ns / 1'000'000;
  if (ms < settings.latency_monitor_threshold) return;
  context_.note_latency(event, loop_.clock().wall(), ms);
}

void Worker::count_call(const command::Command& command, const config::Settings& settings, int64_t ns) {
  metrics::CommandStats& of_command = stats_.commands[command.index];
  of_command.calls.add();
  of_command.nanoseconds.add(static_cast<uint64_t>(ns));
  stats_.total_commands_processed.add();
  stats_.eventloop_commands_ns.add(static_cast<uint64_t>(ns));
  if (settings.latency_tracking) {
    metrics::Histogram* latency = of_command.latency.load(std::memory_order_relaxed);
    if (latency == nullptr) {
      latency = new metrics::Histogram;
      of_command.latency.store(latency, std::memory_order_release);
    }
    latency->record(static_cast<uint64_t>(ns));
  }
}

void Worker::account(const Client& client, const command::Command& command, std::span<const std::string_view> words,
                     const config::Settings& settings, base::WallTime started, int64_t ns, size_t request_bytes,
                     size_t reply_start) {
  count_call(command, settings, ns);
  const std::string_view reply = out_.view().substr(reply_start);
  if (!reply.empty() && reply[0] == '-') {
    stats_.commands[command.index].failed_calls.add();
    if (!error_is_counted_) {
      stats_.total_error_replies.add();
      context_.count_error(reply);
    }
  }
  error_is_counted_ = false;
  note_latency(settings, command.spec->has(command::kFast) ? LatencyEvent::kFastCommand : LatencyEvent::kCommand, ns);
  const int64_t us = ns / 1000;
  // As unsigned a limit of -1, which is none, is above all values.
  const auto over = [](int64_t limit, size_t value) { return value >= static_cast<size_t>(limit); };
  const bool logged = (over(settings.commandlog_execution_slower_than, static_cast<size_t>(us)) ||
                       over(settings.commandlog_request_larger_than, request_bytes) ||
                       over(settings.commandlog_reply_larger_than, reply.size())) &&
                      !command.spec->has(command::kSkipCommandLog);
  if (logged) {
    context_.log_command({.spec = *command.spec,
                          .words = words,
                          .session = client.session(),
                          .started_us = started.us,
                          .duration_us = us,
                          .request_bytes = request_bytes,
                          .reply_bytes = reply.size()});
  }
}

}  // namespace dispatch
