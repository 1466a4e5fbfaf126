#include "server/users.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>

#include "acl/password.h"
#include "base/check.h"
#include "base/log.h"
#include "config/load.h"

namespace server {
namespace {

using base::Failure;

bool gives_all_channels(const config::Settings& settings) {
  return settings.acl_pubsub_default == config::AclPubsubDefault::kAllchannels;
}

// A folder can be opened, and then has no bytes: the reference takes it for a file without users.
bool is_folder(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void warn_of_disabled(const acl::Users& users, const std::vector<config::Directive>& directives) {
  for (const config::Directive& directive : directives) {
    if (users.find(directive.words[1])->enabled) continue;
    base::log_notice(
        "The user '{}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a "
        "configuration error.",
        directive.words[1]);
  }
}

void apply_to_default_user(Server& server, const std::vector<std::string>& rules) {
  const std::lock_guard edit(server.users.edits());
  acl::Users users = *server.users.current();
  acl::User user = *users.default_user();
  const acl::Editor editor(server.users.commands(), false);
  for (const std::string& rule : rules) CHECK(editor.apply(user, rule));
  users.put(std::move(user));
  publish_users(server, std::move(users));
}

}  // namespace

acl::Editor editor_of(Server& server, const config::Settings& settings) {
  return {server.users.commands(), gives_all_channels(settings)};
}

config::Outcome check_user_directive(const acl::Commands& commands, const config::Directive& directive) {
  const auto rules = acl::check_directive(commands, directive.words);
  if (!rules) return rules.error();
  const auto user = acl::make_user(acl::Editor(commands, false), 0, directive.words);
  if (!user) return user.error();
  return base::Done{};
}

config::Outcome check_user_directives(const acl::Commands& commands, const config::Settings& settings) {
  for (const config::Directive& directive : settings.users) {
    const auto rules = acl::check_directive(commands, directive.words);
    if (!rules) return config::fatal_at(directive.line, directive.text, rules.error().text());
  }
  return base::Done{};
}

base::Result<std::shared_ptr<const acl::Users>, Failure> load_acl_file(Server& server,
                                                                       const config::Settings& settings) {
  const std::string& path = settings.aclfile;
  errno = is_folder(path) ? EISDIR : 0;
  std::ifstream file;
  if (errno == 0) file.open(path, std::ios::binary);
  if (!file.is_open()) return Failure("Error loading ACLs, opening file '" + path + "': " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::lock_guard edit(server.users.edits());
  const auto before = server.users.current();
  auto users = acl::read_file(
      {.registry = server.users, .before = *before, .new_channels = gives_all_channels(settings)}, text, path);
  if (!users) return users.error();
  publish_users(server, std::move(*users));
  return server.users.current();
}

base::Result<std::vector<std::string>, Failure> read_password_file(const std::string& path) {
  constexpr std::streamsize kMostBytes = 64 * 1024;
  errno = is_folder(path) ? EISDIR : 0;
  std::ifstream file;
  if (errno == 0) file.open(path, std::ios::binary);
  if (!file.is_open()) return Failure("requirepass-file '" + path + "' could not be opened: " + std::strerror(errno));
  std::string text(kMostBytes, '\0');
  file.read(text.data(), kMostBytes);
  if (file.gcount() == kMostBytes) return Failure("requirepass-file '" + path + "' is larger than 64 KB");
  text.resize(static_cast<size_t>(file.gcount()));
  std::vector<std::string> hashes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) hashes.push_back(acl::password_hash(line));
  }
  if (hashes.empty()) return Failure("requirepass-file '" + path + "' holds no password");
  return hashes;
}

config::Outcome load_users(Server& server, const config::Settings& settings) {
  if (!settings.requirepass.empty()) set_default_password(server, settings.requirepass);
  if (!settings.requirepass_file.empty() && (!settings.requirepass.empty() || !settings.aclfile.empty())) {
    return Failure("requirepass-file holds the default user's passwords: give neither requirepass nor aclfile with it");
  }
  if (!settings.users.empty() && !settings.aclfile.empty()) {
    return Failure(
        "Configuring Sigrun with users defined in its configuration file and at the same setting an ACL file path is "
        "invalid. This setup is very likely to lead to configuration errors and security holes, please define either "
        "an ACL file or declare users directly in the configuration file, but not both.");
  }
  if (!settings.aclfile.empty()) {
    const auto users = load_acl_file(server, settings);
    if (!users) return Failure("Aborting startup because of ACL errors: " + std::string(users.error().text()));
  } else if (!settings.users.empty()) {
    const auto before = server.users.current();
    auto users = acl::read_directives(
        {.registry = server.users, .before = *before, .new_channels = gives_all_channels(settings)}, settings.users);
    if (!users) return Failure(std::string(users.error().text()) + "; critical error while loading ACLs. Exiting.");
    warn_of_disabled(*users, settings.users);
    publish_users(server, std::move(*users));
  }
  return base::Done{};
}

void publish_users(Server& server, acl::Users users) {
  server.users.publish(std::move(users));
  server.epoch.fetch_add(1);
}

void set_default_password(Server& server, std::string_view password) {
  apply_to_default_user(server, {"resetpass", password.empty() ? "nopass" : ">" + std::string(password)});
}

void set_default_passwords(Server& server, std::span<const std::string> hashes) {
  std::vector<std::string> rules{"resetpass"};
  for (const std::string& hash : hashes) rules.push_back("#" + hash);
  apply_to_default_user(server, rules);
}

bool listens_without_right(dispatch::Worker& worker, const dispatch::Client& client, const acl::User& user) {
  if (!client.session().subscriptions.any()) return false;
  PubSub& pubsub = static_cast<Server&>(worker.context()).pubsub;
  for (const pubsub::Kind kind : {pubsub::Kind::kChannel, pubsub::Kind::kPattern, pubsub::Kind::kShardChannel}) {
    for (const std::string& name : pubsub.names_of(worker, client, kind)) {
      if (!user.allows_channel(name, kind == pubsub::Kind::kPattern)) return true;
    }
  }
  return false;
}

// The default user's clients stay, whatever they listen to.
bool has_lost_its_user(dispatch::Worker& worker, const dispatch::Client& client, const acl::Users& users) {
  const acl::UserPointer user = users.find_again(*client.session().user);
  if (user == nullptr) return true;
  return user != users.default_user() && listens_without_right(worker, client, *user);
}

bool log_in(command::Call& call, std::string_view user, std::string_view password) {
  dispatch::Worker& worker = worker_of(call);
  const acl::UserPointer found = acl::authenticate(worker.users(), user, password);
  if (found == nullptr) {
    worker.stats().acl_access_denied_auth.add();
    acl::Log::Entry entry;
    entry.reason = acl::Reason::kAuth;
    entry.object = call.word(0);
    entry.user = user;
    server_of(call).log_denied(client_of(call), std::move(entry));
    return false;
  }
  call.session().user = found;
  call.session().user_version = worker.users_version();
  call.session().authenticated = true;
  return true;
}

}  // namespace server
