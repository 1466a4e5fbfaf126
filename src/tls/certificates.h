// Certificates: what is told of them, whom they name, and whether their files have changed.
//
// Cost     each function reads files, but for identities(): never on an event loop.
// Threads  free of state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tls/options.h"

struct x509_st;

namespace tls {

struct CertificateFacts {
  std::string serial = "none";  // hexadecimal
  int64_t expires_s = 0;        // Unix time; 0: there is no certificate
};

CertificateFacts facts_of(const x509_st& certificate);
// Of the authorities' certificates the one that expires first.
CertificateFacts first_to_expire(const std::string& file, const std::string& directory);

// What tells whether a file was changed or exchanged: identity, size and times of each, links followed. So it moves too
// when a directory's link is swapped (Kubernetes' `..data`).
std::string signature_of(const Options& options);

// The names in a certificate that may be a user's: its first common name, or its URIs in their order. A name is all its
// bytes: one with a NUL in it equals no name that ends there.
std::vector<std::string> common_name(const x509_st& certificate);
std::vector<std::string> uris(const x509_st& certificate);

}  // namespace tls
