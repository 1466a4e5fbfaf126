#include "acl/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.h"

namespace acl {
namespace {

constexpr size_t kHashDigits = 64;

}  // namespace

std::string password_hash(std::string_view password) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int count = 0;
  CHECK(EVP_Digest(password.data(), password.size(), bytes, &count, EVP_sha256(), nullptr) == 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : std::string_view(reinterpret_cast<const char*>(bytes), count)) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool is_password_hash(std::string_view text) {
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool same_hash(std::string_view a, std::string_view b) {
  DCHECK(a.size() == kHashDigits && b.size() == kHashDigits);
  return CRYPTO_memcmp(a.data(), b.data(), kHashDigits) == 0;
}

}  // namespace acl
