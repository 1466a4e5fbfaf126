// CLIENT: what a connection says of itself and asks for, and the rows of all its subcommands.
#include "server/client_commands.h"

#include <algorithm>
#include <array>

#include "server/client_text.h"
#include "server/command_table.h"
#include "server/gather.h"
#include "server/help.h"

namespace server {
namespace {

using command::Args;
using command::Call;
using command::same_word;
using command::Spec;
using keyspace::LockClass;
using Replies = session::Session::Replies;

void id(Call& call) { call.reply().integer(static_cast<int64_t>(call.session().id)); }

void get_name(Call& call) {
  if (call.session().name.empty()) return call.reply().null();
  call.reply().bulk(call.session().name);
}

void set_name(Call& call) {
  if (!is_plain_word(call.word(2))) return call.fail(kBadClientName);
  call.session().name = call.word(2);
  call.reply().ok();
}

void set_info(Call& call) {
  const std::string_view attribute = call.word(2);
  const bool is_name = same_word(attribute, "lib-name");
  if (!is_name && !same_word(attribute, "lib-ver")) {
    return call.fail("ERR Unrecognized option '" + std::string(command::repeated(attribute)) + "'");
  }
  if (!is_plain_word(call.word(3))) {
    return call.fail("ERR " + std::string(command::repeated(attribute)) +
                     " cannot contain spaces, newlines or special characters.");
  }
  (is_name ? call.session().library_name : call.session().library_version) = call.word(3);
  call.reply().ok();
}

// Words that nobody knows are no error: they may come from newer clients.
void capa(Call& call) {
  for (Args args = call.args(); args.more();) {
    if (!args.accept("redirect")) {
      args.skip();
      continue;
    }
    call.session().redirects = true;
  }
  call.reply().ok();
}

void reply(Call& call) {
  session::Session& session = call.session();
  const std::string_view word = call.word(2);
  if (same_word(word, "on")) {
    session.replies = Replies::kOn;
    return call.reply().ok();
  }
  if (same_word(word, "off")) {
    session.replies = Replies::kOff;
  } else if (!same_word(word, "skip")) {
    call.fail(command::kSyntaxError);
  } else if (session.replies != Replies::kOff) {
    session.replies = Replies::kSkipNext;
  }
}

// ON or OFF, as the last word.
void set_switch(Call& call, bool& at) {
  const bool on = same_word(call.word(2), "on");
  if (!on && !same_word(call.word(2), "off")) return call.fail(command::kSyntaxError);
  at = on;
  call.reply().ok();
}

void no_evict(Call& call) {
  set_switch(call, call.session().no_evict);
  worker_of(call).ask_to_evict();
}

void no_touch(Call& call) { set_switch(call, call.session().no_touch); }

void import_source(Call& call) {
  if (!call.settings().import_mode && !same_word(call.word(2), "off")) {
    return call.fail("ERR Server is not in import mode");
  }
  set_switch(call, call.session().import_source);
}

// Ends the wait of the client with this id, if it is the worker's and waits.
bool unblock_on(dispatch::Worker& worker, int64_t id, bool with_error) {
  dispatch::Client* waiting = nullptr;
  worker.for_each_client([&](dispatch::Client& client) {
    if (static_cast<int64_t>(client.session().id) == id) waiting = &client;
  });
  return waiting != nullptr && worker.unblock(*waiting, with_error);
}

void unblock(Call& call) {
  if (call.count() == 4 && !same_word(call.word(3), "timeout") && !same_word(call.word(3), "error")) {
    return call.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  Args args = call.args();
  const int64_t id = args.integer();
  if (args.failed()) return call.fail(args.error());
  const bool with_error = call.count() == 4 && same_word(call.word(3), "error");
  gather<uint8_t>(
      call, [id, with_error](dispatch::Worker& worker) -> uint8_t { return unblock_on(worker, id, with_error); },
      [](resp::Writer& reply, std::vector<uint8_t>& found) {
        reply.integer(std::count(found.begin(), found.end(), uint8_t{1}));
      });
}

constexpr std::array<std::string_view, 78> kHelp{
    "CACHING (YES|NO)",
    "    Say whether the keys of the next command are tracked, with OPTIN or OPTOUT.",
    "CAPA <capability> [<capability> ...]",
    "    Tell what this client can do. Known capabilities are:",
    "    * REDIRECT",
    "      It follows a redirection when primary and replica change places.",
    "GETREDIR",
    "    Show the id of the client that gets our invalidations, if tracking is on.",
    "GETNAME",
    "    Show the name of this connection.",
    "ID",
    "    Show the id of this connection.",
    "INFO",
    "    Describe this connection.",
    "KILL <ip:port>",
    "    Close the connection that comes from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Close the connections for which all options hold. Each but MAXAGE, IDLE and",
    "    SKIPME may be negated by NOT- before it. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      They come from this address.",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      They came to this local address.",
    "    * TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB)",
    "      They are of this type.",
    "    * USER <username>",
    "      They logged in as <username>.",
    "    * SKIPME (YES|NO)",
    "      Whether to spare the connection that asks (default: yes).",
    "    * ID <client-id> [<client-id>...]",
    "      They have one of these ids.",
    "    * MAXAGE <seconds>",
    "      They are at least so old.",
    "    * FLAGS <flags>",
    "      They have all these flags.",
    "    * NAME <client-name>",
    "      They have this name.",
    "    * IDLE <seconds>",
    "      They have been idle for at least so long.",
    "    * LIB-NAME <library-name>",
    "      They use this library.",
    "    * LIB-VER <library-version>",
    "      They use this version of their library.",
    "    * DB <db-id>",
    "      They selected this database.",
    "    * CAPA <capa>",
    "      They have all these capabilities.",
    "    * IP <ip>",
    "      They come from this ip.",
    "LIST [<option> <value> [...]]",
    "    Describe connections, one a line. Options are those of KILL (SKIPME is no by",
    "    default).",
    "UNPAUSE",
    "    End the pause: clients go on.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Let all clients, or only those that write, wait for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Say whether this connection wants replies.",
    "SETNAME <name>",
    "    Name this connection.",
    "SETINFO <option> <value>",
    "    Say something of the client. Options are:",
    "    * LIB-NAME: the name of its library.",
    "    * LIB-VER: the version of its library.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Wake a client that is blocked.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN]",
    "         [OPTOUT] [NOLOOP]",
    "    Say whether the server tells of changes of keys that this client caches.",
    "TRACKINGINFO",
    "    Show the state of tracking on this connection.",
    "NO-EVICT (ON|OFF)",
    "    Keep this connection when clients take too much memory.",
    "NO-TOUCH (ON|OFF)",
    "    Keep this connection's commands from counting as uses of their keys.",
    "IMPORT-SOURCE (ON|OFF)",
    "    Make this connection one that imports data, while import-mode is on: it sees",
    "    keys that have expired.",
};

void help(Call& call) {
  write_help(call.reply(), "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kHelp);
}

constexpr uint32_t kAnyTime = command::kNoScript | command::kLoading | command::kStale;
constexpr uint32_t kEvenBusy = kAnyTime | command::kAllowBusy;
constexpr uint32_t kOperator = kAnyTime | command::kAdmin;

// A row without key, which takes no lock.
constexpr Spec row(std::string_view name, int16_t arity, uint32_t flags, command::Handler handler,
                   std::string_view since, std::string_view summary, uint32_t tips = 0,
                   std::string_view complexity = "O(1)") {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .categories = command::kCategoryConnection,
          .locks = LockClass::kNone,
          .handler = handler,
          .group = command::Group::kConnection,
          .tips = tips,
          .since = since,
          .summary = summary,
          .complexity = complexity};
}

constexpr Spec with_history(Spec spec, std::string_view history) {
  spec.history = history;
  return spec;
}
constexpr Spec with_syntax(Spec spec, std::string_view syntax) {
  spec.syntax = syntax;
  return spec;
}

constexpr Spec all_locks(Spec spec) {
  spec.locks = LockClass::kAll;
  return spec;
}

constexpr std::string_view kByClients = "O(N) where N is the number of client connections";

constexpr Spec kClient[] = {
    {.name = "client",
     .arity = -2,
     .group = command::Group::kConnection,
     .since = "2.4.0",
     .summary = "Commands about connections.",
     .complexity = "Depends on subcommand."},
    with_syntax(row("client|caching", 3, kEvenBusy, client_caching, "6.0.0",
                    "Says whether the keys of the next command are tracked."),
                "mode(YES|NO)"),
    with_syntax(row("client|capa", -3, kEvenBusy, capa, "8.0.0", "Tells what the client can do."), "capability*"),
    row("client|getname", 2, kEvenBusy, get_name, "2.6.9", "Shows the connection's name."),
    row("client|getredir", 2, kEvenBusy, client_getredir, "6.0.0", "Shows who gets the connection's invalidations."),
    row("client|help", 2, command::kLoading | command::kStale, help, "5.0.0", "Explains CLIENT."),
    row("client|id", 2, kEvenBusy, id, "5.0.0", "Shows the connection's id."),
    with_syntax(
        row("client|import-source", 3, kAnyTime, import_source, "8.1.0", "Makes the connection one that imports data."),
        "enabled(ON|OFF)"),
    row("client|info", 2, kAnyTime, client_info, "6.2.0", "Describes the connection.",
        command::kNondeterministicOutput),
    with_syntax(
        with_history(row("client|kill", -3, kOperator, client_kill, "2.4.0", "Closes connections.", 0, kByClients),
                     "2.8.12 Takes filters by their names.\n"
                     "2.8.12 Knows `ID`.\n"
                     "3.2.0 Knows the type `master`.\n"
                     "5.0.0 Knows the type `replica`, for which `slave` still stands.\n"
                     "6.2.0 Knows `LADDR`.\n"
                     "8.0.0 Knows `MAXAGE`.\n"
                     "8.0.0 Knows the type `primary`, for which `master` still stands.\n"
                     "8.1.0 Takes several behind `ID`.\n"
                     "9.0.0 Knows filters by name, idle time, flags, library, database, capabilities and IP, and all "
                     "with `NOT-`."),
        "filter(old-format/'ip:port'!2.8.12|new-format(ID=client-id:i@2.8.12?*|TYPE=client-type(NORMAL|"
        "MASTER@3.2.0|PRIMARY@8.0.0|SLAVE|REPLICA@5.0.0|PUBSUB)@2.8.12?|USER=username?|ADDR=addr/'ip:port'?|"
        "LADDR=laddr/'ip:port'@6.2.0?|SKIPME=skipme(YES|NO)?|MAXAGE=maxage:i@8.0.0?|NAME=name@9.0.0?|"
        "IDLE=idle:i@9.0.0?|FLAGS=flags@9.0.0?|LIB-NAME=lib-name@9.0.0?|LIB-VER=lib-ver@9.0.0?|DB=db:i@9.0.0?|"
        "CAPA=capa@9.0.0?|IP=ip@9.0.0?|NOT-TYPE=not-client-type(NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|"
        "PUBSUB)@9.0.0?|NOT-ID=not-client-id:i@9.0.0?*|NOT-USER=not-username@9.0.0?|"
        "NOT-ADDR=not-addr/'ip:port'@9.0.0?|NOT-LADDR=not-laddr/'ip:port'@9.0.0?|NOT-NAME=not-name@9.0.0?|"
        "NOT-FLAGS=not-flags@9.0.0?|NOT-LIB-NAME=not-lib-name@9.0.0?|NOT-LIB-VER=not-lib-ver@9.0.0?|"
        "NOT-DB=not-db:i@9.0.0?|NOT-CAPA=not-capa@9.0.0?|NOT-IP=not-ip@9.0.0?)*)"),
    with_syntax(with_history(row("client|list", -2, kOperator, client_list, "2.4.0",
                                 "Describes connections, one a line.", command::kNondeterministicOutput, kByClients),
                             "2.8.12 Shows `id`.\n"
                             "5.0.0 Knows `TYPE`.\n"
                             "6.0.0 Shows `user`.\n"
                             "6.2.0 Shows `argv-mem`, `tot-mem`, `laddr` and `redir`; knows `ID`.\n"
                             "7.0.0 Shows `resp`, `multi-mem`, `rbs` and `rbp`.\n"
                             "7.0.3 Shows `ssub`.\n"
                             "8.0.0 Knows the type `primary`, for which `master` still stands.\n"
                             "8.1.0 Knows `USER`, `ADDR`, `LADDR`, `SKIPME` and `MAXAGE`.\n"
                             "9.0.0 Knows filters by name, idle time, flags, library, database, capabilities and IP, "
                             "and all with `NOT-`."),
                "TYPE=client-type(NORMAL|MASTER|REPLICA|PUBSUB)@5.0.0? ID=client-id:i@6.2.0?* USER=username@8.1.0? "
                "ADDR=addr/'ip:port'@8.1.0? LADDR=laddr/'ip:port'@8.1.0? SKIPME=skipme(YES|NO)@8.1.0? "
                "MAXAGE=maxage:i@8.1.0? NAME=name@9.0.0? IDLE=idle:i@9.0.0? FLAGS=flags@9.0.0? "
                "LIB-NAME=lib-name@9.0.0? LIB-VER=lib-ver@9.0.0? DB=db:i@9.0.0? CAPA=capa@9.0.0? IP=ip@9.0.0? "
                "NOT-TYPE=not-client-type(NORMAL|MASTER|REPLICA|PUBSUB)@9.0.0? NOT-ID=not-client-id:i@9.0.0?* "
                "NOT-USER=not-username@9.0.0? NOT-ADDR=not-addr/'ip:port'@9.0.0? NOT-LADDR=not-laddr/'ip:port'@9.0.0? "
                "NOT-NAME=not-name@9.0.0? NOT-FLAGS=not-flags@9.0.0? NOT-LIB-NAME=not-lib-name@9.0.0? "
                "NOT-LIB-VER=not-lib-ver@9.0.0? NOT-DB=not-db:i@9.0.0? NOT-CAPA=not-capa@9.0.0? NOT-IP=not-ip@9.0.0?"),
    with_syntax(row("client|no-evict", 3, kOperator | command::kAllowBusy, no_evict, "7.0.0",
                    "Keeps the connection when clients take too much memory."),
                "enabled(ON|OFF)"),
    with_syntax(row("client|no-touch", 3, kEvenBusy, no_touch, "7.2.0",
                    "Keeps the connection's commands from counting as uses of their keys."),
                "enabled(ON|OFF)"),
    with_syntax(all_locks(with_history(
                    row("client|pause", -3, kOperator, client_pause, "3.0.0", "Lets commands wait for a time."),
                    "6.2.0 Knows `WRITE` and `ALL`.")),
                "timeout:i mode(WRITE|ALL)@6.2.0?"),
    with_syntax(row("client|reply", 3, kEvenBusy | command::kNoMulti, reply, "3.2.0",
                    "Says whether the connection wants replies."),
                "action(ON|OFF|SKIP)"),
    with_syntax(row("client|setinfo", 4, kEvenBusy, set_info, "7.2.0", "Tells the client's library or its version.",
                    command::kToAllNodes),
                "attr(LIB-NAME=libname|LIB-VER=libver)"),
    with_syntax(row("client|setname", 3, kEvenBusy, set_name, "2.6.9", "Names the connection.", command::kToAllNodes),
                "connection-name"),
    with_syntax(row("client|tracking", -3, kAnyTime, client_tracking, "6.0.0",
                    "Says whether the connection is told of changes of keys that it caches.", 0,
                    "O(1). Some options may introduce additional complexity."),
                "status(ON|OFF) REDIRECT=client-id:i? PREFIX=prefix?+ BCAST? OPTIN? OPTOUT? NOLOOP?"),
    row("client|trackinginfo", 2, kAnyTime, client_trackinginfo, "6.2.0",
        "Shows the state of tracking on the connection."),
    with_syntax(row("client|unblock", -3, kOperator, unblock, "5.0.0", "Wakes a client that is blocked.", 0,
                    "O(log N) where N is the number of client connections"),
                "client-id:i unblock-type(TIMEOUT|ERROR)?"),
    all_locks(row("client|unpause", 2, kOperator, client_unpause, "6.2.0", "Ends a pause.", 0,
                  "O(N) Where N is the number of paused clients")),
};
static_assert(command::well_formed(kClient));

}  // namespace

std::span<const Spec> client_commands() { return kClient; }

}  // namespace server
