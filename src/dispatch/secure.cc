// TLS connections: the handshake, what to wait for, and whom a certificate logs in. What is read and written then
// takes the same way as on a plain connection (client.cc).
#include <algorithm>

#include "base/log.h"
#include "dispatch/worker.h"

namespace dispatch {
namespace {

std::string_view shown(const config::Settings& settings, std::string_view user) {
  return settings.hide_user_data_from_log ? "*redacted*" : user;
}

}  // namespace

bool Client::prepare_tls(uint32_t& ready) {
  if (!tls_->open()) {
    if (!shake_hands()) return false;
    // The first command may have come with the end of the handshake; and a message may have been sent to the client.
    ready |= runtime::kReadable | runtime::kWritable;
    return true;
  }
  if (tls_->wants_write() && (ready & runtime::kWritable) != 0) ready |= runtime::kReadable;
  return true;
}

bool Client::shake_hands() {
  switch (tls_->shake_hands()) {
    case tls::Stream::Progress::kDone: break;
    case tls::Stream::Progress::kWaits: update_interest(); return false;
    case tls::Stream::Progress::kFailed:
      base::log_warning("Error accepting a client connection: {} (addr={} laddr={})", tls_->error(), session_.peer,
                        session_.local);
      close();
      return false;
  }
  session_.last_active = worker_.loop().clock().mono();
  if (worker_.settings().tls_auth_clients_user != config::TlsAuthClientsUser::kOff) {
    worker_.log_in_by_certificate(*this);
  }
  update_interest();
  return true;
}

// Until the handshake is done only that is waited for; and who has to write before it can read on waits for that.
uint32_t Client::tls_interest(uint32_t wanted) const {
  if (!tls_->open()) return tls_->wants_write() ? runtime::kWritable : runtime::kReadable;
  if (tls_->wants_write() && (wanted & runtime::kReadable) != 0) return runtime::kWritable;
  return wanted;
}

void Client::read_rest_later() {
  if (rest_due_ || closed() || !tls_->holds_input() || !may_read()) return;
  rest_due_ = true;
  worker_.loop().at_end_of_turn([&worker = worker_, handle = handle_] {
    Client* client = worker.find(handle);
    if (client == nullptr) return;
    client->rest_due_ = false;
    client->on_ready(runtime::kReadable);
  });
}

void Worker::log_in_by_certificate(Client& client) {
  const config::Settings& settings = this->settings();
  const tls::Stream& tls = *client.tls();
  if (!tls.has_client_certificate()) return;
  const bool by_name = settings.tls_auth_clients_user == config::TlsAuthClientsUser::kCn;
  const std::vector<std::string> names = by_name ? tls.client_common_name() : tls.client_uris();
  if (names.empty()) return;
  for (const std::string& name : names) {
    // A name with a NUL is no user's, whatever ACL SETUSER let somebody make.
    if (name.find('\0') != std::string::npos) continue;
    acl::UserPointer user = users().find(name);
    if (user == nullptr || !user->enabled) continue;
    base::log_verbose("TLS: Auto-authenticated client as {}", shown(settings, name));
    client.session().user = std::move(user);
    client.session().user_version = users_version();
    client.session().authenticated = true;
    return;
  }
  if (by_name) {
    base::log_verbose("TLS: No matching user found for certificate CN {}", shown(settings, names.back()));
  } else {
    base::log_verbose("TLS: No matching user found in certificate SAN URI fields");
  }
  stats_.acl_access_denied_tls_cert.add();
  acl::Log::Entry entry;
  entry.reason = acl::Reason::kTlsCertificate;
  entry.user = names.back();
  context_.log_denied(client, std::move(entry));
}

}  // namespace dispatch
