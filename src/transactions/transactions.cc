// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//
// dispatch queues what comes between MULTI and EXEC. EXEC's locks are those of the whole queue and of the watched keys,
// of the highest class in the queue, all taken before anything runs (keyspace::LockClass::kQueued): else two EXECs that
// each watch what the other writes would both succeed.
#include "base/check.h"
#include "command/call.h"
#include "transactions/families.h"

namespace transactions {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using session::Transaction;

Transaction& transaction_of(Call& call) {
  std::unique_ptr<Transaction>& transaction = call.session().transaction;
  if (transaction == nullptr) transaction = std::make_unique<Transaction>();
  return *transaction;
}

bool is_open(Call& call) { return call.session().in_transaction(); }

void multi(Call& call) {
  transaction_of(call).open = true;
  call.reply().ok();
}

void discard(Call& call) {
  if (!is_open(call)) return call.fail("ERR DISCARD without MULTI");
  call.host().end_transaction(call.session());
  call.reply().ok();
}

// A watched key whose time has come since is as good as deleted, though nobody has met it yet.
bool watched_key_expired(Call& call, const Transaction& transaction) {
  keyspace::Keyspace& keyspace = call.db().unit().keyspace;
  for (const session::WatchedKey& watched : transaction.watched) {
    const keyspace::Key key{watched.name, watched.hash};
    const keyspace::Entry* entry = call.database(watched.database).find_as_it_is(key);
    if (entry == nullptr || !entry->expired(call.now_ms())) continue;
    const keyspace::Observers* observers = keyspace.observers(keyspace.shard_of(key));
    CHECK(observers != nullptr);  // it watches the key
    if (!observers->expired_already(watched.database, watched.name, transaction.watch.get())) return true;
  }
  return false;
}

void exec(Call& call) {
  if (!is_open(call)) return call.fail("ERR EXEC without MULTI");
  const Transaction& transaction = *call.session().transaction;
  if (transaction.failed) {
    call.fail("EXECABORT Transaction discarded because of previous errors.");
  } else if (transaction.tripped() || watched_key_expired(call, transaction)) {
    call.reply().null_array();
  } else {
    return call.host().run_queued(call);
  }
  call.host().end_transaction(call.session());
}

void watch(Call& call) {
  Transaction& transaction = transaction_of(call);
  if (transaction.watch == nullptr) transaction.watch = std::make_shared<keyspace::Watch>();
  keyspace::Keyspace& keyspace = call.db().unit().keyspace;
  for (const keyspace::Key& key : call.keys()) {
    const keyspace::Entry* entry = call.db().find_as_it_is(key);
    const bool expired = entry != nullptr && entry->expired(call.now_ms());
    keyspace::Observers& observers = keyspace.make_observers(keyspace.shard_of(key));
    const bool is_new = observers.watch(call.db().index(), key.text, transaction.watch, expired);
    if (is_new) transaction.add_watched({call.db().index(), std::string(key.text), key.hash});
  }
  call.reply().ok();
}

void unwatch(Call& call) {
  call.host().forget_watches(call.session());
  call.reply().ok();
}

constexpr uint32_t kAnywhere = command::kNoScript | command::kLoading | command::kStale;

constexpr Spec kTransactionRows[] = {
    {.name = "discard",
     .arity = 1,
     .flags = kAnywhere | command::kFast | command::kAllowBusy,
     .locks = LockClass::kNone,
     .handler = discard,
     .group = Group::kTransactions,
     .since = "2.0.0",
     .summary = "Forgets the queued commands and the watched keys.",
     .complexity = "O(N) for N queued commands."},
    {.name = "exec",
     .arity = 1,
     .flags = kAnywhere | command::kSkipCommandLog,
     .locks = LockClass::kQueued,
     .handler = exec,
     .group = Group::kTransactions,
     .since = "1.2.0",
     .summary = "Runs the queued commands as one.",
     .complexity = "Depends on the queued commands."},
    {.name = "multi",
     .arity = 1,
     .flags = kAnywhere | command::kFast | command::kAllowBusy | command::kNoMulti,
     .locks = LockClass::kNone,
     .handler = multi,
     .group = Group::kTransactions,
     .since = "1.2.0",
     .summary = "Begins a transaction: commands are queued until EXEC.",
     .complexity = "O(1)"},
    {.name = "unwatch",
     .arity = 1,
     .flags = kAnywhere | command::kFast | command::kAllowBusy,
     .locks = LockClass::kNone,
     .handler = unwatch,
     .group = Group::kTransactions,
     .since = "2.2.0",
     .summary = "Forgets the watched keys.",
     .complexity = "O(N) for N watched keys."},
    {.name = "watch",
     .arity = -2,
     .flags = kAnywhere | command::kFast | command::kAllowBusy | command::kNoMulti,
     .keys = {command::keys_from(1, -1, 1, command::kRO)},
     .locks = LockClass::kKeys,
     .handler = watch,
     .group = Group::kTransactions,
     .since = "2.2.0",
     .summary = "Watches keys: EXEC does nothing if one has changed.",
     .complexity = "O(N) for N keys.",
     .syntax = "key:k0*"},
};
static_assert(command::well_formed(kTransactionRows));

}  // namespace

std::span<const Spec> transaction_commands() { return kTransactionRows; }

}  // namespace transactions
