// Migration: a MIGRATE on its way: copies of keys that go to another server, which has the keys in the end.
//
// Shape    1. the command copies its keys, under their locks, and watches them; its client is suspended
//          2. a thread of its own sends the copies, without any lock
//          3. the command runs again, under the same locks, and deletes what the target took and nobody changed
//          A key that changed meanwhile goes a second time, over the first copy; one that is gone is deleted at the
//          target. So nothing that a client wrote here is lost, and no I/O thread waits for the network. What differs
//          from the reference, which stops for all of it: the key can be read at both servers for the time of a reply.
// Cost     a copy of all keys in memory.
// Limits   one thread for all, so a slow target keeps others waiting; kRoundsMax; a key that changes faster than it is
// sent stays at both, and the client is told. Threads  the client's worker, but for run(): the migration is the
// thread's own until it is `done`.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dispatch/worker.h"
#include "keyspace/observers.h"
#include "net/outbound.h"
#include "runtime/background.h"

namespace server {

struct MigrationRequest {
  std::string host;
  int port = 0;
  int64_t database = 0;
  int64_t timeout_ms = 0;
  bool copy = false;
  bool replace = false;
  std::string user;
  std::string password;
  bool authenticates = false;
};

struct MigratingKey {
  enum class State : uint8_t { kToSend, kAccepted, kRefused, kFinished };
  std::string name;
  uint64_t hash = 0;
  State state = State::kToSend;
  bool was_accepted = false;  // the target has an older copy
  bool is_gone = false;       // it is to be deleted there
  std::string payload;
  uint16_t version = 0;  // of the payload
  int64_t expiry_ms = 0;
  std::string error;
  std::shared_ptr<keyspace::Watch> watch;
};

struct Migration {
  static constexpr int kRoundsMax = 16;

  MigrationRequest request;
  uint32_t database = 0;  // where the keys are
  std::vector<MigratingKey> keys;
  int rounds = 0;
  std::atomic<bool> done{false};

  // What went wrong with the connection, and what the target refused first.
  std::string connection_error;
  std::string target_error;

  // Sends what is to be sent and reads the replies. On the thread of Migrations.
  void run(const std::atomic<bool>& gives_up);

 private:
  // AUTH and SELECT.
  bool greet(net::Outbound& target);
};

// All of them, by client.
class Migrations {
 public:
  explicit Migrations(const std::atomic<bool>& gives_up) : gives_up_(gives_up) {}

  std::shared_ptr<Migration> find(uint64_t client_id);
  void forget(uint64_t client_id);
  // The client's command will not run again: it has gone, or was refused. What the target took is at both then. On the
  // client's worker.
  void abandon(dispatch::Worker& worker, uint64_t client_id);
  // Lets the next round of it run, and then the client's command. REQUIRES: a call of that client runs on the worker.
  void start(dispatch::Worker& worker, uint64_t client_id, const std::shared_ptr<Migration>& migration);

 private:
  static void drop_watches(dispatch::Worker& worker, Migration& migration);

  const std::atomic<bool>& gives_up_;
  std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<Migration>> by_client_;
  std::unique_ptr<runtime::Background> thread_;  // since the first one
};

}  // namespace server
