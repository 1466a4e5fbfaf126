#include "server/user_files.h"

#include <algorithm>

#include "base/log.h"
#include "config/file_signature.h"
#include "server/server.h"
#include "server/users.h"

namespace server {

void UserFiles::Passwords::take(std::vector<std::string> hashes, int64_t now_s, int64_t grace_s) {
  if (grace_s > 0) {
    for (const std::string& hash : valid) leaving.emplace(hash, now_s + grace_s);
  }
  valid = std::move(hashes);
  for (const std::string& hash : valid) leaving.erase(hash);
}

bool UserFiles::Passwords::drop_late(int64_t now_s) {
  return std::erase_if(leaving, [now_s](const auto& one) { return one.second <= now_s; }) > 0;
}

std::vector<std::string> UserFiles::Passwords::all() const {
  std::vector<std::string> hashes = valid;
  for (const auto& [hash, until] : leaving) hashes.push_back(hash);
  return hashes;
}

config::Outcome UserFiles::start(Server& server, const config::Settings& settings) {
  users_signature_ = config::signature_of_file(settings.aclfile);
  if (settings.requirepass_file.empty()) return base::Done{};
  password_signature_ = config::signature_of_file(settings.requirepass_file);
  auto hashes = read_password_file(settings.requirepass_file);
  if (!hashes) return hashes.error();
  passwords_.valid = std::move(*hashes);
  set_default_passwords(server, passwords_.valid);
  return base::Done{};
}

void UserFiles::check(Server& server, const config::Settings& settings, int64_t now_s) {
  const bool users_due =
      settings.acl_auto_reload_interval > 0 && now_s - checked_s_ >= settings.acl_auto_reload_interval;
  if (settings.requirepass_file.empty() && (settings.aclfile.empty() || !users_due)) return;
  if (looks_.exchange(true)) return;
  if (users_due) checked_s_ = now_s;
  server.disk().post([this, &server, now_s, users_due] {
    const auto now = server.settings.current();
    if (!now->requirepass_file.empty()) look_at_passwords(server, *now, now_s);
    if (users_due && !now->aclfile.empty()) look_at_users(server, *now);
    looks_.store(false);
  });
}

void UserFiles::look_at_passwords(Server& server, const config::Settings& settings, int64_t now_s) {
  bool changed = passwords_.drop_late(now_s);
  std::string signature = config::signature_of_file(settings.requirepass_file);
  if (signature != password_signature_) {
    password_signature_ = std::move(signature);
    auto hashes = read_password_file(settings.requirepass_file);
    if (!hashes) {
      base::log_warning("{}; the passwords stay as they are", hashes.error().text());
    } else if (*hashes != passwords_.valid) {
      passwords_.take(std::move(*hashes), now_s, settings.requirepass_file_grace);
      changed = true;
      base::log_notice("requirepass-file has changed: {} valid, {} for {} s more", passwords_.valid.size(),
                       passwords_.leaving.size(), settings.requirepass_file_grace);
    }
  }
  if (changed) set_default_passwords(server, passwords_.all());
}

void UserFiles::look_at_users(Server& server, const config::Settings& settings) {
  std::string signature = config::signature_of_file(settings.aclfile);
  if (signature == users_signature_) return;
  users_signature_ = std::move(signature);
  const auto users = load_acl_file(server, settings);
  if (!users) return base::log_warning("{}; the users stay as they are", users.error().text());
  base::log_notice("The ACL file has changed and was loaded: {} users", (*users)->by_name().size());
  for (uint32_t at = 0; at < server.worker_count.load(std::memory_order_acquire); ++at) {
    dispatch::Worker& worker = *server.workers[at];
    worker.loop().mailbox().post([&worker, users = *users] {
      worker.for_each_client([&](dispatch::Client& client) {
        if (!client.closed() && has_lost_its_user(worker, client, *users)) client.close();
      });
    });
  }
}

}  // namespace server
