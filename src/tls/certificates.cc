#include "tls/certificates.h"

#include <dirent.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "config/file_signature.h"

namespace tls {
namespace {

struct Closer {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(DIR* directory) const { closedir(directory); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::vector<std::string> files_in(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, Closer> directory(path.empty() ? nullptr : opendir(path.c_str()));
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.push_back(path + "/" + entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void keep_earlier(CertificateFacts& first, const std::string& file) {
  const std::unique_ptr<BIO, Closer> bio(file.empty() ? nullptr : BIO_new_file(file.c_str(), "r"));
  while (bio != nullptr) {
    const std::unique_ptr<X509, Closer> one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (one == nullptr) break;
    CertificateFacts facts = facts_of(*one);
    if (first.expires_s == 0 || facts.expires_s < first.expires_s) first = std::move(facts);
  }
  ERR_clear_error();  // the end of the file counts as one, and a directory may hold what is no certificate
}

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<size_t>(ASN1_STRING_length(text))};
}

}  // namespace

CertificateFacts facts_of(const x509_st& certificate) {
  CertificateFacts facts;
  if (BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr)) {
    if (char* text = BN_bn2hex(number)) {
      facts.serial = text;
      OPENSSL_free(text);
    }
    BN_free(number);
  }
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) == 1) facts.expires_s = timegm(&time);
  return facts;
}

CertificateFacts first_to_expire(const std::string& file, const std::string& directory) {
  CertificateFacts first;
  keep_earlier(first, file);
  for (const std::string& one : files_in(directory)) keep_earlier(first, one);
  return first;
}

std::string signature_of(const Options& options) {
  std::string signature;
  for (const std::string* file :
       {&options.own.certificate_file, &options.own.key_file, &options.as_client.certificate_file,
        &options.as_client.key_file, &options.ca_file, &options.ca_directory, &options.dh_parameters_file}) {
    signature += config::signature_of_file(*file);
  }
  for (const std::string& file : files_in(options.ca_directory)) {
    signature += file + ":" + config::signature_of_file(file);
  }
  return signature;
}

std::vector<std::string> common_name(const x509_st& certificate) {
  X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = subject == nullptr ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  ERR_clear_error();
  if (size < 0) return {};
  std::vector<std::string> names{{reinterpret_cast<const char*>(utf8), static_cast<size_t>(size)}};
  OPENSSL_free(utf8);
  return names;
}

std::vector<std::string> uris(const x509_st& certificate) {
  std::vector<std::string> found;
  const std::unique_ptr<GENERAL_NAMES, Closer> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  for (int at = 0; names != nullptr && at < sk_GENERAL_NAME_num(names.get()); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), at);
    if (name->type == GEN_URI) found.push_back(bytes_of(name->d.uniformResourceIdentifier));
  }
  return found;
}

}  // namespace tls
