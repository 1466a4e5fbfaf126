// How one command runs: what it is, whether it may, its locks, its handler, and what is counted afterwards.
#include <algorithm>
#include <string>

#include "base/log.h"
#include "dispatch/worker.h"
#include "keyspace/eviction.h"
#include "keyspace/memory.h"

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

std::string unknown_subcommand(std::string_view container, std::string_view word) {
  const std::string shown(command::repeated(word.substr(0, 128)));
  return "ERR unknown subcommand '" + shown + "'. " + command::try_help(container);
}

bool speaks_http(std::string_view word) {
  return command::same_word(word, "post") || command::same_word(word, "host:");
}

}  // namespace

void Worker::prepare(Batch& batch, uint32_t database) {
  for (Request& request : batch.requests) {
    const auto words = batch.words_of(request);
    request.command = context_.commands.find(words[0]);
    request.first_key = static_cast<uint32_t>(batch.keys.size());
    const command::Command* command = request.command;
    if (command != nullptr && command->second_word_decides && words.size() > 1) {
      command = command::Table::find_by_second_word(*command, words[1]);
    }
    if (command == nullptr || !command->spec->takes(words.size())) continue;
    const Spec& spec = *command->spec;
    if (command->only_key != 0) {
      batch.keys.push_back(context_.keyspace.key(words[command->only_key]));
      request.key_count = 1;
      continue;
    }
    if (spec.lock_hash != nullptr) {
      batch.keys.push_back({{}, spec.lock_hash(words, context_.keyspace.hash())});
      request.key_count = 1;
      continue;
    }
    if (spec.keys[0].find == command::KeySpec::Find::kNone) continue;
    batch.key_words.clear();
    command::find_keys(spec, words, batch.key_words);
    for (const command::KeyWord& key : batch.key_words) {
      if ((key.flags & command::kNotKey) == 0) batch.keys.push_back(context_.keyspace.key(words[key.index]));
    }
    request.key_count = static_cast<uint32_t>(batch.keys.size()) - request.first_key;
  }
  // A command of many keys warms its own as it goes (Call::warm).
  constexpr size_t kMostPrefetched = 2 * Batch::kCommands;
  if (batch.keys.size() > 1 && batch.keys.size() <= kMostPrefetched) context_.keyspace.prefetch(batch.keys, database);
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
  if (found->second_word_decides && words.size() > 1) {
    const command::Command* subcommand = command::Table::find_by_second_word(*found, words[1]);
    if (subcommand == nullptr) {
      reply.error(unknown_subcommand(words[0], words[1]));
      return nullptr;
    }
    found = subcommand;
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
bool Worker::must_pause(const Spec& spec) {
  const PauseMode mode = context_.pause_mode.load(std::memory_order_relaxed);
  if (mode == PauseMode::kNone) return false;
  if (loop_.clock().wall().ms() >= context_.pause_until_ms.load(std::memory_order_relaxed)) return false;
  return mode == PauseMode::kAll || spec.has(command::kWrite | command::kMayReplicate);
}

bool Worker::make_memory(const Spec& spec, resp::Writer& reply, const config::Settings& settings) {
  const int64_t limit = context_.maxmemory.load(std::memory_order_relaxed);
  if (limit == 0) return true;
  if (context_.pause_mode.load(std::memory_order_relaxed) != PauseMode::kNone) return true;  // nothing is evicted now
  // Near the limit what this thread has not yet told the others counts.
  if (context_.used_memory() + (1 << 16) > limit) keyspace::flush_memory_count();
  if (context_.used_memory() <= limit) return true;
  constexpr int64_t kEvictionNs = 500'000;
  const EvictionPolicy policy = policy_of(settings.maxmemory_policy);
  const int64_t start_ns = loop_.clock().mono().ns;
  bool found = !settings.import_mode;
  const auto samples = static_cast<uint32_t>(settings.maxmemory_samples);
  int64_t taken_ns = 0;
  while (found && context_.used_memory() > limit && taken_ns <= kEvictionNs) {
    keyspace::Unit unit = make_unit();
    unit.now_ms = loop_.clock().wall().ms();
    found = keyspace::evict_one(unit, policy, samples);
    taken_ns = loop_.clock().mono().ns - start_ns;
  }
  note_latency(settings, LatencyEvent::kEvictionCycle, taken_ns);
  if (taken_ns > kEvictionNs) return true;  // the next command goes on
  if (context_.used_memory() <= limit || !spec.has(command::kDenyOom)) return true;
  reply.error(command::kOutOfMemory.text());
  return false;
}

bool Worker::admit(Client& client, const command::Command& command, std::span<const std::string_view> words,
                   const config::Settings& settings, resp::Writer& reply) {
  const Spec& spec = *command.spec;
  (void)words;
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
  if (!make_memory(spec, reply, settings)) return false;
  if (!client.session().monitor || !spec.has(command::kWrite | command::kReadOnly | command::kMayReplicate))
    return true;
  reply.error("ERR Replica can't interact with the keyspace");
  return false;
}

Worker::Outcome Worker::run_command(Client& client, const Batch& batch, const Request& request) {
  const config::Settings& settings = this->settings();
  session::Session& session = client.session();
  resp::Writer reply(out_, session.protocol);
  const size_t reply_start = out_.size();
  const auto words = batch.words_of(request);
  const command::Command* command = nullptr;
  if (request.command == nullptr && speaks_http(words[0])) {
    refuse_http(client);
    return Outcome::kDone;
  }
  const bool may_enter = session.authenticated ||
                         (request.command != nullptr && request.command->spec->has(command::kNoAuth)) ||
                         settings.requirepass.empty();
  if (!may_enter) {
    reply.error(command::kNoAuthentication.text());
  } else {
    command = resolve(session, batch, request, reply);
  }
  Outcome outcome = Outcome::kDone;
  bool ran = false;
  if (command != nullptr) {
    if (admit(client, *command, words, settings, reply)) {
      if (must_pause(*command->spec) && !session.monitor) {
        give_up_locks(client);
        client.suspend(Client::Suspension::kPause);
        paused_.push_back(client.handle());
        return Outcome::kSuspended;
      }
      outcome = execute(client, *command, words, batch.keys_of(request), request.end - request.begin, reply);
      if (outcome == Outcome::kSuspended) return outcome;
      ran = true;
    } else {
      stats_.commands[command->index].rejected_calls.add();
    }
  }
  if (ran) {
    if (client.block() == nullptr) ++session.commands;  // else when its reply is made
  } else {
    give_up_locks(client);
    stats_.total_error_replies.add();
    context_.count_error(out_.view().substr(reply_start));
  }
  if (session.replies != session::Session::Replies::kOn && outcome == Outcome::kDone)
    settle_reply(session, reply_start);
  return outcome;
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

Worker::Outcome Worker::execute(Client& client, const command::Command& command,
                                std::span<const std::string_view> words, std::span<const keyspace::Key> keys,
                                size_t request_bytes, resp::Writer& reply) {
  const Spec& spec = *command.spec;
  session::Session& session = client.session();
  const uint64_t epoch = context_.epoch.load(std::memory_order_acquire);
  keyspace::Attempt& attempt = client.attempt();
  locks_.set_owner({.loop = index_, .connection = client.handle()});
  const bool acquired = context_.keyspace.acquire(locks_, spec.locks, keys, attempt);
  attempt.woken_at = keyspace::Attempt::kNowhere;
  if (!acquired) {
    ++attempt.failures;
    client.suspend(Client::Suspension::kLocks);
    stats_.lock_waits.add();
    return Outcome::kSuspended;
  }
  if (context_.epoch.load(std::memory_order_acquire) != epoch) {
    // Settings, rights or a pause changed between the checks and the locks: checked again from the start.
    context_.keyspace.release_to_retry(locks_, attempt);
    ++attempt.failures;
    client.suspend(Client::Suspension::kLocks);
    loop_.mailbox().post([this, handle = client.handle()] {
      Client* waiting = find(handle);
      if (waiting != nullptr && waiting->suspension() == Client::Suspension::kLocks) waiting->resume();
    });
    return Outcome::kSuspended;
  }
  const bool again = attempt.wants_all;
  context_.keyspace.settle(locks_, attempt);
  const config::Settings& settings = this->settings();
  const base::MonoTime start = loop_.clock().mono();
  const base::WallTime now = loop_.clock().wall_at(start);
  keyspace::Unit unit = make_unit();
  unit.now_ms = now.ms();
  unit.touches = !session.no_touch || spec.name == "touch";
  unit.sees_expired = session.import_source && settings.import_mode;
  const size_t reply_start = out_.size();
  command::Call call(spec, words, keys, session, unit, settings, now, reply, *this);
  spec.handler(call);
  const bool monitored = context_.monitors.load(std::memory_order_relaxed) != 0 && !call.wants_all_locks() &&
                         !spec.has(command::kSkipMonitor | command::kAdmin);
  if (monitored) {
    context_.feed_monitors(*this, {.spec = spec, .words = words, .session = session, .started_us = now.us});
  }
  context_.keyspace.release(locks_);
  if (monitored) ring_bells();
  if (call.wants_all_locks()) {
    DCHECK(!again);
    out_.truncate(reply_start);
    client.attempt().wants_all = true;
    return execute(client, command, words, keys, request_bytes, reply);
  }
  const int64_t ns = loop_.clock().mono().ns - start.ns;
  if (Block* block = client.block()) {
    block->command = &command;
    block->ns = ns;
    client.suspend(Client::Suspension::kBlocked);
    return Outcome::kDeferred;
  }
  // CONFIG SET is judged by the settings that it made.
  const config::Snapshot made = spec.has(command::kAdmin) ? context_.settings.current() : nullptr;
  account(client, command, words, made != nullptr ? *made : settings, now, ns, request_bytes, reply_start);
  if (!garbage_.empty()) free_garbage();
  if (!call.deferred()) return Outcome::kDone;
  client.suspend(Client::Suspension::kDeferred);
  return Outcome::kDeferred;
}

void Worker::note_latency(const config::Settings& settings, LatencyEvent event, int64_t ns) {
  const int64_t ms = ns / 1'000'000;
  if (settings.latency_monitor_threshold == 0 || ms < settings.latency_monitor_threshold) return;
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
    stats_.total_error_replies.add();
    context_.count_error(reply);
  }
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
