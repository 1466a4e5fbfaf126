// Context: certificate, key, authorities and rules, ready for new connections. Nobody changes one: new files or
// settings make a new one, and connections keep the one that they began with.
//
// Cost     build() reads files and takes milliseconds: never on an event loop, but for EXEC.
// Threads  build() from any; what is built is shared by all, since each worker makes streams from it.
// Errors   build()'s failure is a line for the log, in the reference's words.
// Source   valkey-server 9.1.2: what it refuses, in this order.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "tls/certificates.h"
#include "tls/options.h"

struct ssl_ctx_st;

namespace tls {

class Context {
 public:
  static base::Result<std::shared_ptr<const Context>, base::Failure> build(Options options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Options& options() const { return options_; }
  // Of its files, from before they were read.
  const std::string& signature() const { return signature_; }
  const CertificateFacts& own() const { return own_; }
  const CertificateFacts& as_client() const { return as_client_; }
  const CertificateFacts& authority() const { return authority_; }

 private:
  friend class Stream;
  Context(Options options, std::string signature, ssl_ctx_st* server);

  Options options_;
  std::string signature_;
  ssl_ctx_st* server_;
  CertificateFacts own_;
  CertificateFacts as_client_;
  CertificateFacts authority_;
};

}  // namespace tls
