#include "server/tls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"

namespace server {
namespace {

using config::Settings;

constexpr std::array<std::string_view, 18> kMaterials{"tls-ca-cert-dir",
                                                      "tls-ca-cert-file",
                                                      "tls-cert-file",
                                                      "tls-ciphers",
                                                      "tls-ciphersuites",
                                                      "tls-client-cert-file",
                                                      "tls-client-key-file",
                                                      "tls-client-key-file-pass",
                                                      "tls-cluster",
                                                      "tls-dh-params-file",
                                                      "tls-key-file",
                                                      "tls-key-file-pass",
                                                      "tls-prefer-server-ciphers",
                                                      "tls-protocols",
                                                      "tls-replication",
                                                      "tls-session-cache-size",
                                                      "tls-session-cache-timeout",
                                                      "tls-session-caching"};

tls::Options options_of(const Settings& settings) {
  tls::Options options;
  options.own = {settings.tls_cert_file, settings.tls_key_file, settings.tls_key_file_pass};
  options.as_client = {settings.tls_client_cert_file, settings.tls_client_key_file, settings.tls_client_key_file_pass};
  options.ca_file = settings.tls_ca_cert_file;
  options.ca_directory = settings.tls_ca_cert_dir;
  options.needs_ca =
      settings.tls_auth_clients != config::TlsAuthClients::kNo || settings.tls_replication || settings.tls_cluster;
  options.dh_parameters_file = settings.tls_dh_params_file;
  options.protocols = settings.tls_protocols;
  options.ciphers = settings.tls_ciphers;
  options.ciphersuites = settings.tls_ciphersuites;
  options.prefers_own_ciphers = settings.tls_prefer_server_ciphers;
  options.caches_sessions = settings.tls_session_caching;
  options.sessions_max = settings.tls_session_cache_size;
  options.session_s = settings.tls_session_cache_timeout;
  return options;
}

// Who may show a certificate is asked anew at each connection, so it makes no context another.
bool same(const tls::Options& one, tls::Options other) {
  other.needs_ca = one.needs_ca;
  return one == other;
}

}  // namespace

bool uses_tls(const Settings& settings) {
  return settings.tls_port != 0 || settings.tls_replication || settings.tls_cluster;
}

bool is_tls_material(std::string_view name) {
  return std::find(kMaterials.begin(), kMaterials.end(), name) != kMaterials.end();
}

Tls::Snapshot Tls::current() const {
  const std::lock_guard hold(mutex_);
  return current_;
}

void Tls::put(Snapshot next) {
  const std::lock_guard hold(mutex_);
  current_.swap(next);  // the old one may die after the lock
}

config::Outcome Tls::apply(const Settings& settings) {
  if (!uses_tls(settings)) return base::Done{};
  base::log_debug("Reconfiguring TLS");
  const tls::Options options = options_of(settings);
  const Built built = taken_ != nullptr && taken_->options == options ? *taken_->built : tls::Context::build(options);
  if (!built) {
    base::log_warning("{}", built.error().text());
    return base::Failure("Unable to update TLS configuration. Check server logs.");
  }
  put(*built);
  return base::Done{};
}

config::Outcome Tls::ensure(const Settings& settings) {
  const Snapshot now = current();
  if (now != nullptr && same(now->options(), options_of(settings))) return base::Done{};
  return apply(settings);
}

void Tls::prepare(dispatch::Worker& worker, uint64_t client_id, const Settings& settings, runtime::Background& disk) {
  const tls::Options options = options_of(settings);
  {
    const std::lock_guard hold(mutex_);
    prepared_[client_id] = {options, nullptr};
  }
  disk.post([this, &worker, client = worker.locks().owner().connection, client_id, options] {
    auto built = std::make_shared<const Built>(tls::Context::build(options));
    {
      const std::lock_guard hold(mutex_);
      const auto found = prepared_.find(client_id);
      if (found == prepared_.end()) return;  // the client has gone
      found->second = {options, std::move(built)};
    }
    worker.loop().mailbox().post([&worker, client] { worker.run_again(client); });
  });
}

bool Tls::take(uint64_t client_id, const Settings& settings) {
  const tls::Options options = options_of(settings);
  const std::lock_guard hold(mutex_);
  const auto found = prepared_.find(client_id);
  if (found == prepared_.end()) return false;
  auto prepared = std::make_unique<Prepared>(std::move(found->second));
  prepared_.erase(found);
  if (prepared->built == nullptr || prepared->options != options) return false;
  taken_ = std::move(prepared);
  return true;
}

void Tls::drop(uint64_t client_id) {
  const std::lock_guard hold(mutex_);
  prepared_.erase(client_id);
}

void Tls::check_files(const Settings& settings, int64_t now_s, runtime::Background& disk) {
  if (settings.tls_auto_reload_interval == 0 || now_s - checked_s_ < settings.tls_auto_reload_interval) return;
  checked_s_ = now_s;
  Snapshot now;
  {
    const std::lock_guard hold(mutex_);
    if (current_ == nullptr || reloading_) return;
    reloading_ = true;
    now = current_;
  }
  // Not with the present settings: a change of them that was refused, or that nobody uses TLS with, is none of its.
  disk.post([this, now] {
    reload(now, now->options());
    const std::lock_guard hold(mutex_);
    reloading_ = false;
  });
}

void Tls::reload(const Snapshot& old, const tls::Options& options) {
  const std::string signature = tls::signature_of(options);
  if (signature == old->signature() || signature == refused_signature_) return;
  base::log_notice("TLS materials changed, reloading in background");
  const Built built = tls::Context::build(options);
  if (!built) {
    refused_signature_ = signature;
    base::log_warning("{}", built.error().text());
    base::log_warning("Background TLS reload failed");
    return;
  }
  refused_signature_.clear();
  {
    const std::lock_guard hold(mutex_);
    if (current_ != old) return;  // CONFIG SET was faster
    current_ = *built;
  }
  base::log_notice("TLS materials reloaded successfully");
}

}  // namespace server
