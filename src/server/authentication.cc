#include "server/authentication.h"

#include "server/server.h"

namespace server {
namespace {

// Takes as long for every guess of one length, so that time does not tell how much of it was right.
bool same_secret(std::string_view guess, std::string_view secret) {
  unsigned difference = guess.size() == secret.size() ? 0 : 1;
  for (size_t at = 0; at < guess.size(); ++at) {
    const char against = secret.empty() ? '\0' : secret[at % secret.size()];
    difference |= static_cast<unsigned char>(guess[at] ^ against);
  }
  return difference == 0;
}

}  // namespace

bool authenticate(command::Call& call, std::string_view user, std::string_view password) {
  const std::string& secret = call.settings().requirepass;
  const bool right = user == "default" && (secret.empty() || same_secret(password, secret));
  if (!right) {
    worker_of(call).stats().acl_access_denied_auth.add();
    return false;
  }
  call.session().user = user;
  call.session().authenticated = true;
  return true;
}

}  // namespace server
