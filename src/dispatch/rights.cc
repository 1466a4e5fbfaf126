// Rights: what a client's user may run, before a command runs, inside EXEC, and when one that waited is served.
#include <string>
#include <utility>

#include "dispatch/blocked_call.h"
#include "dispatch/worker.h"

namespace dispatch {
namespace {

using acl::Denied;
using acl::Verdict;

const acl::User& user_of(const session::Session& session) { return static_cast<const acl::User&>(*session.user); }

// What a command finds selected when its turn comes.
uint32_t database_of(const session::Session& session) {
  return session.in_transaction() ? session.transaction->database.value_or(session.database) : session.database;
}

std::string_view command_name(const command::Command& command, const acl::Registry& users) {
  return users.commands().ruled(command).spec->name;
}

std::string refusal(const Verdict& verdict, const session::Session& session, std::string_view name) {
  switch (verdict.denied) {
    case Denied::kDatabase: return "NOPERM No permissions to access database";
    case Denied::kKey: return "NOPERM No permissions to access a key";
    case Denied::kChannel: return "NOPERM No permissions to access a channel";
    case Denied::kNothing:
    case Denied::kCommand: break;
  }
  return "NOPERM User " + session.user->name + " has no permissions to run the '" + std::string(name) + "' command";
}

std::string refusal_in_exec(const Verdict& verdict) {
  std::string text =
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is "
      "no longer allowed for the following reason: no permission";
  if (verdict.denied == Denied::kCommand) text += " to execute the command or subcommand";
  if (verdict.denied == Denied::kKey) text += " to touch the specified keys";
  if (verdict.denied == Denied::kChannel) text += " to access one of the channels used as arguments";
  return text;
}

}  // namespace

void Worker::begin_session(session::Session& session) {
  const acl::Users& users = this->users();
  session.user = users.default_user();
  session.user_version = users_.version();
  session.authenticated = users.is_open();
}

bool Worker::take_over_user(session::Session& session) {
  acl::UserPointer user = users().find_again(*session.user);
  if (user == nullptr) return false;
  session.user = std::move(user);
  session.user_version = users_.version();
  return true;
}

Verdict Worker::check_rights(const session::Session& session, const command::Command& command,
                             std::span<const std::string_view> words, uint32_t database) const {
  if (session.user->may_all) return {};
  return user_of(session).check(
      context_.users.commands(),
      {.command = command, .words = words, .database = database, .database_count = context_.keyspace.database_count()});
}

bool Worker::may_run(Client& client, const command::Command& command, std::span<const std::string_view> words,
                     resp::Writer& reply) {
  const session::Session& session = client.session();
  const Verdict verdict = check_rights(session, command, words, database_of(session));
  if (verdict.allows()) return true;
  reply.error(refusal(verdict, session, command_name(command, context_.users)));
  note_denied(client, command, words, verdict);
  return false;
}

bool Worker::may_run_inside(Client& client, const command::Command& command, std::span<const std::string_view> words,
                            resp::Writer& reply) {
  session::Session& session = client.session();
  // Who has deleted itself keeps its rights to the end of its transaction.
  if (context_.users.version() != session.user_version) take_over_user(session);
  const Verdict verdict = check_rights(session, command, words, session.database);
  if (verdict.allows()) return true;
  const size_t reply_start = out_.size();
  reply.error(refusal_in_exec(verdict));
  stats_.total_error_replies.add();
  context_.count_error(out_.view().substr(reply_start));
  note_denied(client, command, words, verdict);
  return false;
}

// The client, which may be another thread's, learns of it when the reply arrives. One that was deleted is being closed;
// what it waited for is not for it.
bool Worker::may_run_again(BlockedCall& blocked, std::span<const std::string_view> words, resp::Writer& reply) {
  session::Session& session = blocked.session;
  const bool is_current = context_.users.version() == session.user_version || take_over_user(session);
  blocked.verdict =
      is_current ? check_rights(session, *blocked.command, words, session.database) : Verdict{Denied::kCommand, 0};
  if (blocked.verdict.allows()) return true;
  reply.error(refusal(blocked.verdict, session, command_name(*blocked.command, context_.users)));
  return false;
}

bool Worker::may_run_from_script(const Client& client, const command::Command& command,
                                 std::span<const std::string_view> words, resp::Writer& reply) {
  constexpr std::string_view kCode = "NOPERM ";
  const session::Session& session = client.session();
  const Verdict verdict = check_rights(session, command, words, session.database);
  if (verdict.allows()) return true;
  const std::string text = refusal(verdict, session, command_name(command, context_.users));
  reply.error("ERR ACL failure in script: " + text.substr(kCode.size()));
  count_script_error("-NOPERM");
  note_denied(client, command, words, verdict, acl::Context::kLua);
  return false;
}

void Worker::keep_known(Client& client, std::vector<std::string>& keys) {
  session::Session& session = client.session();
  const bool is_current = context_.users.version() == session.user_version || take_over_user(session);
  if (!is_current || !session.authenticated) return keys.clear();
  if (session.user->may_all) return;
  std::erase_if(keys, [&user = user_of(session)](const std::string& key) { return !user.knows_key(key); });
}

void Worker::note_denied(const Client& client, const command::Command& command, std::span<const std::string_view> words,
                         const Verdict& verdict, acl::Context context) {
  using acl::Reason;
  metrics::Counter* counter = &stats_.acl_access_denied_cmd;
  acl::Log::Entry entry;
  entry.context = context;
  switch (verdict.denied) {
    case Denied::kNothing:
    case Denied::kCommand: break;
    case Denied::kDatabase:
      counter = &stats_.acl_access_denied_db;
      entry.reason = Reason::kDatabase;
      break;
    case Denied::kKey:
      counter = &stats_.acl_access_denied_key;
      entry.reason = Reason::kKey;
      break;
    case Denied::kChannel:
      counter = &stats_.acl_access_denied_channel;
      entry.reason = Reason::kChannel;
      break;
  }
  counter->add();
  entry.object = verdict.word != 0 ? words[verdict.word] : command_name(command, context_.users);
  entry.user = client.session().user->name;
  context_.log_denied(client, std::move(entry));
}

bool Worker::may_read_every_key(const command::Call& call) {
  const session::Session& session = call.session();
  if (session.user->may_all) return true;
  const command::Command* command = context_.users.commands().find(call.spec().name);
  return user_of(session).may_read_every_key(context_.users.commands(),
                                             {.command = *command,
                                              .words = call.words(),
                                              .database = session.database,
                                              .database_count = context_.keyspace.database_count()});
}

}  // namespace dispatch
