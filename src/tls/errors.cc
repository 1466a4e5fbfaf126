#include "tls/errors.h"

#include <openssl/err.h>

namespace tls {

std::string take_error(const std::string& otherwise) {
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0) return otherwise;
  char text[256];
  ERR_error_string_n(error, text, sizeof text);
  return text;
}

}  // namespace tls
