// Connection commands: who a client is and how it speaks.
#include "base/version.h"
#include "command/call.h"
#include "commands/database_index.h"
#include "server/client_text.h"
#include "server/command_table.h"
#include "server/modules.h"
#include "server/server.h"
#include "server/users.h"

namespace server {
namespace {

using command::Call;
using command::Error;
using command::Spec;
using keyspace::LockClass;

constexpr Error kNoPassword{
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration "
    "is correct?"};
constexpr Error kHelloWithoutAuthentication{
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> "
    "option can be used to authenticate the client and select the RESP protocol version at the same time"};
constexpr Error kNoProtocolNumber{"ERR Protocol version is not an integer or out of range"};
constexpr Error kUnsupportedProtocol{"NOPROTO unsupported protocol version"};

void ping(Call& call) {
  if (call.count() > 2) return call.fail(command::wrong_arity("ping"));
  if (call.session().only_listens()) {
    call.reply().array(2);
    call.reply().bulk("pong");
    return call.reply().bulk(call.count() == 2 ? call.word(1) : "");
  }
  if (call.count() == 2) return call.reply().bulk(call.word(1));
  call.reply().simple("PONG");
}

void echo(Call& call) { call.reply().bulk(call.word(1)); }

void auth(Call& call) {
  if (call.count() > 3) return call.fail(command::kSyntaxError);
  if (call.count() == 2 && worker_of(call).users().default_user()->no_password) return call.fail(kNoPassword);
  const std::string_view user = call.count() == 2 ? "default" : call.word(1);
  if (!log_in(call, user, call.word(call.count() - 1))) return call.fail(command::kWrongPassword);
  call.reply().ok();
}

void select_database(Call& call) {
  const auto index = commands::database_index(call, call.word(1));
  if (!index) return call.fail(index.error());
  call.session().database = *index;
  call.reply().ok();
}

void quit(Call& call) {
  client_of(call).close_after_replies();
  call.reply().ok();
}

void reset(Call& call) {
  if (call.session().monitor) server_of(call).monitoring.remove(worker_of(call), client_of(call).handle());
  call.host().end_transaction(call.session());
  server_of(call).pubsub.forget(worker_of(call), client_of(call).handle());
  call.session().subscriptions = {};
  server_of(call).tracking.disable(worker_of(call), client_of(call));
  worker_of(call).begin_session(call.session());
  call.session().reset();
  call.reply().set_version(call.session().protocol);
  call.reply().simple("RESET");
}

struct Hello {
  int protocol = 0;  // 0: stays as it is
  bool authenticates = false;
  bool names = false;
  std::string_view user, password, name;
};

// False after an error, which is told to the client.
bool read_hello(Call& call, Hello& hello) {
  command::Args args = call.args();
  if (args.more()) {
    const int64_t protocol = args.integer(kNoProtocolNumber);
    if (!args.failed() && protocol != 2 && protocol != 3) args.fail(kUnsupportedProtocol);
    hello.protocol = static_cast<int>(protocol);
  }
  while (args.more()) {
    if (args.left() >= 3 && args.accept("AUTH")) {
      hello.user = args.text();
      hello.password = args.text();
      hello.authenticates = true;
    } else if (args.left() >= 2 && args.accept("SETNAME")) {
      hello.name = args.text();
      hello.names = true;
      if (!is_plain_word(hello.name)) args.fail(kBadClientName);
    } else {
      call.fail("ERR Syntax error in HELLO option '" + std::string(command::repeated(args.peek())) + "'");
      return false;
    }
  }
  if (args.failed()) call.fail(args.error());
  return !args.failed();
}

void tell_hello(Call& call) {
  const config::Settings& settings = call.settings();
  resp::Writer& reply = call.reply();
  const bool as_redis = settings.extended_redis_compatibility;
  reply.map(settings.availability_zone.empty() ? 7 : 8);
  reply.bulk("server");
  reply.bulk(as_redis ? "redis" : "valkey");
  reply.bulk("version");
  reply.bulk(as_redis ? base::kRedisVersion : base::kValkeyVersion);
  reply.bulk("proto");
  reply.integer(call.session().protocol);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(call.session().id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  write_modules(reply);
  if (settings.availability_zone.empty()) return;
  reply.bulk("availability_zone");
  reply.bulk(settings.availability_zone);
}

void hello(Call& call) {
  Hello wanted;
  if (!read_hello(call, wanted)) return;
  if (wanted.authenticates && !log_in(call, wanted.user, wanted.password)) {
    return call.fail(command::kWrongPassword);
  }
  if (!call.session().authenticated && !worker_of(call).users().is_open()) {
    return call.fail(kHelloWithoutAuthentication);
  }
  if (wanted.names) call.session().name = wanted.name;
  if (wanted.protocol != 0) call.session().protocol = wanted.protocol;
  call.reply().set_version(call.session().protocol);
  tell_hello(call);
}

constexpr uint32_t kBeforeLogin =
    command::kNoScript | command::kLoading | command::kStale | command::kFast | command::kNoAuth | command::kAllowBusy;
constexpr Spec kConnection[] = {
    {.name = "auth",
     .arity = -2,
     .flags = kBeforeLogin,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = auth,
     .group = command::Group::kConnection,
     .since = "1.0.0",
     .summary = "Logs the connection in.",
     .complexity = "O(N) where N is the number of passwords defined for the user",
     .history = "6.0.0 Takes a user's name before the password.",
     .syntax = "username@6.0.0? password"},
    {.name = "echo",
     .arity = 2,
     .flags = command::kLoading | command::kStale | command::kFast,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = echo,
     .group = command::Group::kConnection,
     .since = "1.0.0",
     .summary = "Sends a text back.",
     .complexity = "O(1)",
     .syntax = "message"},
    {.name = "hello",
     .arity = -1,
     .flags = kBeforeLogin,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = hello,
     .group = command::Group::kConnection,
     .since = "6.0.0",
     .summary = "Agrees on the protocol, and logs in and names the connection on demand.",
     .complexity = "O(1)",
     .history = "8.1.0 Shows `availability_zone` if that is configured.\n"
                "6.2.0 Describes the connection if no version is given.",
     .syntax = "arguments[protover:i AUTH=auth[username password]? SETNAME=clientname?]?"},
    {.name = "ping",
     .arity = -1,
     .flags = command::kFast | command::kWhileListening,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = ping,
     .group = command::Group::kConnection,
     .tips = command::kRequestAllShards | command::kResponseAllSucceeded,
     .since = "1.0.0",
     .summary = "Shows that the server answers.",
     .complexity = "O(1)",
     .syntax = "message?"},
    {.name = "quit",
     .arity = -1,
     .flags = kBeforeLogin | command::kWhileListening,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = quit,
     .group = command::Group::kConnection,
     .since = "1.0.0",
     .summary = "Closes the connection after the replies.",
     .complexity = "O(1)"},
    {.name = "reset",
     .arity = 1,
     .flags = kBeforeLogin | command::kWhileListening,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = reset,
     .group = command::Group::kConnection,
     .since = "6.2.0",
     .summary = "Makes the connection as if it were new.",
     .complexity = "O(1)"},
    {.name = "select",
     .arity = 2,
     .flags = command::kLoading | command::kStale | command::kFast | command::kAllowBusy,
     .categories = command::kCategoryConnection,
     .locks = LockClass::kNone,
     .handler = select_database,
     .group = command::Group::kConnection,
     .since = "1.0.0",
     .summary = "Changes the connection's database.",
     .complexity = "O(1)",
     .syntax = "index:i",
     .database_words = [](auto, std::vector<uint32_t>& out) { out.push_back(1); }},
};
static_assert(command::well_formed(kConnection));

}  // namespace

std::span<const Spec> connection_commands() { return kConnection; }

}  // namespace server
