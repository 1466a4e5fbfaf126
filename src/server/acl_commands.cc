// ACL: what shows users, rules and what was denied, and the rows of all subcommands.
//
// Threads  the users in force are a snapshot.
#include <algorithm>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "base/random.h"
#include "command/describe.h"
#include "server/acl_changes.h"
#include "server/command_table.h"
#include "server/help.h"
#include "server/server.h"

namespace server {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;

void list(Call& call) {
  const std::vector<std::string> lines = server_of(call).users.current()->lines();
  call.reply().array(lines.size());
  for (const std::string& line : lines) call.reply().bulk(line);
}

void names(Call& call) {
  const auto users = server_of(call).users.current();
  call.reply().array(users->by_name().size());
  for (const auto& [name, user] : users->by_name()) call.reply().bulk(name);
}

void who_am_i(Call& call) { call.reply().bulk(call.session().user->name); }

// The fields that a root selector and the others have in common.
void write_selector(resp::Writer& reply, const acl::Selector& selector) {
  reply.bulk("commands");
  reply.bulk(selector.commands_text());
  reply.bulk("keys");
  reply.bulk(selector.keys_text());
  reply.bulk("channels");
  reply.bulk(selector.channels_text());
  reply.bulk("databases");
  reply.bulk(selector.databases_text());
}

void get_user(Call& call) {
  const acl::UserPointer user = server_of(call).users.current()->find(call.word(2));
  resp::Writer& reply = call.reply();
  if (user == nullptr) return reply.null();
  reply.map(7);
  reply.bulk("flags");
  reply.set(user->no_password ? 2 : 1);
  reply.bulk(user->enabled ? "on" : "off");
  if (user->no_password) reply.bulk("nopass");
  reply.bulk("passwords");
  reply.array(user->password_hashes.size());
  for (const std::string& hash : user->password_hashes) reply.bulk(hash);
  write_selector(reply, user->selectors[0]);
  reply.bulk("selectors");
  reply.array(user->selectors.size() - 1);
  for (size_t at = 1; at < user->selectors.size(); ++at) {
    reply.map(4);
    write_selector(reply, user->selectors[at]);
  }
}

void tell_categories(Call& call) {
  const auto categories = command::all_categories();
  if (call.count() > 3) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  if (call.count() == 2) {
    call.reply().array(categories.size());
    for (const std::string_view name : categories) call.reply().bulk(name);
    return;
  }
  const uint32_t category = acl::Commands::category(call.word(2));
  if (category == 0) {
    return call.fail("ERR Unknown category '" + std::string(command::repeated(call.word(2).substr(0, 128))) + "'");
  }
  const acl::Commands& commands = server_of(call).users.commands();
  const auto open = call.reply().open_array();
  size_t count = 0;
  for (const command::Command* command : commands.all()) {
    if (!commands.is_in(*command, category)) continue;
    call.reply().bulk(command->spec->name);
    ++count;
  }
  call.reply().close(open, count);
}

void make_password(Call& call) {
  constexpr int64_t kPresetBits = 256, kMostBits = 4096, kBitsOfDigit = 4;
  if (call.count() > 3) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  int64_t bits = kPresetBits;
  if (call.count() == 3) {
    const auto wanted = base::parse_int64(call.word(2));
    if (!wanted) return call.fail(command::kNotAnInteger);
    if (*wanted <= 0 || *wanted > kMostBits) {
      return call.fail(
          "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096");
    }
    bits = *wanted;
  }
  std::string password(static_cast<size_t>((bits + kBitsOfDigit - 1) / kBitsOfDigit), '\0');
  base::fill_with_entropy(password.data(), password.size());
  for (char& digit : password) digit = "0123456789abcdef"[static_cast<uint8_t>(digit) % 16];
  call.reply().bulk(password);
}

// What is tried: the words behind the user's name. Null after an error.
const command::Command* read_tried(Call& call) {
  const auto words = call.words().subspan(3);
  const command::Command* found = server_of(call).commands.find(words[0]);
  if (found != nullptr) found = command::Table::called(*found, words);
  if (found == nullptr) {
    call.fail("ERR Command '" + std::string(command::repeated(words[0])) + "' not found");
  } else if (!found->spec->takes(words.size()) || found->spec->is_container()) {
    call.fail(command::wrong_arity(found->spec->name));
    found = nullptr;
  }
  return found;
}

void dry_run(Call& call) {
  Server& server = server_of(call);
  const std::string name(command::repeated(call.word(2)));
  const acl::UserPointer user = server.users.current()->find(call.word(2));
  if (user == nullptr) return call.fail("ERR User '" + name + "' not found");
  const command::Command* tried = read_tried(call);
  if (tried == nullptr) return;
  const auto words = call.words().subspan(3);
  const acl::Commands& commands = server.users.commands();
  const acl::Verdict verdict = user->check(commands, {.command = *tried,
                                                      .words = words,
                                                      .database = call.session().database,
                                                      .database_count = server.keyspace.database_count()});
  const std::string word(words[verdict.word]);
  const std::string whose = "User " + name + " has no permissions to ";
  switch (verdict.denied) {
    case acl::Denied::kNothing: return call.reply().ok();
    case acl::Denied::kCommand:
      return call.reply().bulk(whose + "run the '" + std::string(commands.ruled(*tried).spec->name) + "' command");
    case acl::Denied::kDatabase: return call.reply().bulk(whose + "access database " + word);
    case acl::Denied::kKey: return call.reply().bulk(whose + "access the '" + word + "' key");
    case acl::Denied::kChannel: return call.reply().bulk(whose + "access the '" + word + "' channel");
  }
}

void write_entry(resp::Writer& reply, const acl::Log::Entry& entry, int64_t now_ms) {
  reply.map(10);
  reply.bulk("count");
  reply.integer(static_cast<int64_t>(entry.count));
  reply.bulk("reason");
  reply.bulk(acl::name_of(entry.reason));
  reply.bulk("context");
  reply.bulk(acl::name_of(entry.context));
  reply.bulk("object");
  reply.bulk(entry.object);
  reply.bulk("username");
  reply.bulk(entry.user);
  reply.bulk("age-seconds");
  reply.real(static_cast<double>(now_ms - entry.updated_ms) / 1000);
  reply.bulk("client-info");
  reply.bulk(entry.client);
  reply.bulk("entry-id");
  reply.integer(static_cast<int64_t>(entry.id));
  reply.bulk("timestamp-created");
  reply.integer(entry.created_ms);
  reply.bulk("timestamp-last-updated");
  reply.integer(entry.updated_ms);
}

void tell_log(Call& call) {
  constexpr int64_t kPresetCount = 10;
  if (call.count() > 3) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  acl::Log& log = server_of(call).acl_log;
  int64_t count = kPresetCount;
  if (call.count() == 3) {
    if (command::same_word(call.word(2), "RESET")) {
      log.clear();
      return call.reply().ok();
    }
    const auto wanted = base::parse_int64(call.word(2));
    if (!wanted) return call.fail(command::kNotAnInteger);
    count = std::max<int64_t>(0, *wanted);
  }
  const auto entries = log.newest(static_cast<size_t>(count));
  call.reply().array(entries.size());
  for (const acl::Log::Entry& entry : entries) write_entry(call.reply(), entry, call.now_ms());
}

void help(Call& call) {
  constexpr std::string_view kLines[] = {
      "CAT [<category>]",
      "    The categories of commands, or the commands of one.",
      "DELUSER <username> [<username> ...]",
      "    Deletes users and closes their connections.",
      "DRYRUN <username> <command> [<arg> ...]",
      "    Whether the user may run this, which is not run.",
      "GENPASS [<bits>]",
      "    A random password of 256 bits, or of as many as are asked for.",
      "GETUSER <username>",
      "    What a user may do.",
      "LIST",
      "    All users as lines of an ACL file.",
      "LOAD",
      "    Takes the users from the ACL file.",
      "LOG [<count> | RESET]",
      "    What was denied lately; RESET forgets it.",
      "SAVE",
      "    Writes the users to the ACL file.",
      "SETUSER <username> <rule> [<rule> ...]",
      "    Makes or changes a user.",
      "USERS",
      "    The names of all users.",
      "WHOAMI",
      "    The name of this connection's user.",
  };
  write_help(call.reply(), "ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", kLines);
}

using enum command::Flags;
constexpr uint32_t kAsks = kLoading | kNoScript | kStale;
constexpr uint32_t kManages = kAsks | kAdmin;

constexpr Spec kAcl[] = {
    {.name = "acl",
     .arity = -2,
     .locks = LockClass::kNone,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Commands about users and their rights.",
     .complexity = "Depends on the subcommand."},
    {.name = "acl|cat",
     .arity = -2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = tell_categories,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Lists the categories of commands, or the commands of one.",
     .complexity = "O(1), since there is a fixed number of commands.",
     .syntax = "category?"},
    {.name = "acl|deluser",
     .arity = -3,
     .flags = kManages,
     .handler = acl_delete_users,
     .group = Group::kServer,
     .tips = command::kToAllNodes,
     .since = "6.0.0",
     .summary = "Deletes users and closes their connections.",
     .complexity = "O(N) for N connections.",
     .syntax = "username*"},
    {.name = "acl|dryrun",
     .arity = -4,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = dry_run,
     .group = Group::kServer,
     .since = "7.0.0",
     .summary = "Tells whether a user may run a command, without running it.",
     .complexity = "O(1)",
     .syntax = "username command arg?*"},
    {.name = "acl|genpass",
     .arity = -2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = make_password,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Makes a random password.",
     .complexity = "O(1)",
     .syntax = "bits:i?"},
    {.name = "acl|getuser",
     .arity = 3,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = get_user,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Shows the rules of a user.",
     .complexity = "O(N) for N rules.",
     .history = "6.2.0 Shows channels.\n"
                "7.0.0 Shows selectors, and keys and channels as rules.\n"
                "9.1.0 Shows databases.",
     .syntax = "username"},
    {.name = "acl|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .locks = LockClass::kNone,
     .handler = help,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    {.name = "acl|list",
     .arity = 2,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = list,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Shows all users as an ACL file has them.",
     .complexity = "O(N) for N users."},
    {.name = "acl|load",
     .arity = 2,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = acl_load,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Takes the users from the ACL file.",
     .complexity = "O(N) for N users."},
    {.name = "acl|log",
     .arity = -2,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = tell_log,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Shows what was denied lately.",
     .complexity = "O(N) for N entries.",
     .history = "7.2.0 Shows when an entry was made and changed, and its number.",
     .syntax = "operation(count:i|RESET)?"},
    {.name = "acl|save",
     .arity = 2,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = acl_save,
     .group = Group::kServer,
     .tips = command::kToAllNodes,
     .since = "6.0.0",
     .summary = "Writes the users to the ACL file.",
     .complexity = "O(N) for N users."},
    {.name = "acl|setuser",
     .arity = -3,
     .flags = kManages,
     .handler = acl_set_user,
     .group = Group::kServer,
     .tips = command::kToAllNodes,
     .since = "6.0.0",
     .summary = "Makes or changes a user.",
     .complexity = "O(N) for N rules.",
     .history = "6.2.0 Takes channels.\n"
                "7.0.0 Takes selectors, and keys for reading or writing alone.\n"
                "9.1.0 Takes databases.",
     .syntax = "username rule?*"},
    {.name = "acl|users",
     .arity = 2,
     .flags = kManages,
     .locks = LockClass::kNone,
     .handler = names,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Lists the names of all users.",
     .complexity = "O(N) for N users."},
    {.name = "acl|whoami",
     .arity = 2,
     .flags = kAsks,
     .locks = LockClass::kNone,
     .handler = who_am_i,
     .group = Group::kServer,
     .since = "6.0.0",
     .summary = "Tells the name of the connection's user.",
     .complexity = "O(1)"},
};
static_assert(command::well_formed(kAcl));

}  // namespace

std::span<const Spec> acl_commands() { return kAcl; }

}  // namespace server
