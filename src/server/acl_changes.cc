// ACL SETUSER, DELUSER, LOAD and SAVE.
#include "server/acl_changes.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/rewrite.h"
#include "server/disk_work.h"
#include "server/gather.h"
#include "server/users.h"

namespace server {
namespace {

using command::Call;

constexpr base::Error kNoFile{
    "ERR This instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command "
    "and then issue a CONFIG REWRITE (assuming you have a configuration file set) in order to store users in the "
    "configuration."};

using Goes = std::function<bool(dispatch::Worker&, const dispatch::Client&)>;

// Closes clients of a worker; the caller's own gets its reply.
std::function<uint8_t(dispatch::Worker&)> closing(uint64_t caller, Goes goes) {
  return [goes = std::move(goes), caller](dispatch::Worker& worker) -> uint8_t {
    worker.for_each_client([&](dispatch::Client& client) {
      if (client.closed() || !goes(worker, client)) return;
      if (client.session().id == caller) return client.close_after_replies();
      client.close();
    });
    return 0;
  };
}

// Closes clients on every worker, then replies.
void close_clients(Call& call, Goes goes, std::function<void(resp::Writer&)> tell) {
  gather<uint8_t>(call, closing(call.session().id, std::move(goes)),
                  [tell = std::move(tell)](resp::Writer& reply, std::vector<uint8_t>&) { tell(reply); });
}

}  // namespace

void acl_set_user(Call& call) {
  Server& server = server_of(call);
  const std::string_view name = call.word(2);
  if (acl::has_blanks(name)) return call.fail("ERR Usernames can't contain spaces or null characters");
  const auto rules = acl::join_selectors(call.words().subspan(3));
  if (!rules) {
    return call.fail("ERR Unmatched parenthesis in acl selector starting at '" +
                     std::string(command::repeated(rules.error().text())) + "'.");
  }
  const std::lock_guard edit(server.users.edits());
  acl::Users users = *server.users.current();
  const acl::UserPointer before = users.find(name);
  const acl::Editor editor = editor_of(server, call.settings());
  acl::User user = before != nullptr ? *before : editor.make(name, server.users.next_id());
  for (const std::string& rule : *rules) {
    const auto applied = editor.apply(user, rule);
    if (applied) continue;
    return call.fail("ERR Error in ACL SETUSER modifier '" + std::string(command::repeated(rule)) +
                     "': " + std::string(applied.error().text()));
  }
  const bool loses_channels = before != nullptr && !before->has_no_channel_beyond(user);
  users.put(std::move(user));
  const acl::UserPointer after = users.find(name);
  publish_users(server, std::move(users));
  if (!loses_channels) return call.reply().ok();
  close_clients(
      call,
      [after](dispatch::Worker& worker, const dispatch::Client& client) {
        return client.session().user->id == after->id && listens_without_right(worker, client, *after);
      },
      [](resp::Writer& reply) { reply.ok(); });
}

void acl_delete_users(Call& call) {
  Server& server = server_of(call);
  const auto wanted = call.words().subspan(2);
  if (std::find(wanted.begin(), wanted.end(), "default") != wanted.end()) {
    return call.fail("ERR The 'default' user cannot be removed");
  }
  const std::lock_guard edit(server.users.edits());
  acl::Users users = *server.users.current();
  std::set<uint64_t> gone;
  for (const std::string_view name : wanted) {
    const acl::UserPointer user = users.find(name);
    if (user == nullptr) continue;
    gone.insert(user->id);
    users.remove(name);
  }
  if (gone.empty()) return call.reply().integer(0);
  publish_users(server, std::move(users));
  const auto count = static_cast<int64_t>(gone.size());
  close_clients(
      call,
      [gone = std::move(gone)](dispatch::Worker&, const dispatch::Client& client) {
        return gone.contains(client.session().user->id);
      },
      [count](resp::Writer& reply) { reply.integer(count); });
}

void acl_load(Call& call) {
  if (call.settings().aclfile.empty()) return call.fail(kNoFile);
  Server& server = server_of(call);
  dispatch::Worker& own = worker_of(call);
  call.defer();
  server.disk().post([&server, &own, whose = own.deferral(), caller = call.session().id] {
    const auto loaded = load_acl_file(server, *server.settings.current());
    own.loop().mailbox().post([&own, whose, loaded, caller] {
      if (!loaded) {
        return own.finish(whose,
                          [&loaded](resp::Writer& reply) { reply.error("ERR " + std::string(loaded.error().text())); });
      }
      gather_deferred<uint8_t>(own, whose,
                               closing(caller,
                                       [users = *loaded](dispatch::Worker& worker, const dispatch::Client& client) {
                                         return has_lost_its_user(worker, client, *users);
                                       }),
                               [](resp::Writer& reply, std::vector<uint8_t>&) { reply.ok(); });
    });
  });
}

void acl_save(Call& call) {
  const std::string& path = call.settings().aclfile;
  if (path.empty()) return call.fail(kNoFile);
  reply_after_disk_work(call, [&server = server_of(call), path]() -> config::Outcome {
    const config::Outcome written = config::write_file_atomically(path, acl::file_text(*server.users.current()));
    if (written) return base::Done{};
    base::log_warning("ACL SAVE could not write '{}': {}", path, written.error().text());
    return base::Failure(
        "ERR There was an error trying to save the ACLs. Please check the server logs for more information");
  });
}

}  // namespace server
