// Options: what a TLS context is made from: names of files, and rules. Each is a setting of the same name.
#pragma once

#include <cstdint>
#include <string>

namespace tls {

// A certificate with its key, and the key's passphrase (empty: none).
struct Pair {
  std::string certificate_file;
  std::string key_file;
  std::string passphrase;
  bool operator==(const Pair&) const = default;
};

struct Options {
  Pair own;
  Pair as_client;  // for connections that this process opens; may be empty
  std::string ca_file;
  std::string ca_directory;
  bool needs_ca = false;  // somebody's certificate is going to be verified
  std::string dh_parameters_file;
  std::string protocols;  // words; empty: TLS 1.2 and 1.3
  std::string ciphers;    // up to TLS 1.2; empty: OpenSSL's own
  std::string ciphersuites;
  bool prefers_own_ciphers = false;
  bool caches_sessions = true;
  int64_t sessions_max = 0;  // 0: any number
  int64_t session_s = 0;
  bool operator==(const Options&) const = default;
};

// Whether a client has to show a certificate. A certificate that is shown has to be one of the authority's.
enum class ClientCertificate : uint8_t { kNone, kRequired, kOptional };

}  // namespace tls
