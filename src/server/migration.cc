#include "server/migration.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "keyspace/entry.h"
#include "resp/buffer.h"
#include "resp/writer.h"

namespace server {
namespace {

constexpr std::string_view kUnreachable = "IOERR error or timeout connecting to the client";
constexpr std::string_view kNotWritten = "IOERR error or timeout writing to target instance";
constexpr std::string_view kNotRead = "IOERR error or timeout reading to target instance";

using Words = std::vector<std::string_view>;

void append_command(resp::Buffer& out, const Words& words) {
  resp::Writer writer(out);
  writer.array(words.size());
  for (const std::string_view word : words) writer.bulk(word);
}

int64_t wall_ms() { return base::Clock().wall().ms(); }

// A key whose time has come since it was copied goes with the shortest life, since the target must lose it, too.
void append_key(resp::Buffer& out, const MigratingKey& key, bool replace) {
  if (key.is_gone) return append_command(out, {"DEL", key.name});
  int64_t ttl_ms = 0;
  if (key.expiry_ms != keyspace::Entry::kNoExpiry) ttl_ms = std::max<int64_t>(key.expiry_ms - wall_ms(), 1);
  const std::string ttl = std::to_string(ttl_ms);
  Words words{"RESTORE", key.name, ttl, key.payload};
  if (replace || key.was_accepted) words.emplace_back("REPLACE");
  append_command(out, words);
}

}  // namespace

bool Migration::greet(net::Outbound& target) {
  resp::Buffer greeting;
  int replies = 0;
  if (request.authenticates) {
    Words words{"AUTH"};
    if (!request.user.empty()) words.emplace_back(request.user);
    words.emplace_back(request.password);
    append_command(greeting, words);
    ++replies;
  }
  const std::string database_text = std::to_string(request.database);
  // A database below zero is taken for the one of a new connection.
  if (request.database >= 0) {
    append_command(greeting, {"SELECT", database_text});
    ++replies;
  }
  if (!target.write(greeting.view(), request.timeout_ms)) {
    connection_error = kNotWritten;
    return false;
  }
  std::string line;
  for (; replies > 0; --replies) {
    if (!target.read_line(line, request.timeout_ms)) {
      connection_error = kNotRead;
      return false;
    }
    if (!line.starts_with('-')) continue;
    target_error = line.substr(1);
    return false;
  }
  return true;
}

void Migration::run(const std::atomic<bool>& gives_up) {
  using State = MigratingKey::State;
  net::Outbound target(gives_up);
  const auto connected = target.connect(request.host, request.port, request.timeout_ms);
  if (connected != net::Outbound::Connected::kYes) {
    connection_error = connected == net::Outbound::Connected::kRefused ? kNotWritten : kUnreachable;
    return;
  }
  if (!greet(target)) return;
  for (MigratingKey& key : keys) {
    if (key.state != State::kToSend) continue;
    resp::Buffer command;
    append_key(command, key, request.replace);
    if (!target.write(command.view(), request.timeout_ms)) {
      connection_error = kNotWritten;
      return;
    }
  }
  std::string line;
  for (MigratingKey& key : keys) {
    if (key.state != State::kToSend) continue;
    if (!target.read_line(line, request.timeout_ms)) {
      connection_error = kNotRead;
      return;
    }
    key.state = line.starts_with('-') ? State::kRefused : State::kAccepted;
    if (key.state == State::kRefused) key.error = line.substr(1);
  }
}

std::shared_ptr<Migration> Migrations::find(uint64_t client_id) {
  const std::lock_guard hold(mutex_);
  const auto found = by_client_.find(client_id);
  return found == by_client_.end() ? nullptr : found->second;
}

void Migrations::forget(uint64_t client_id) {
  const std::lock_guard hold(mutex_);
  by_client_.erase(client_id);
}

void Migrations::start(dispatch::Worker& worker, uint64_t client_id, const std::shared_ptr<Migration>& migration) {
  migration->done.store(false);
  const uint64_t client = worker.locks().owner().connection;
  const std::lock_guard hold(mutex_);
  by_client_[client_id] = migration;
  if (thread_ == nullptr) thread_ = std::make_unique<runtime::Background>();
  thread_->post([this, &worker, client, client_id, migration] {
    migration->run(gives_up_);
    worker.loop().mailbox().post([this, &worker, client, client_id, migration] {
      migration->done.store(true);
      if (find(client_id) == migration) {
        worker.run_again(client);
      } else {
        drop_watches(worker, *migration);
      }
    });
  });
}

void Migrations::abandon(dispatch::Worker& worker, uint64_t client_id) {
  const std::shared_ptr<Migration> migration = find(client_id);
  if (migration == nullptr) return;
  forget(client_id);
  if (migration->done.load()) drop_watches(worker, *migration);  // else when its thread is through
}

void Migrations::drop_watches(dispatch::Worker& worker, Migration& migration) {
  for (MigratingKey& key : migration.keys) {
    if (key.watch != nullptr) worker.forget_watch(std::move(key.watch), {{migration.database, key.name, key.hash}});
  }
}

}  // namespace server
