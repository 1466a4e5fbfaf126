#include "tls/context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "tls/errors.h"

namespace tls {
namespace {

using base::Failure;
using Outcome = base::Result<base::Done, Failure>;

struct Freer {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Handle = std::unique_ptr<SSL_CTX, Freer>;

struct Protocol {
  const char* name;
  uint64_t forbidden_by;
};
constexpr Protocol kProtocols[] = {{"TLSv1", SSL_OP_NO_TLSv1},
                                   {"TLSv1.1", SSL_OP_NO_TLSv1_1},
                                   {"TLSv1.2", SSL_OP_NO_TLSv1_2},
                                   {"TLSv1.3", SSL_OP_NO_TLSv1_3}};
constexpr uint64_t kNoOldProtocols = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;

// The bits that forbid what is not named. Names are parted by one space each, as in the reference.
std::optional<uint64_t> forbidden_protocols(std::string_view words) {
  if (words.empty()) return kNoOldProtocols;
  uint64_t forbidden = kNoOldProtocols | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
  for (bool more = true; more;) {
    const size_t end = words.find(' ');
    const std::string word(words.substr(0, end));
    more = end != std::string_view::npos;
    if (more) words.remove_prefix(end + 1);
    const auto* found = std::find_if(std::begin(kProtocols), std::end(kProtocols),
                                     [&](const Protocol& one) { return strcasecmp(one.name, word.c_str()) == 0; });
    if (found == std::end(kProtocols)) return std::nullopt;
    forbidden &= ~found->forbidden_by;
  }
  return forbidden;
}

// OpenSSL would ask on the terminal.
int give_passphrase(char* at, int room, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.empty() || text.size() > static_cast<size_t>(room)) return -1;
  std::copy(text.begin(), text.end(), at);
  return static_cast<int>(text.size());
}

Outcome load_pair(SSL_CTX& context, const Pair& pair) {
  if (SSL_CTX_use_certificate_chain_file(&context, pair.certificate_file.c_str()) != 1) {
    return Failure(fmt::format("Failed to load certificate: {}: {}", pair.certificate_file, take_error("no reason")));
  }
  SSL_CTX_set_default_passwd_cb(&context, give_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(&context, const_cast<std::string*>(&pair.passphrase));
  const bool sound = SSL_CTX_use_PrivateKey_file(&context, pair.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(&context, nullptr);
  SSL_CTX_set_default_passwd_cb(&context, nullptr);
  if (sound) return base::Done{};
  return Failure(fmt::format("Failed to load private key: {}: {}", pair.key_file, take_error("no reason")));
}

Outcome load_authorities(SSL_CTX& context, const Options& options) {
  if (options.ca_file.empty() && options.ca_directory.empty()) return base::Done{};
  const char* file = options.ca_file.empty() ? nullptr : options.ca_file.c_str();
  const char* directory = options.ca_directory.empty() ? nullptr : options.ca_directory.c_str();
  if (SSL_CTX_load_verify_locations(&context, file, directory) == 1) return base::Done{};
  return Failure("Failed to configure CA certificate(s) file/directory: " + take_error("no reason"));
}

Outcome choose_ciphers(SSL_CTX& context, const Options& options) {
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(&context, options.ciphers.c_str()) != 1) {
    ERR_clear_error();
    return Failure("Failed to configure ciphers: " + options.ciphers);
  }
  if (!options.ciphersuites.empty() && SSL_CTX_set_ciphersuites(&context, options.ciphersuites.c_str()) != 1) {
    ERR_clear_error();
    return Failure("Failed to configure ciphersuites: " + options.ciphersuites);
  }
  return base::Done{};
}

Outcome load_dh_parameters(SSL_CTX& context, const std::string& path) {
  if (path.empty()) return base::Done{};
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return Failure(fmt::format("Failed to load {}: {}", path, std::strerror(errno)));
  BIO* bio = BIO_new_fp(file, BIO_CLOSE);
  EVP_PKEY* parameters = bio == nullptr ? nullptr : PEM_read_bio_Parameters(bio, nullptr);
  BIO_free(bio);
  ERR_clear_error();
  if (parameters == nullptr || EVP_PKEY_is_a(parameters, "DH") != 1) {
    EVP_PKEY_free(parameters);
    return Failure(path + ": failed to read DH params.");
  }
  if (SSL_CTX_set0_tmp_dh_pkey(&context, parameters) == 1) return base::Done{};
  EVP_PKEY_free(parameters);
  return Failure("Failed to load DH params file: " + take_error("no reason"));
}

void set_rules(SSL_CTX& context, const Options& options, uint64_t forbidden) {
  SSL_CTX_set_options(&context, forbidden | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_SINGLE_DH_USE);
  if (options.prefers_own_ciphers) SSL_CTX_set_options(&context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A write goes as far as the socket takes it, and is repeated from another place. Who is idle has no buffers. One
  // system call reads a record with its header, and what came behind it.
  SSL_CTX_set_mode(&context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(&context, 1);
}

// Sessions are resumed from tickets, or, up to TLS 1.2, from the cache. Without caching there are no tickets either.
void set_session_rules(SSL_CTX& context, const Options& options) {
  if (options.caches_sessions) {
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(&context, static_cast<long>(options.sessions_max));
    SSL_CTX_set_timeout(&context, static_cast<long>(options.session_s));
  } else {
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(&context, 0);
  }
}

// The chain that is sent is found here once; else each handshake would look for it anew.
void find_chain(SSL_CTX& context) {
  SSL_CTX_build_cert_chain(&context, SSL_BUILD_CHAIN_FLAG_UNTRUSTED | SSL_BUILD_CHAIN_FLAG_NO_ROOT |
                                         SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR | SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR);
  SSL_CTX_set_mode(&context, SSL_MODE_NO_AUTO_CHAIN);
  ERR_clear_error();
}

base::Result<Handle, Failure> make(const Options& options, const Pair& pair) {
  const std::optional<uint64_t> forbidden = forbidden_protocols(options.protocols);
  if (!forbidden) {
    return Failure(
        "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.");
  }
  Handle context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return Failure("Failed to make a TLS context: " + take_error("no memory"));
  set_rules(*context, options, *forbidden);
  if (const Outcome done = load_pair(*context, pair); !done) return done.error();
  if (const Outcome done = load_authorities(*context, options); !done) return done.error();
  if (const Outcome done = choose_ciphers(*context, options); !done) return done.error();
  return context;
}

CertificateFacts facts_of_context(const SSL_CTX& context) {
  const X509* certificate = SSL_CTX_get0_certificate(&context);
  return certificate == nullptr ? CertificateFacts{} : facts_of(*certificate);
}

}  // namespace

base::Result<std::shared_ptr<const Context>, Failure> Context::build(Options options) {
  ERR_clear_error();
  if (options.own.certificate_file.empty()) return Failure("No tls-cert-file configured!");
  if (options.own.key_file.empty()) return Failure("No tls-key-file configured!");
  if (options.needs_ca && options.ca_file.empty() && options.ca_directory.empty()) {
    return Failure(
        "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or "
        "tls-auth-clients are enabled!");
  }
  std::string signature = signature_of(options);
  auto server = make(options, options.own);
  if (!server) return server.error();
  set_session_rules(**server, options);
  if (const Outcome done = load_dh_parameters(**server, options.dh_parameters_file); !done) return done.error();
  find_chain(**server);
  // Nothing opens TLS connections yet: the pair for them is checked, and told of.
  CertificateFacts as_client;
  if (!options.as_client.certificate_file.empty() && !options.as_client.key_file.empty()) {
    auto client = make(options, options.as_client);
    if (!client) return client.error();
    as_client = facts_of_context(**client);
  }
  std::shared_ptr<Context> built(new Context(std::move(options), std::move(signature), server->release()));
  built->as_client_ = std::move(as_client);
  return std::shared_ptr<const Context>(std::move(built));
}

Context::Context(Options options, std::string signature, SSL_CTX* server)
    : options_(std::move(options)),
      signature_(std::move(signature)),
      server_(server),
      own_(facts_of_context(*server)),
      authority_(first_to_expire(options_.ca_file, options_.ca_directory)) {}

Context::~Context() { SSL_CTX_free(server_); }

}  // namespace tls
